import { cpus, irqs, nic } from './sysfs.ts';
import { computeNode } from './trees.ts';

const count = { cpus: 256, interrupts: 2000, nics: 8 };
const queues = count.interrupts / count.nics;

const cards = Array.from({ length: count.nics }, (_, card) => ({
  name: `ens${card + 1}f0`,
  slot: `0000:${(card + 16).toString(16)}:00.0`,
  irqs: Array.from({ length: queues }, (__, queue) => 100 + card * queues + queue),
}));

/** A compute node with 256 CPUs and 2,000 interrupts, those of eight NICs. */
export const largeNode = () => ({
  ...computeNode(),
  ...cpus({
    count: count.cpus,
    nodes: 2,
    model: 'AMD EPYC 9754',
    driver: 'acpi-cpufreq',
    governors: ['performance', 'schedutil'],
    governor: 'schedutil',
    idleDriver: 'acpi_idle',
    maximum: 3_100_000,
  }),
  ...Object.assign(
    {},
    ...cards.map((card) => nic(card.name, queues, { ...card, driver: 'i40e', node: 0, localCpus: '0-127' })),
  ),
  ...irqs(
    count.cpus,
    cards.flatMap((card) =>
      card.irqs.map((irq, queue) => ({ irq, action: `i40e-${card.name}-TxRx-${queue}`, cpu: queue % count.cpus })),
    ),
  ),
});
