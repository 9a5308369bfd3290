import { cpuList, cpuMask } from '../../contract/codecs.ts';
import type { Processors } from '../hosts.ts';
import type { PciDevice, Vector } from './devices.ts';
import { processorsOf } from './processors.ts';
import { files, shown, tunable, type Tree } from './tree.ts';

export interface Interrupt extends Vector {
  readonly number: number;
  readonly node: number;
}

/** Numbers for every device's vectors. They differ from boot to boot, as real ones may: nobody should keep a number. */
export const numberInterrupts = (
  devices: readonly PciDevice[],
  boot: number,
): ReadonlyMap<PciDevice, readonly Interrupt[]> => {
  let number = 24 + 7 * (boot % 5);
  return new Map(
    devices.map((device) => [
      device,
      device.vectors.map((vector) => ({ ...vector, number: number++, node: device.node })),
    ]),
  );
};

/** /proc/irq, /sys/kernel/irq and /proc/interrupts: what may be moved is on CPU 0, managed vectors are one to a CPU. */
export const interruptTree = (processors: Processors, interrupts: readonly Interrupt[]): Tree => {
  const cpus = processorsOf(processors).map(({ cpu }) => cpu);
  const counts = (on: number): string => cpus.map((cpu) => String(cpu === on ? 123_456 : 0).padStart(10)).join(' ');
  const header = `${' '.repeat(11)}${cpus.map((cpu) => `CPU${cpu}`.padEnd(11)).join('')}\n`;
  const lines = interrupts.map(
    ({ number, name, managedOn }) =>
      `${String(number).padStart(4)}: ${counts(managedOn ?? 0)}  IR-PCI-MSI ${524_288 + number}-edge      ${name}\n`,
  );
  return [
    ...files('/proc', { interrupts: `${header}${lines.join('')}` }, 0o444),
    ...tunable('/proc/irq', { default_smp_affinity: cpuMask.encode(cpus) }),
    ...interrupts.flatMap(({ number, name, managedOn, hint, node }) => {
      const on = [managedOn ?? 0];
      const folder = `/proc/irq/${number}`;
      const movable = managedOn === undefined ? tunable : shown;
      return [
        ...movable(folder, { smp_affinity: cpuMask.encode(on), smp_affinity_list: cpuList.encode(on) }),
        ...shown(folder, {
          effective_affinity: cpuMask.encode(on),
          effective_affinity_list: cpuList.encode(on),
          affinity_hint: hint === undefined ? 0 : cpuMask.encode([hint]),
          node,
        }),
        ...shown(`/sys/kernel/irq/${number}`, {
          actions: name,
          name: 'edge',
          chip_name: 'IR-PCI-MSI',
          hwirq: 524_288 + number,
          type: 'edge',
          per_cpu_count: cpus.map((cpu) => (cpu === on[0] ? 123_456 : 0)).join(','),
        }),
      ];
    }),
  ];
};
