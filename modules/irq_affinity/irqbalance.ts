import {
  argv,
  combine,
  conflict,
  derived,
  file,
  files,
  os,
  setting,
  shellVars,
  stats,
  text,
  unit,
  valueOf,
  type Read,
  type Reading,
  type Setting,
  type Step,
  type Unit,
} from '../../src/contract/index.ts';

export type Owner = 'ban' | 'stop' | 'conflict';

/** What is known of irqbalance; only the unit where it is not to be taught anything. */
export interface Irqbalance {
  readonly unit: Unit;
  /** The file that its service reads its arguments from. */
  readonly arguments: Reading<ReadonlyMap<string, string>>;
  /** Its command line; undefined: not to be seen. */
  readonly running: readonly string[] | undefined;
  /** Driver of each PCI function, by the function's address. */
  readonly drivers: ReadonlyMap<string, string>;
}

const service = 'irqbalance.service';
const debian = file('/etc/default/irqbalance', shellVars);
const others = file('/etc/sysconfig/irqbalance', shellVars);
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const full: Read<Irqbalance> = combine(
  {
    os,
    unit: unit(service),
    debian,
    others,
    processes: files('/proc/[0-9]*/cmdline', argv, { file: 'comm', matches: ['irqbalance'] }),
    drivers: stats('/sys/bus/pci/devices/*/driver'),
  },
  (seen) => {
    const candidates = seen.os.family === 'debian' ? [seen.debian, seen.others] : [seen.others, seen.debian];
    return {
      unit: seen.unit,
      arguments: candidates.find((one) => !('errno' in one) || one.errno !== 'ENOENT') ?? candidates[0]!,
      running: [...seen.processes.values()].map(valueOf).find(Boolean),
      drivers: new Map(
        [...seen.drivers].flatMap(([path, { link }]) => (link ? [[path.split('/')[5]!, baseName(link)] as const] : [])),
      ),
    };
  },
);

const unitAlone: Read<Irqbalance> = combine({ unit: unit(service) }, (seen) => ({
  unit: seen.unit,
  arguments: { codec: shellVars, errno: 'ENOENT' },
  running: undefined,
  drivers: new Map(),
}));

export const irqbalance = (owner: Owner): Read<Irqbalance> => (owner === 'ban' ? full : unitAlone);

const name = 'IRQBALANCE_ARGS';

/** One word of IRQBALANCE_ARGS. The file's other words are somebody else's. */
const argument = (file: Reading<ReadonlyMap<string, string>>, word: string): Reading<string> => {
  const path = file.target && 'path' in file.target ? file.target.path : '';
  const target = { kind: 'entry', path, format: 'shell-vars', name, word } as const;
  if ('errno' in file && file.errno !== 'ENOENT') return { codec: text, target, errno: file.errno };
  const words = valueOf(file)?.get(name)?.split(/\s+/) ?? [];
  return derived(words.includes(word) ? word : undefined, text, target);
};

/** irqbalance(1), --banmod: compared with the driver of the PCI function, so a virtio NIC is banned as virtio-pci. */
const bans = (drivers: readonly string[], seen: Irqbalance): readonly Setting[] => {
  const installed = 'value' in seen.unit.active;
  if (!installed || drivers.length === 0) return [];
  const words = drivers.map((driver) => `--banmod=${driver}`);
  const kept = words.map((word, index) =>
    setting(`irq_affinity/irqbalance/argument/${drivers[index]}`, word, argument(seen.arguments, word), {
      store: 'itself',
    }),
  );
  if (valueOf(seen.unit.active) !== true) return kept;
  const target = {
    kind: 'program',
    name: `${service} with ${words.join(' ')}`,
    set: ['systemctl', 'try-restart', service],
  } as const;
  const obeyed = words.filter((word) => seen.running?.includes(word)).join(' ');
  const running: Reading<string> = seen.running
    ? derived(obeyed || undefined, text, target)
    : { codec: text, target, errno: 'EACCES' };
  return [
    ...kept,
    setting(
      `irq_affinity/irqbalance/process/${drivers.join('+')}`,
      words.join(' '),
      running,
      { store: 'none', because: `the arguments are kept in ${name}` },
      { dependsOn: kept.map(({ key }) => key) },
    ),
  ];
};

/** What must be so before interrupts stay where they are put: the steps, first; the keys that the rest depends on. */
export const ownerSteps = (
  owner: Owner,
  seen: Irqbalance,
  drivers: readonly string[],
  owned: readonly string[],
): readonly Step[] => {
  switch (owner) {
    case 'ban':
      return bans(drivers, seen);
    case 'stop':
      return [
        setting('irq_affinity/irqbalance/active', false, seen.unit.active, { store: 'itself' }),
        setting('irq_affinity/irqbalance/enabled', false, seen.unit.enabled, { store: 'itself' }),
      ];
    case 'conflict':
      return valueOf(seen.unit.active) === true
        ? [
            conflict(
              'irq_affinity/irqbalance',
              `${service} is active and moves these interrupts again within seconds: irqbalance: ban or irqbalance: stop`,
              owned,
            ),
          ]
        : [];
  }
};
