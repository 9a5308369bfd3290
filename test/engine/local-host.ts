import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AnyModule } from '../../src/contract/module.ts';
import { createDelegates } from '../../src/engine/delegates.ts';
import { createHostRun, type HostOptions, type HostRun } from '../../src/engine/host.ts';
import { createBatch } from '../../src/engine/once.ts';
import { createHostShells } from '../../src/engine/shells.ts';
import type { Host, Inventory, Value } from '../../src/inventory/types.ts';
import type { HostTask, Item, Sequence, Task } from '../../src/playbook/types.ts';
import type { Event, TaskResult } from '../../src/report/events.ts';
import { localChannel } from '../connect/shell/shells.ts';
import { hostTaskOf, part, playOf, position, taskOf } from './task.ts';

const stubs: Readonly<Record<string, string>> = {
  'grub-mkconfig': `#!/bin/sh
[ ! -e "$PERFPLAY_ROOT/grub-mkconfig-fails" ] || { echo 'syntax error' >&2; exit 1; }
. "$PERFPLAY_ROOT/etc/default/grub"
for f in "$PERFPLAY_ROOT"/etc/default/grub.d/*.cfg; do [ ! -e "$f" ] || . "$f"; done
while [ $# -gt 0 ]; do [ "$1" != -o ] || out=$2; shift; done
{
  echo "menuentry 'Debian GNU/Linux' --class debian {"
  echo "	linux /boot/vmlinuz-6.1 root=UUID=1 ro $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
  echo '	initrd /boot/initrd.img-6.1'
  echo '}'
  echo "menuentry 'Debian GNU/Linux (recovery mode)' {"
  echo "	linux /boot/vmlinuz-6.1 root=UUID=1 ro single $GRUB_CMDLINE_LINUX"
  echo '	initrd /boot/initrd.img-6.1'
  echo '}'
} >"$out"
`,
  'grub-script-check': '#!/bin/sh\n[ ! -e "$PERFPLAY_ROOT/script-check-fails" ]\n',
  udevadm: '#!/bin/sh\nexit 0\n',
  // The machine's own must never be reached by a test.
  systemctl: '#!/bin/sh\nexit 1\n',
  'systemd-detect-virt': '#!/bin/sh\necho none\nexit 1\n',
};

const tree: Readonly<Record<string, string>> = {
  '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
  '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX="console=tty0"\n',
  '/boot/vmlinuz-6.1': 'kernel',
  '/boot/initrd.img-6.1': 'initrd',
  '/boot/grub/grub.cfg':
    "menuentry 'Debian GNU/Linux' {\n\tlinux /boot/vmlinuz-6.1 root=UUID=1 ro console=tty0 quiet splash\n\tinitrd /boot/initrd.img-6.1\n}\n",
  '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-6.1 root=UUID=1 ro console=tty0 quiet splash\n',
  '/sys/devices/system/cpu/possible': '0-3\n',
};

/** A host that is a folder of this machine behind a real /bin/sh: the whole engine, without SSH between. */
export interface LocalHost {
  readonly root: string;
  readonly read: (name: string) => string | undefined;
  readonly write: (name: string, text: string) => void;
  readonly remove: (name: string) => void;
  readonly dispose: () => void;
}

export const createLocalHost = (
  more: Readonly<Record<string, string>> = {},
  programs: Readonly<Record<string, string>> = {},
): LocalHost => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-host-'));
  const root = path.join(folder, 'root');
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  for (const [name, text] of Object.entries({ ...tree, ...more })) put(path.join(root, name), text);
  for (const [name, text] of Object.entries({ ...stubs, ...programs })) {
    put(path.join(folder, 'bin', name), text);
    chmodSync(path.join(folder, 'bin', name), 0o755);
  }
  return {
    root,
    read: (name) => (existsSync(path.join(root, name)) ? readFileSync(path.join(root, name), 'utf8') : undefined),
    write: (name, text) => put(path.join(root, name), text),
    remove: (name) => rmSync(path.join(root, name), { recursive: true, force: true }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
};

export interface TaskInput {
  readonly module: AnyModule;
  readonly params: Value;
  readonly more?: Partial<Task>;
  /** Instead of one item with `params`. */
  readonly items?: readonly Item[];
}

const inputTask = ({ module, params, more, items }: TaskInput, index: number): HostTask => {
  const task = taskOf(module, params, {
    id: `0.${index}`,
    position: { ...position, line: index + 1 },
    ...more,
  });
  return hostTaskOf(task, items && { items: () => items });
};

export interface LocalRun {
  readonly tasks: readonly TaskResult[];
  readonly events: readonly Event[];
  readonly run: HostRun;
  readonly asks: number;
}

/** The local host as the inventory names it. */
export const hostOn = ({ root }: LocalHost, name = 'local'): Host => ({
  name,
  groups: [],
  variables: new Map(),
  connection: {
    connection: 'local',
    address: 'localhost',
    sshArguments: [],
    root,
    path: path.join(path.dirname(root), 'bin'),
  },
});

/** Runs tasks on a local host through the engine's host runner. */
export const runTasks = async (
  local: LocalHost,
  inputs: readonly TaskInput[],
  {
    handlers: given = [],
    ...options
  }: Pick<SequenceOptions, 'check' | 'prune' | 'journal' | 'planned'> & {
    readonly handlers?: readonly TaskInput[];
  } = {},
): Promise<LocalRun> => {
  const host = hostOn(local);
  const handlers = given.map((input, index) => inputTask(input, 100 + index));
  const sequence: Sequence<HostTask> = [...inputs.map((input, index) => part(inputTask(input, index))), flushHandlers];
  return runSequenceOn(host, sequence, handlers, options);
};

export interface SequenceOptions extends Partial<
  Pick<HostOptions, 'check' | 'prune' | 'journal' | 'planned' | 'wait' | 'prompt' | 'stopped' | 'halt'>
> {
  /** Other hosts of the inventory: delegates. */
  readonly others?: readonly Host[];
}

export const flushHandlers = { kind: 'flush-handlers' } as const;

/** Runs a whole sequence on a local host. */
export const runSequenceOn = async (
  host: Host,
  sequence: Sequence<HostTask>,
  handlers: readonly HostTask[],
  { others = [], ...options }: SequenceOptions = {},
): Promise<LocalRun> => {
  const events: Event[] = [];
  const connect = async () => ({ shell: async () => localChannel(['/bin/sh']), close: () => undefined });
  const shells = createHostShells(host, connect);
  const inventory: Inventory = {
    sources: [],
    hosts: new Map([host, ...others].map((one) => [one.name, one])),
    groups: new Map(),
  };
  const delegates = createDelegates(inventory, connect, () => undefined);
  let parts = 0;
  const run = createHostRun({
    host,
    plays: [{ play: playOf(host.name, sequence, handlers), sequence, handlers }],
    shells,
    delegates,
    check: false,
    prune: 'off',
    journal: { run: 'test', playbook: 'site.yml', hash: 'abc' },
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
    ...options,
  });
  await run.play(0, createBatch([host.name]));
  await (await shells.for(undefined)).shell.close();
  return {
    tasks: events.filter((event): event is TaskResult => event.type === 'task'),
    events,
    run,
    asks: shells.asks(),
  };
};
