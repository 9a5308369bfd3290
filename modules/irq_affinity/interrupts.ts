import {
  combine,
  cpuList,
  cpuMask,
  files,
  integer,
  resolveLink,
  stats,
  text,
  understand,
  valueOf,
  type Codec,
  type Read,
  type Reading,
} from '../../src/contract/index.ts';

/** One interrupt that a driver uses. */
export interface Interrupt {
  readonly number: number;
  /** The handler's name as the boot unit looks for it: up to `@`, without all up to the first `-`. */
  readonly queue: string;
  /** Number of the queue it serves; undefined: not a queue's, such as link changes and mailboxes. */
  readonly index?: number;
  /** The kernel places it, and refuses whoever wants to move it. */
  readonly managed: boolean;
  readonly affinity: Reading<readonly number[]>;
  readonly effective: Reading<readonly number[]>;
  /** The driver's wish; empty: none, or not asked for. */
  readonly hint: readonly number[];
}

/** A PCI function: what irqbalance and the kernel know interrupts by. */
export interface PciFunction {
  readonly localCpus: readonly number[];
  /** Of its message-signalled interrupts, else of its shared line. */
  readonly numbers: readonly number[];
}

const pci = '/sys/bus/pci/devices';

/** One CPU of the mask serves the interrupt, so any of those asked for will do; an interrupt never started has none. */
const servedWithin: Codec<readonly number[]> = {
  ...cpuList,
  equal: (shown, wanted) => shown.every((cpu) => wanted.includes(cpu)),
};

/** Every PCI function by its folder in /sys/devices: real paths from link texts, so that ancestors are string work. */
export const pciFunctions: Read<ReadonlyMap<string, PciFunction>> = combine(
  {
    links: stats(`${pci}/*`),
    vectors: stats(`${pci}/*/msi_irqs/*`),
    lines: files(`${pci}/*/irq`, integer),
    local: files(`${pci}/*/local_cpulist`, cpuList),
  },
  ({ links, vectors, lines, local }) => {
    const numbers = new Map<string, number[]>();
    for (const path of vectors.keys()) {
      const [folder, number] = path.split('/msi_irqs/') as [string, string];
      numbers.set(folder, [...(numbers.get(folder) ?? []), Number(number)]);
    }
    return new Map(
      [...links].flatMap(([path, { link }]) => {
        if (link === undefined) return [];
        const line = valueOf(lines.get(`${path}/irq`)) ?? 0;
        const signalled = numbers.get(path)?.sort((left, right) => left - right);
        return [
          [
            resolveLink(path, link),
            {
              localCpus: valueOf(local.get(`${path}/local_cpulist`)) ?? [],
              numbers: signalled ?? (line > 0 ? [line] : []),
            },
          ] as const,
        ];
      }),
    );
  },
);

/** The folder of the function that a device is, or is below: a virtio device's parent, a namespace's controller's parent. */
export const functionFolder = (devicePath: string, functions: ReadonlyMap<string, PciFunction>): string | undefined => {
  for (let folder = devicePath; folder !== ''; folder = folder.slice(0, folder.lastIndexOf('/')))
    if (functions.has(folder)) return folder;
  return undefined;
};

/** What does no queue's work: flow director, mailboxes, link and error events, a controller's admin queue. */
const slowPath =
  /(?:^|[^a-z])(?:fdir|mgmn?t|async|config|control|ctrl|misc|mbx|mailbox|events?|aeq|admin|notify|err|other|cmd|pages|hwc|ptp|sp)(?:$|[^a-z])|^nvme\d+q0$/i;

/** Queues whose vectors the kernel spreads by itself, also where the file's mode does not say so (older kernels). */
const managedName = /^(?:nvme\d+q[1-9]\d*|virtio\d+-req(?:\.\d+|uest.*))$/;

const queueName = (action: string): string => action.replace(/@.*$/, '').replace(/^[^-]*-/, '');

/** The number at the end of a queue's name: TxRx-3, input.0, mlx5_comp7, nvme0q2. The device's own name is not a queue's. */
const queueNumber = (queue: string, device: string): number | undefined => {
  const name = queue.split(',', 1)[0]!;
  const digits = name === device ? undefined : /(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Numbers to what is known of them; the hints only where they are wanted. */
export interface InterruptTable {
  readonly actions: ReadonlyMap<string, Reading<string>>;
  readonly affinities: ReadonlyMap<string, Reading<readonly number[]>>;
  readonly effective: ReadonlyMap<string, Reading<readonly number[]>>;
  readonly hints: ReadonlyMap<string, Reading<readonly number[]>>;
  readonly writable: ReadonlyMap<string, boolean>;
}

const irq = '/proc/irq';

/** Three files and a mode for each interrupt of the host (four files with `hints`): a device's numbers are not known before the ask. */
export const interruptTable = (hints: boolean): Read<InterruptTable> =>
  combine(
    {
      actions: files('/sys/kernel/irq/*/actions', text),
      affinities: files(`${irq}/*/smp_affinity_list`, cpuList),
      effective: files(`${irq}/*/effective_affinity_list`, servedWithin),
      hints: hints ? files(`${irq}/*/affinity_hint`, cpuMask) : { ops: [], decode: () => new Map() },
      modes: stats(`${irq}/*/smp_affinity_list`),
    },
    ({ modes, ...seen }) => ({
      ...seen,
      writable: new Map([...modes].map(([path, { mode }]) => [path, (mode & 0o222) !== 0])),
    }),
  );

/** The interrupts of a function that a driver uses, by queue number, then number. Unnumbered ones are queue 0 where none is numbered. */
export const interruptsOf = (
  { numbers }: PciFunction,
  device: string,
  { actions, affinities, effective, hints, writable }: InterruptTable,
): readonly Interrupt[] => {
  const used = numbers.flatMap((number) => {
    const action = valueOf(actions.get(`/sys/kernel/irq/${number}/actions`))?.trim();
    if (!action) return [];
    const queue = queueName(action);
    return [{ number, action, queue, slow: slowPath.test(queue), index: queueNumber(queue, device) }];
  });
  const numbered = used.some(({ slow, index }) => !slow && index !== undefined);
  return used
    .map(({ number, action, queue, slow, index = numbered ? undefined : 0 }): Interrupt => {
      const path = `${irq}/${number}/smp_affinity_list`;
      return {
        number,
        queue,
        ...(!slow && index !== undefined && { index }),
        managed: writable.get(path) === false || managedName.test(action),
        affinity: affinities.get(path) ?? understand(cpuList, undefined, { kind: 'attribute', path }),
        effective: effective.get(`${irq}/${number}/effective_affinity_list`) ?? understand(servedWithin, undefined),
        hint: valueOf(hints.get(`${irq}/${number}/affinity_hint`)) ?? [],
      };
    })
    .sort((left, right) => (left.index ?? 0) - (right.index ?? 0) || left.number - right.number);
};
