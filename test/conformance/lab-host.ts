import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Channel } from '../../src/connect/types.ts';
import { openShell, type Shell } from '../../src/connect/shell/shell.ts';
import { createDelegates } from '../../src/engine/delegates.ts';
import { createHostRun } from '../../src/engine/host.ts';
import { createBatch } from '../../src/engine/once.ts';
import type { HostShells } from '../../src/engine/shells.ts';
import { createSnapshotView } from '../../src/engine/snapshot-view.ts';
import type { Host, Value } from '../../src/inventory/types.ts';
import type { Change, Recorded } from '../../src/contract/changes.ts';
import type { AnyModule } from '../../src/contract/module.ts';
import type { Event, HostEnded, TaskResult } from '../../src/report/events.ts';
import { hostTaskOf, part, playOf, taskOf } from '../engine/task.ts';
import { localChannel } from '../connect/shell/shells.ts';
import { install, type Installed } from '../lab-simulated/installed.ts';
import { restoreImage, takeImage, type Image } from './image.ts';

/** What a test of the tests puts between the engine and the host. */
export interface Sabotage {
  readonly channel?: (channel: Channel) => Channel;
  readonly shell?: (shell: Shell) => Shell;
}

/** A host of the simulated lab in a folder of its own, behind a real /bin/sh instead of sshd. */
export interface LabHost extends Installed {
  readonly name: string;
  readonly root: string;
  /** The host as it was installed. */
  readonly fresh: Image;
  readonly image: () => Image;
  /** Makes it what it was then. Gives the paths that were different. */
  readonly restore: (image: Image) => readonly string[];
  /** Puts it back as it was installed. */
  readonly reset: () => void;
  /** The command lines of its programs that were called since the last time; only of recorded shells. */
  readonly calls: () => Promise<readonly string[]>;
  readonly shells: (recorded?: boolean) => HostShells;
}

/** Notes each call in a file beside its folder, then does what it stands for. */
const recorder = `#!/bin/sh
printf '%s\\n' "\${0##*/} $*" >>"\${0%/*}/../calls"
exec "\${0%/*}/../bin/\${0##*/}" "$@"
`;

const installRecorders = async ({ base, programs }: Installed['folder']): Promise<string> => {
  const folder = path.join(base, 'recorders');
  await mkdir(folder);
  for (const name of await readdir(programs)) {
    await writeFile(path.join(folder, name), recorder);
    await chmod(path.join(folder, name), 0o755);
  }
  return folder;
};

export const createLabHost = async (name: string, sabotage: Sabotage = {}): Promise<LabHost> => {
  const installed = await install(name);
  const { root, programs, base } = installed.folder;
  const recorders = await installRecorders(installed.folder);
  const fresh = takeImage(root);
  const log = path.join(base, 'calls');

  const shells = (recorded = false): HostShells => {
    const folder = recorded ? recorders : programs;
    const channel = localChannel(['/bin/sh']);
    const honest = openShell(sabotage.channel?.(channel) ?? channel, {
      root,
      write: path.join(folder, 'write'),
      path: folder,
    });
    const shell = sabotage.shell?.(honest) ?? honest;
    let asks = 0;
    const view = createSnapshotView(shell, () => asks++);
    return {
      for: async () => ({ shell, view, anew: (work) => work(shell) }),
      invalidate: view.invalidate,
      reset: () => undefined,
      expire: () => undefined,
      asks: () => asks,
      close: async () => {
        // A shell that is killed leaves its lock unsigned.
        channel.end();
        await channel.closed;
      },
    };
  };

  return {
    ...installed,
    name,
    root,
    fresh,
    image: () => takeImage(root),
    restore: (image) => restoreImage(root, image),
    reset: () => void restoreImage(root, fresh),
    calls: async () => {
      const text = await readFile(log, 'utf8').catch(() => '');
      await rm(log, { force: true });
      return text.split('\n').filter(Boolean);
    },
    shells,
  };
};

export interface TaskOptions {
  readonly check?: boolean;
  readonly absent?: boolean;
  /** The run's name: its journal stands apart from those of others. */
  readonly run?: string;
  /** Instead of what the module plans: recorded changes. */
  readonly recorded?: Recorded;
  /** In a check: hears of what would be recorded. */
  readonly planned?: (changes: readonly Change[]) => void;
}

export interface Outcome {
  readonly task: TaskResult | undefined;
  readonly ended: HostEnded;
  readonly asks: number;
}

/** One task through the engine's host runner; closes the shells. Throws where a module or the engine threw. */
export const runTask = async (
  shells: HostShells,
  module: AnyModule,
  params: Value,
  { check = false, absent = false, run: name = 'conformance', recorded, planned }: TaskOptions = {},
): Promise<Outcome> => {
  const host: Host = {
    name: 'lab',
    groups: [],
    variables: new Map(),
    connection: { connection: 'local', address: 'localhost', sshArguments: [] },
  };
  const plain = hostTaskOf(taskOf(module, params, { absent }), recorded && { recorded });
  // Facts are read by programs: what a check calls is seen to be recorded, whatever the module reads.
  const hostTask = check ? { ...plain, needs: { ...plain.needs, result: new Set(['facts'] as const) } } : plain;
  const sequence = [part(hostTask)];
  const events: Event[] = [];
  let parts = 0;
  const run = createHostRun({
    host,
    plays: [{ play: playOf('lab', sequence), sequence, handlers: [] }],
    shells,
    delegates: createDelegates(
      { sources: [], hosts: new Map([['lab', host]]), groups: new Map() },
      () => Promise.reject(new Error('nobody is delegated to')),
      () => undefined,
    ),
    check,
    prune: 'off',
    ...(planned && { planned: (_, __, changes) => planned(changes) }),
    journal: { run: name, playbook: 'site.yml', hash: 'abc' },
    writeRecord: () => Promise.resolve(),
    lockTimeout: 0,
    journalPart: () => ++parts,
    emit: (event) => events.push(event),
    now: () => new Date(0),
    wait: async () => undefined,
    prompt: async () => '',
    stopped: () => false,
    signal: new AbortController().signal,
    halt: () => undefined,
    takeDown: async () => () => undefined,
  });
  try {
    await run.play(0, createBatch(['lab']));
  } finally {
    await shells.close();
  }
  const ended = run.end();
  if (ended.message?.startsWith('internal error')) throw new Error(ended.message);
  return { task: events.find((event): event is TaskResult => event.type === 'task'), ended, asks: shells.asks() };
};
