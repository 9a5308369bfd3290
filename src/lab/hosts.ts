import { tunedFiles } from './tuned-host.ts';
import type { Release } from './releases.ts';

export interface Processors {
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
  readonly frequencyDriver: 'intel_pstate' | 'acpi-cpufreq';
  /** What the driver begins with after a boot. */
  readonly governor: string;
}

export interface SimulatedDisk {
  readonly name: string;
  readonly kind: 'sata' | 'nvme';
  readonly node: number;
  readonly rotational: boolean;
  readonly scheduler: string;
  readonly gibibytes: number;
  readonly mount: string;
}

export interface SimulatedNic {
  readonly name: string;
  readonly driver: string;
  readonly queues: number;
  readonly node: number;
}

export interface VirtualMachine {
  readonly name: string;
  /** Whether its first start found /dev/vhost-net; after a boot it depends on the module. */
  readonly vhost: boolean;
}

/** One host of the lab, as data: its hardware, its distribution, and what is wrong with it. */
export interface SimulatedHost {
  readonly name: string;
  readonly group: 'kvm' | 'brokers';
  /** One line for `lab status`. */
  readonly story: string;
  /** Nothing listens on its port. */
  readonly down?: true;
  readonly release: Release;
  readonly processors: Processors;
  readonly mebibytes: number;
  readonly disks: readonly SimulatedDisk[];
  readonly nics: readonly SimulatedNic[];
  readonly machines: readonly VirtualMachine[];
  /** Units that are installed, and whether the next boot starts them. */
  readonly units: Readonly<Record<string, 'enabled' | 'disabled'>>;
  /** More files on its disk. Units among them (/etc/systemd/system) are enabled. */
  readonly files: Readonly<Record<string, string>>;
}

const system = (gibibytes: number): SimulatedDisk => ({
  name: 'sda',
  kind: 'sata',
  node: 0,
  rotational: true,
  scheduler: 'mq-deadline',
  gibibytes,
  mount: '/',
});
const nvme = (name: string, node: number, mount: string): SimulatedDisk => ({
  name,
  kind: 'nvme',
  node,
  rotational: false,
  scheduler: 'mq-deadline',
  gibibytes: 894,
  mount,
});

const qemuDefaults = `# Defaults of the qemu-kvm service.
# Set to 1 to enable KSM, 0 to disable it, AUTO to enable it on bare metal only.
KSM_ENABLED=AUTO
SLEEP_MILLISECS=200
# To load the vhost_net module, which saves the copying of guest packets by QEMU, set this to 1.
VHOST_NET_ENABLED=0
# Set this to 1 to mount hugetlbfs for KVM to use.
KVM_HUGEPAGES=0
`;

const compute = (
  name: string,
  machines: readonly VirtualMachine[],
  more: Partial<SimulatedHost> = {},
): SimulatedHost => ({
  name,
  group: 'kvm',
  story: 'compute node: vhost off, KSM on, powersave, mq-deadline, all interrupts on CPU 0',
  release: 'ubuntu',
  processors: {
    sockets: 2,
    coresPerSocket: 1,
    threadsPerCore: 2,
    frequencyDriver: 'intel_pstate',
    governor: 'powersave',
  },
  mebibytes: 65_536,
  disks: [system(223), nvme('nvme0n1', 1, '/var/lib/nova')],
  nics: [{ name: 'ens1f0', driver: 'ixgbe', queues: 4, node: 0 }],
  machines,
  units: { 'ssh.service': 'enabled', 'qemu-kvm.service': 'enabled', 'ksmtuned.service': 'enabled' },
  files: { '/etc/default/qemu-kvm': qemuDefaults },
  ...more,
});

const broker = (name: string, more: Partial<SimulatedHost> = {}): SimulatedHost => ({
  name,
  group: 'brokers',
  story: 'broker: powersave, mq-deadline, swappiness 60, all interrupts on CPU 0',
  release: 'debian',
  processors: {
    sockets: 2,
    coresPerSocket: 2,
    threadsPerCore: 1,
    frequencyDriver: 'acpi-cpufreq',
    governor: 'powersave',
  },
  mebibytes: 32_768,
  disks: [system(111), nvme('nvme0n1', 0, '/var/lib/redpanda/data'), nvme('nvme1n1', 1, '/var/lib/redpanda/cache')],
  nics: [{ name: 'ens1f0', driver: 'i40e', queues: 4, node: 1 }],
  machines: [],
  units: { 'ssh.service': 'enabled', 'irqbalance.service': 'enabled' },
  files: { '/etc/default/irqbalance': '# Arguments of irqbalance(1).\n#IRQBALANCE_ARGS=\n' },
  ...more,
});

/** The lab. The order is the ports' order: the first host listens on the base port + 1. */
export const simulatedHosts: readonly SimulatedHost[] = [
  compute('kvm01', [
    { name: 'web01', vhost: true },
    { name: 'db01', vhost: false },
  ]),
  compute(
    'kvm02',
    [
      { name: 'web02', vhost: false },
      { name: 'db02', vhost: false },
    ],
    {
      story:
        'compute node of a cloud image: as kvm01, ksm.service instead of ksmtuned, its own grub.d file, no vhost at all',
      units: {
        'ssh.service': 'enabled',
        'qemu-kvm.service': 'enabled',
        'ksm.service': 'enabled',
        'irqbalance.service': 'enabled',
      },
      files: {
        '/etc/default/qemu-kvm': qemuDefaults,
        '/etc/default/irqbalance': '# Arguments of irqbalance(1).\nIRQBALANCE_ARGS=""\n',
        '/etc/default/grub.d/50-cloudimg-settings.cfg':
          '# Cloud image settings.\nGRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0"\n',
      },
    },
  ),
  compute('kvm03', [
    { name: 'web03', vhost: true },
    { name: 'db03', vhost: false },
  ]),
  compute('kvm04', [], { story: 'compute node that is down: nothing listens on its port', down: true }),
  broker('rp01'),
  broker('rp02', {
    story: 'broker on an RHEL kin (boot loader entries, grubby): as rp01',
    release: 'rocky',
    units: { 'sshd.service': 'enabled', 'irqbalance.service': 'enabled' },
    files: { '/etc/sysconfig/irqbalance': '# Arguments of irqbalance(1).\n#IRQBALANCE_ARGS=\n' },
  }),
  broker('rp03', {
    story: 'broker that is already fine: nothing to change',
    nics: [{ name: 'ens1f0', driver: 'ixgbe', queues: 4, node: 1 }],
    files: tunedFiles,
  }),
];
