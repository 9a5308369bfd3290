import {
  cpuList,
  setting,
  unsupported,
  warning,
  type Finding,
  type Persist,
  type Setting,
  type Step,
} from '../../src/contract/index.ts';
import { cpusOf, spreadOrder, type Processors } from './cpus.ts';
import { interruptsOf, type Interrupt, type InterruptTable, type PciFunction } from './interrupts.ts';

/** A PCI function with the device that names it. */
export interface Device {
  readonly name: string;
  readonly kind: 'nic' | 'disk';
  readonly pciFunction: PciFunction;
}

export interface Placement {
  readonly mode: 'spread' | 'same' | 'hint';
  readonly cpus: string | number;
  readonly exclude: string | number;
}

/** `TxRx-0, TxRx-1, TxRx-2 and 61 more`. */
const some = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

const keyOf = ({ name }: Device): string => `irq_affinity/${name}`;

/** Which CPUs each queue's interrupt shall have (empty: the driver has no wish); without `choose` the notes say why none. */
const place = (
  { mode, cpus, exclude }: Placement,
  device: Device,
  host: Processors,
): { readonly choose?: (interrupt: Interrupt) => readonly number[]; readonly notes: readonly Finding[] } => {
  const key = keyOf(device);
  const isOnline = (cpu: number): boolean => host.online.includes(cpu);
  if (mode === 'hint') return { choose: ({ hint }) => (hint.some(isOnline) ? hint : []), notes: [] };

  const near = device.pciFunction.localCpus.filter(isOnline);
  const local = near.length > 0 ? near : host.online;
  const [taken, excluded] = [cpusOf(cpus, host, local), cpusOf(exclude, host, local)];
  const unknown = [...taken.unknown, ...excluded.unknown];
  if (unknown.length > 0) {
    const nodes = [...host.nodes.keys()].map((node) => `node:${node}`).join(', ');
    return {
      notes: [
        unsupported(key, `${device.name}: there is no ${unknown.join(', ')}; the host has ${nodes || 'no nodes'}`),
      ],
    };
  }
  const left = taken.cpus.filter((cpu) => isOnline(cpu) && !excluded.cpus.includes(cpu));
  if (left.length === 0) {
    const message = `${device.name}: no CPU is left of cpus: ${cpus} after exclude: ${exclude} (online: ${cpuList.encode(host.online) || 'none'})`;
    return { notes: [{ key, finding: 'refused', message }] };
  }
  const offline = taken.cpus.filter((cpu) => !isOnline(cpu));
  const order = spreadOrder(left, host, local);
  return {
    choose: mode === 'same' ? () => left : ({ index = 0 }) => [order[index % order.length]!],
    notes: offline.length > 0 ? [warning(key, `${device.name}: CPU ${cpuList.encode(offline)} is not online`)] : [],
  };
};

/** By device and queue, in the words of the boot unit: numbers differ from boot to boot. */
const persistOf = ({ kind, name }: Device, queue: string, value: string): Persist => {
  if (/\s/.test(queue)) return { store: 'none', because: 'a queue name with a space cannot stand in boot.tab' };
  return { store: 'boot.tab', name: `irq ${kind}:${name} ${queue}`, value };
};

/** A device's settings and what stands in their way. Slow-path interrupts are left where they are. */
export const deviceSteps = (
  wanted: Placement,
  device: Device,
  table: InterruptTable,
  host: Processors,
): readonly Step[] => {
  const { name, pciFunction } = device;
  const key = keyOf(device);
  const used = interruptsOf(pciFunction, name, table);
  if (used.length === 0) return [unsupported(key, `${name}: no driver uses an interrupt of it: is the interface up?`)];
  const queues = used.filter(({ index }) => index !== undefined);
  if (queues.length === 0)
    return [
      unsupported(key, `${name}: none of its interrupts serves a queue (${some(used.map(({ queue }) => queue))})`),
    ];
  const managed = queues.filter((one) => one.managed).map(({ queue }) => queue);
  const movable = queues.filter((one) => !one.managed);
  if (movable.length === 0)
    return [
      unsupported(
        key,
        `${name}: the kernel manages the interrupts of all its queues (${some(managed)}): only isolcpus=managed_irq steers them`,
      ),
    ];

  const { choose, notes } = place(wanted, device, host);
  if (!choose) return notes;
  const placed = movable.map((interrupt) => ({ interrupt, cpus: choose(interrupt) }));
  const unhinted = placed.filter(({ cpus }) => cpus.length === 0).map(({ interrupt }) => interrupt.queue);
  if (unhinted.length === movable.length)
    return [unsupported(key, `${name}: its driver gives no hint (${some(unhinted)})`)];

  const seen = new Map<string, number>();
  const settings = placed
    .filter(({ cpus }) => cpus.length > 0)
    .map(({ interrupt: { queue, affinity, effective }, cpus }): Setting => {
      const times = (seen.get(queue) ?? 0) + 1;
      seen.set(queue, times);
      return setting(
        `${key}/${queue}${times > 1 ? `#${times}` : ''}`,
        cpus,
        affinity,
        persistOf(device, queue, cpuList.encode(cpus)),
        {
          effective,
          takesEffect: 'next-use',
          allowed: [cpuList.encode(host.online)],
          // Whichever NIC it is: below a bond, a bridge or a tunnel nobody can tell which one carries the session.
          ...(device.kind === 'nic' && { risks: 'session' }),
        },
      );
    });
  const unkept = new Set(settings.flatMap(({ persist }) => (persist.store === 'none' ? [persist.because] : [])));
  return [
    ...settings,
    ...notes,
    ...(managed.length > 0 ? [warning(key, `${name}: left alone, as the kernel manages them: ${some(managed)}`)] : []),
    ...(unhinted.length > 0
      ? [warning(key, `${name}: left alone, as the driver gives no hint: ${some(unhinted)}`)]
      : []),
    ...(unkept.size > 0 ? [warning(key, `${name}: not kept over a boot: ${[...unkept].join('; ')}`)] : []),
  ];
};
