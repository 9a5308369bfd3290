import {
  combine,
  conflict,
  derived,
  file,
  files,
  integer,
  setting,
  stats,
  text,
  unsupported,
  valueOf,
  verbatim,
  type Errno,
  type Finding,
  type Read,
  type Reading,
  type Setting,
  type Step,
} from '../../src/contract/index.ts';

const folder = '/sys/module/vhost_net';

type State = 'loaded' | 'built in' | 'absent';

export interface VhostModule {
  readonly state: State;
  /** Why it cannot be told; nothing where it can. */
  readonly errno?: Errno;
  readonly users: number;
  /** Files of modprobe.d that keep it from being loaded, each with its line. */
  readonly forbidden: readonly string[];
}

/** Highest priority first; a file hides those of its name in later folders, and /lib may be /usr/lib. */
const folders = [
  '/etc/modprobe.d',
  '/run/modprobe.d',
  '/usr/local/lib/modprobe.d',
  '/usr/lib/modprobe.d',
  '/lib/modprobe.d',
];

/** `blacklist` binds systemd-modules-load and aliases, `install … /bin/false` modprobe too. Rule: modprobe.d(5), modules-load.d(5). */
const forbids = (line: string): boolean =>
  /^\s*(blacklist\s+vhost_net\s*$|install\s+vhost_net\s+\S*\/(false|true)\b)/.test(line.replaceAll('-', '_'));

const inForce = <T>(configuration: ReadonlyMap<string, T>): readonly (readonly [string, T])[] => {
  const names = new Set<string>();
  return [...configuration].filter(([path]) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return !names.has(name) && names.add(name);
  });
};

/**
 * The kernel module vhost_net: `initstate` is live when loaded (kernel/module/main.c), absent when built in (kernel/params.c).
 * /dev/vhost-net says nothing: kmod-static-nodes makes it at the boot by modules.devname, and opening it loads the module.
 */
export const vhostModule: Read<VhostModule> = combine(
  {
    folder: stats(folder),
    initstate: file(`${folder}/initstate`, text),
    refcnt: file(`${folder}/refcnt`, integer),
    configuration: files(
      folders.map((one) => `${one}/*.conf`),
      verbatim,
    ),
  },
  (seen): VhostModule => {
    const initstate: Reading<string> = seen.initstate;
    const errno = 'errno' in initstate ? initstate.errno : undefined;
    return {
      state:
        valueOf(initstate) === 'live' ? 'loaded' : errno === 'ENOENT' && seen.folder.size > 0 ? 'built in' : 'absent',
      ...(errno && errno !== 'ENOENT' && { errno }),
      users: valueOf(seen.refcnt) ?? 0,
      forbidden: inForce(seen.configuration).flatMap(([path, reading]) =>
        (valueOf(reading) ?? '')
          .split('\n')
          .filter(forbids)
          .map((line) => `${path}: ${line.trim()}`),
      ),
    };
  },
);

const key = 'qemu_kvm/module/vhost_net';
const target = { kind: 'kernel-module', name: 'vhost_net' } as const;

/** The module loaded (or not) now and at the next boot, and what stands in the way. */
export const moduleSteps = (want: boolean, { state, errno, users, forbidden }: VhostModule): readonly Step[] => {
  if (state === 'built in')
    return want ? [] : [unsupported(key, 'vhost_net is part of this kernel: it cannot be unloaded')];
  // A module in use cannot be unloaded: only a boot changes it.
  const writable = want || users === 0;
  const running: Reading<string> = errno
    ? { codec: text, target, errno }
    : derived(state === 'loaded' ? state : undefined, text, writable ? target : undefined);
  const own: Setting<string> = setting(key, want ? 'loaded' : null, running, {
    store: 'modules-load.d',
    name: target.name,
    value: want ? target.name : null,
  });
  const conflicts: readonly Finding[] = want
    ? forbidden.map((line) => conflict(key, `vhost_net may not be loaded: ${line}`, [key]))
    : [];
  return [...conflicts, own];
};
