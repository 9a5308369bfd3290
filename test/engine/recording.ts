import { openShell } from '../../src/connect/shell/shell.ts';
import type { Change } from '../../src/contract/changes.ts';
import { hostJournal, type HostJournal } from '../../src/engine/journal.ts';
import { applyModule, ownTask, rollbackModule } from '../../src/engine/own-task.ts';
import { createSnapshotView } from '../../src/engine/snapshot-view.ts';
import type { TaskResult } from '../../src/report/events.ts';
import { localChannel } from '../connect/shell/shells.ts';
import { hostOn, runSequenceOn, runTasks, type LocalHost, type TaskInput } from './local-host.ts';
import { part, position } from './task.ts';

const header = (run: string) => ({ run, playbook: 'site.yml', hash: 'abc' });

/** Runs tasks under a run's name: its journal stands apart from those of others. */
export const runAs = async (
  host: LocalHost,
  run: string,
  inputs: readonly TaskInput[],
): Promise<readonly TaskResult[]> => (await runTasks(host, inputs, { journal: header(run) })).tasks;

/** What a plan of these tasks would record: the list of a plan file. */
export const planned = async (host: LocalHost, inputs: readonly TaskInput[]): Promise<readonly Change[]> => {
  const all: Change[] = [];
  await runTasks(host, inputs, { check: true, planned: (_, __, changes) => all.push(...changes) });
  return all.filter(({ by }) => by === undefined);
};

/** The host's own journal of a run. */
export const journalOn = async (host: LocalHost, run: string): Promise<HostJournal> => {
  const shell = openShell(localChannel(['/bin/sh']), { root: host.root, path: `${host.root}/../bin` });
  const view = createSnapshotView(shell, () => undefined);
  const read = hostJournal(run);
  await view.ensure([read]);
  await shell.close();
  return view.decode(read);
};

export const changesOn = async (host: LocalHost, run: string): Promise<readonly Change[]> =>
  (await journalOn(host, run)).parts.flatMap(({ changes }) => changes);

interface Given {
  readonly changes: readonly Change[];
  readonly folders?: readonly string[];
  readonly force?: boolean;
  readonly check?: boolean;
}

const make = async (
  host: LocalHost,
  run: string,
  direction: 'forth' | 'back',
  { changes, folders = [], force = false, check = false }: Given,
): Promise<TaskResult> => {
  const task = ownTask({
    id: '0.0',
    name: 'record',
    position,
    module: direction === 'forth' ? applyModule : rollbackModule,
    become: false,
    becomeUser: 'root',
    recorded: { changes, direction, force, folders },
  });
  const { tasks } = await runSequenceOn(hostOn(host), [part(task)], [], { check, journal: header(run) });
  return tasks[0]!;
};

/** Makes recorded changes, as `apply` does. */
export const applyRecord = (host: LocalHost, run: string, given: Given): Promise<TaskResult> =>
  make(host, run, 'forth', given);

/** Takes recorded changes back. */
export const takeBack = (host: LocalHost, run: string, given: Given): Promise<TaskResult> =>
  make(host, run, 'back', given);

/** Takes a run back by what the host's own journal says of it. */
export const rollbackOn = async (
  host: LocalHost,
  run: string,
  of: string,
  options: Pick<Given, 'force' | 'check'> = {},
): Promise<TaskResult> => {
  const { parts, folders } = await journalOn(host, of);
  return takeBack(host, run, { changes: parts.flatMap(({ changes }) => changes), folders, ...options });
};
