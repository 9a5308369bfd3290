import type { Change } from '../contract/changes.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import { exitCode, runSite, type RunSummary } from '../engine/run.ts';
import { who } from '../engine/who.ts';
import type { Prune } from '../engine/prune.ts';
import type { Inventory } from '../inventory/types.ts';
import type { Play, Site, Task } from '../playbook/types.ts';
import { runsFolder } from '../record/folder.ts';
import { createRunRecord, type RunRecord } from '../record/write.ts';
import type { RunDescription } from '../record/types.ts';
import type { Event, RunStarted } from '../report/events.ts';
import { chooseOutput, createReporter } from '../report/reporter.ts';
import type { SourceText } from '../report/final.ts';
import { createConnector } from './connection.ts';
import { haltedHosts, type Interrupts } from './interrupt.ts';
import type { ExecuteOptions } from './options.ts';
import type { Print } from './print.ts';
import { ask } from './prompt.ts';
import { recordablePart } from './recordable.ts';

/** What is to be done on a fleet, and how it is called. */
export interface Execution {
  readonly run: string;
  readonly command: RunStarted['command'];
  readonly site: Site;
  readonly prune: Prune;
  readonly inventory: Inventory;
  /** Of the playbook's files. */
  readonly hash: string;
  /** What the run's record says of it; undefined: nothing is written, and so nothing is recorded. */
  readonly description?: Pick<RunDescription, 'subject' | 'playbook' | 'options' | 'secret' | 'resumes'>;
  readonly warnings: readonly Diagnostic[];
  readonly source: SourceText;
  readonly planned?: (host: string, play: Play, task: Task, changes: readonly Change[]) => void;
  /** Hears every event, as it is. */
  readonly hear?: (event: Event) => void;
}

/** How it ended. */
export interface Executed {
  readonly exit: number;
  readonly summary: RunSummary;
}

interface Counted {
  changed: boolean;
  pending: boolean;
  stale: boolean;
}

/** The first that holds of 130, 1, 12, 11, 6, 4, 2, 10, 13. */
const finalCode = (
  summary: RunSummary,
  { changed, pending, stale }: Counted,
  options: ExecuteOptions,
  command: RunStarted['command'],
): number => {
  const code = exitCode(summary);
  if (command === 'plan' && options.detailedExitcode && code !== 130) return code !== 0 ? 1 : changed ? 2 : 0;
  if (code === 130 || code === 12) return code;
  if (stale) return 11;
  if (code !== 0) return code;
  if (options.expectNoChanges && changed) return 10;
  if (options.failOnPending && pending) return 13;
  return 0;
};

const openRecord = async (
  { run, command, hash, description }: Execution,
  started: Date,
): Promise<RunRecord | undefined> => {
  if (!description) return undefined;
  try {
    return await createRunRecord({
      version: 1,
      run,
      command,
      started: started.toISOString(),
      who: who(),
      pid: process.pid,
      hash,
      ...description,
    });
  } catch (error) {
    throw new InputError([
      {
        code: 'no-record',
        severity: 'error',
        message: `the run cannot be recorded in ${runsFolder()}: ${(error as Error).message}`,
        hint: 'call it from a folder that can be written, or set PERFPLAY_RUNS',
      },
    ]);
  }
};

/** Does it, reports it, and records it. Throws InputError before anybody is contacted. */
export const execute = async (
  execution: Execution,
  options: ExecuteOptions,
  print: Print,
  { signal, halt }: Interrupts,
): Promise<Executed> => {
  const { command, inventory, warnings, planned } = execution;
  const reporter = await createReporter(chooseOutput(options.output, process.stdout.isTTY), process.stdout, {
    diff: options.diff ?? false,
    source: execution.source,
  });
  const connector = await createConnector(options, signal, print.mask.hide, reporter.aside);
  const started = new Date();
  const record = await openRecord(execution, started);
  const counted: Counted = { changed: false, pending: false, stale: false };
  const halted = haltedHosts({ signal, halt }, (text) => reporter.aside(async () => print.talk(text)));
  const emit = (event: Event): void => {
    if (halted.isOver()) return;
    halted.hear(event);
    execution.hear?.(event);
    if (event.type === 'task') {
      counted.changed ||= event.outcome === 'changed';
      counted.pending ||= event.pending.length > 0;
      counted.stale ||= event.outcome === 'failed' && event.reason === 'stale';
    }
    const shown = print.mask.value(event);
    record?.event(shown);
    reporter.emit(shown);
  };
  for (const diagnostic of warnings) emit({ type: 'diagnostic', diagnostic });
  const withPasswords = (known: Inventory['hosts']): Inventory['hosts'] =>
    new Map([...known].map(([name, host]) => [name, connector.withPassword(host)]));
  const summary = await Promise.race([
    halted.summary,
    runSite({
      ...execution,
      inventory: {
        ...inventory,
        hosts: withPasswords(inventory.hosts),
        ...(inventory.implicit && { implicit: withPasswords(inventory.implicit) }),
      },
      ...(planned && { planned }),
      writeRecord: async (part) => record?.journal(recordablePart(part, print.mask)),
      lockTimeout: options.lockTimeout ?? 0,
      connect: connector.connect,
      forks: options.forks,
      emit,
      now: () => new Date(),
      prompt: async (text) => {
        let answer = '';
        const asking = async (): Promise<void> => {
          try {
            answer = await ask({ prompt: `${print.mask.text(text)}: `, instead: '' }, signal);
          } catch (error) {
            // Whoever interrupts has answered nothing, and nothing has failed.
            if (!signal.aborted) throw error;
          }
        };
        // Nobody at the terminal: there is nobody to wait for.
        if (process.stdin.isTTY) await reporter.aside(asking);
        return answer;
      },
      signal,
    }),
  ]);
  const exit = finalCode(summary, counted, options, command);
  emit({
    type: 'run-ended',
    exit,
    elapsed: Date.now() - started.getTime(),
    ...(summary.stopped !== undefined && { stopped: summary.stopped }),
    ...(summary.undone.length > 0 && { undone: summary.undone }),
  });
  await reporter.close();
  const problem = await record?.close();
  if (problem !== undefined)
    print.talk(`warning: the record of this run is not whole: ${problem}; the hosts' own journals are`);
  return { exit, summary };
};
