import { randomBytes } from 'node:crypto';
import { exitCode, runSite } from '../engine/run.ts';
import type { RunSummary } from '../engine/run.ts';
import type { Inventory } from '../inventory/types.ts';
import type { Event, RunStarted } from '../report/events.ts';
import { chooseOutput, createReporter } from '../report/reporter.ts';
import { createConnector } from './connection.ts';
import { ask } from './prompt.ts';
import { pruneOf } from './prune.ts';
import { openSite } from './load.ts';
import { interruptText } from './interrupt.ts';
import type { RunCommandOptions } from './options.ts';
import type { Print } from './print.ts';

/** Sorts by time, and two runs of one second differ. */
const newRun = (now: Date): string =>
  `${now.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}-${randomBytes(3).toString('hex')}`;

interface Counted {
  changed: boolean;
  pending: boolean;
}

const finalCode = (
  summary: RunSummary,
  counted: Counted,
  options: RunCommandOptions,
  command: RunStarted['command'],
): number => {
  const code = exitCode(summary);
  if (command === 'plan' && options.detailedExitcode && code !== 130) return code !== 0 ? 1 : counted.changed ? 2 : 0;
  if (code !== 0) return code;
  if (options.expectNoChanges && counted.changed) return 10;
  if (options.failOnPending && counted.pending) return 13;
  return 0;
};

/**
 * `run`, `run --check` and `plan`: one pipe, stopped after the first plan where nothing may be written.
 * Gives the exit code of the design's table; throws InputError before anybody is contacted.
 */
export const run = async (
  playbook: string,
  options: RunCommandOptions,
  command: RunStarted['command'],
  print: Print,
  signal: AbortSignal,
): Promise<number> => {
  const doing = options.expectNoChanges && command === 'run' ? 'check' : command;
  const { site, inventory, files, warnings } = openSite(playbook, options, print.mask.hide, doing !== 'run');
  const prune = pruneOf(site, options, doing !== 'run');
  const reporter = await createReporter(chooseOutput(options.output, process.stdout.isTTY), process.stdout, {
    diff: options.diff ?? false,
    source: (file) => {
      const text = files.text(file);
      return text && print.mask.lines(text);
    },
  });
  const connector = await createConnector(options, signal, print.mask.hide, reporter.aside);
  const interrupted = async (): Promise<void> => print.talk(interruptText);
  signal.addEventListener('abort', () => void reporter.aside(interrupted), { once: true });
  const started = new Date();
  const counted: Counted = { changed: false, pending: false };
  const emit = (event: Event): void => {
    if (event.type === 'task') {
      counted.changed ||= event.outcome === 'changed';
      counted.pending ||= event.pending.length > 0;
    }
    reporter.emit(print.mask.value(event));
  };
  for (const diagnostic of warnings) emit({ type: 'diagnostic', diagnostic });
  const hosts: Inventory = {
    ...inventory,
    hosts: new Map([...inventory.hosts].map(([name, host]) => [name, connector.withPassword(host)])),
  };
  const summary = await runSite({
    run: newRun(started),
    command: doing,
    site,
    prune,
    inventory: hosts,
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
  });
  const exit = finalCode(summary, counted, options, command);
  emit({
    type: 'run-ended',
    exit,
    elapsed: Date.now() - started.getTime(),
    ...(summary.stopped !== undefined && { stopped: summary.stopped }),
    ...(summary.undone.length > 0 && { undone: summary.undone }),
  });
  await reporter.close();
  return exit;
};
