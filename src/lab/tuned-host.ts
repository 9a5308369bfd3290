import type { StoreName } from '../contract/steps.ts';
import { stores } from '../engine/stores/index.ts';
import type { SimulatedHost } from './hosts.ts';

/** The files of a store on a host where perfplay once kept the given lines: rendered by the store, so they are what it reads back. */
const keptFiles = (name: StoreName, lines: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const store = stores.get(name)!;
  const before = store.state.decode({ content: new Map(), stat: new Map(), units: new Map(), output: new Map() });
  const edits = new Map(Object.entries(lines).map(([line, value]) => [line, { store: name, name: line, value }]));
  return Object.fromEntries(
    store
      .write(before, edits)
      .changes.flatMap(({ at, after }) => (at.kind === 'file' && after !== null ? [[at.path, after]] : [])),
  );
};

const disks = ['nvme0n1', 'nvme1n1'];

/**
 * A broker on which playbooks/site.yml finds nothing to do: its kernel line and sysctls were written by people,
 * governors, queues and interrupts are what perfplay kept in an earlier run. All of it takes effect by its first boot.
 */
export const tunedFiles: SimulatedHost['files'] = {
  '/etc/default/irqbalance': '# Arguments of irqbalance(1).\nIRQBALANCE_ARGS="--banmod=ixgbe"\n',
  '/etc/default/grub.d/10-latency.cfg':
    'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT intel_idle.max_cstate=1 processor.max_cstate=1"\n',
  '/etc/sysctl.d/50-redpanda.conf': 'vm.swappiness = 1\nfs.aio-max-nr = 2097152\n',
  ...keptFiles(
    'udev',
    Object.fromEntries(
      disks.flatMap((disk) => [
        [`block/${disk}/queue/scheduler`, 'none'],
        [`block/${disk}/queue/nomerges`, '2'],
      ]),
    ),
  ),
  ...keptFiles('boot.tab', {
    'write /sys/devices/system/cpu/cpufreq/policy*/scaling_governor': 'performance',
    ...Object.fromEntries([2, 3, 2, 3].map((cpu, queue) => [`irq nic:ens1f0 TxRx-${queue}`, String(cpu)])),
  }),
};
