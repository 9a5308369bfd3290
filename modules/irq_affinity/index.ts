import {
  defineModule,
  disks,
  isSetting,
  naturally,
  nics,
  Selector,
  selectDisks,
  selectNics,
  Type,
  unsupported,
  type Step,
} from '../../src/contract/index.ts';
import { CpuSet, processors } from './cpus.ts';
import { deviceSteps } from './device.ts';
import { functionFolder, interruptTable, pciFunctions } from './interrupts.ts';
import { irqbalance, ownerSteps } from './irqbalance.ts';

const params = Type.Object(
  {
    devices: Selector,
    mode: Type.Optional(
      Type.Enum(['spread', 'same', 'hint'], {
        description: 'One CPU for each queue, all CPUs for every queue, or what the driver asks for (spread)',
      }),
    ),
    cpus: Type.Optional(CpuSet('CPUs that take interrupts (local)')),
    exclude: Type.Optional(CpuSet('CPUs of these that take none (isolated, which means isolcpus and nohz_full)')),
    irqbalance: Type.Optional(
      Type.Enum(['ban', 'stop', 'conflict'], {
        description: 'An active irqbalance is told to leave the drivers alone, is stopped, or is a conflict (conflict)',
      }),
    ),
  },
  { additionalProperties: false },
);

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export default defineModule({
  kind: 'irq_affinity',
  summary:
    'CPUs that serve the interrupts of NICs and disks: found and kept by device and queue, with irqbalance out of the way',
  params,
  stores: ['boot.tab'],
  removable: true,
  check: ({ mode, cpus, exclude }) =>
    Object.entries({ cpus, exclude })
      .filter(([, value]) => mode === 'hint' && value !== undefined)
      .map(([param]) => ({ param, message: `${param} has no meaning with mode: hint: the driver names the CPUs` })),
  observe: ({ mode, irqbalance: owner = 'conflict' }) => ({
    nics,
    disks,
    functions: pciFunctions,
    table: interruptTable(mode === 'hint'),
    processors,
    irqbalance: irqbalance(owner),
  }),
  plan: (
    { devices, mode = 'spread', cpus = 'local', exclude = 'isolated', irqbalance: owner = 'conflict' },
    seen,
  ): readonly Step[] => {
    const selected = [
      ...selectNics(devices, seen.nics).map((nic) => ({ ...nic, kind: 'nic' as const })),
      ...selectDisks(devices, seen.disks).map((disk) => ({ ...disk, kind: 'disk' as const })),
    ].sort((left, right) => naturally(left.name, right.name));
    if (selected.length === 0) {
      const all = [...seen.nics, ...seen.disks].map(({ name }) => name);
      return [
        unsupported(
          'irq_affinity',
          `no NIC or disk is meant by ${JSON.stringify(devices)}; the host has ${all.join(', ') || 'none'}`,
        ),
      ];
    }

    const steps: Step[] = [];
    const drivers = new Set<string>();
    const done = new Set<string>();
    for (const { name, kind, devicePath = '' } of selected) {
      const folder = functionFolder(devicePath, seen.functions);
      const pciFunction = folder === undefined ? undefined : seen.functions.get(folder);
      if (folder === undefined || !pciFunction) {
        steps.push(
          unsupported(`irq_affinity/${name}`, `${name}: it is not below a PCI device, so its interrupts are not known`),
        );
        continue;
      }
      // Disks of one controller, and ports of one NIC, share its interrupts.
      if (done.has(folder)) continue;
      done.add(folder);
      const own = deviceSteps({ mode, cpus, exclude }, { name, kind, pciFunction }, seen.table, seen.processors);
      const driver = seen.irqbalance.drivers.get(baseName(folder));
      if (driver !== undefined && own.some(isSetting)) drivers.add(driver);
      steps.push(...own);
    }

    const owned = steps.filter(isSetting).map(({ key }) => key);
    const first = owned.length > 0 ? ownerSteps(owner, seen.irqbalance, [...drivers].sort(), owned) : [];
    const dependsOn = first.filter(isSetting).map(({ key }) => key);
    return [...first, ...steps.map((step) => (isSetting(step) ? { ...step, dependsOn } : step))];
  },
});
