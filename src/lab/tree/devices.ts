import { cpuMask } from '../../contract/codecs.ts';
import type { Processors, SimulatedDisk, SimulatedHost, SimulatedNic } from '../hosts.ts';
import { cpusOfNode, processorsOf } from './processors.ts';
import { folders, link, shown, tunable, type Tree, type Values } from './tree.ts';

/** One interrupt of a device. Managed: the kernel placed it, and lets nobody move it. */
export interface Vector {
  readonly name: string;
  readonly managedOn?: number;
  /** The driver's wish, a CPU. */
  readonly hint?: number;
}

export interface PciDevice {
  /** Below /sys/devices. */
  readonly folder: string;
  readonly driver: string;
  readonly node: number;
  readonly vectors: readonly Vector[];
  /** What hangs below: links and attributes, given the device's folder. */
  readonly children: (folder: string) => Tree;
}

/** A PCI function below a root port of its own; `bus` is unique on the host. */
const pciFolder = (bus: number, node: number): string => {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const root = node === 0 ? 0 : 0x80;
  return `/sys/devices/pci0000:${hex(root)}/0000:${hex(root)}:${hex(bus)}.0/0000:${hex(root + bus)}:00.0`;
};

const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

const nicDevice = (nic: SimulatedNic, index: number, folder: string): PciDevice => ({
  folder,
  driver: nic.driver,
  node: nic.node,
  vectors: [
    ...Array.from({ length: nic.queues }, (_, queue) => ({
      name: nic.driver === 'i40e' ? `i40e-${nic.name}-TxRx-${queue}` : `${nic.name}-TxRx-${queue}`,
      hint: queue,
    })),
    { name: nic.driver === 'i40e' ? `i40e-${baseName(folder)}:misc` : nic.name },
  ],
  children: (device) => {
    const base = `${device}/net/${nic.name}`;
    return [
      ...link(`/sys/class/net/${nic.name}`, base),
      ...link(`${base}/device`, device),
      ...link(`${base}/subsystem`, '/sys/class/net'),
      ...shown(base, {
        address: `52:54:00:00:00:${(index + 16).toString(16)}`,
        operstate: 'up',
        carrier: 1,
        speed: 10000,
        type: 1,
        ifindex: index + 2,
      }),
      ...tunable(base, {
        mtu: 1500,
        flags: '0x1003',
        tx_queue_len: 1000,
        gro_flush_timeout: 0,
        napi_defer_hard_irqs: 0,
      }),
      ...Array.from({ length: nic.queues }, (_, queue) =>
        tunable(`${base}/queues`, {
          [`rx-${queue}/rps_cpus`]: 0,
          [`rx-${queue}/rps_flow_cnt`]: 0,
          [`tx-${queue}/xps_cpus`]: cpuMask.encode([queue]),
        }),
      ).flat(),
    ];
  },
});

const queueValues = (disk: SimulatedDisk, depth: number): { readonly shown: Values; readonly tunable: Values } => {
  const offered = disk.kind === 'nvme' ? ['none', 'mq-deadline', 'kyber', 'bfq'] : ['none', 'mq-deadline'];
  return {
    shown: {
      logical_block_size: 512,
      hw_sector_size: 512,
      max_hw_sectors_kb: 1280,
      discard_max_bytes: disk.rotational ? 0 : 2199023255040,
      zoned: 'none',
    },
    tunable: {
      scheduler: offered.map((name) => (name === disk.scheduler ? `[${name}]` : name)).join(' '),
      nr_requests: disk.scheduler === 'none' ? depth : 2 * Math.min(depth, 128),
      nomerges: 0,
      rq_affinity: 1,
      read_ahead_kb: 128,
      rotational: disk.rotational ? 1 : 0,
      add_random: disk.rotational ? 1 : 0,
      iostats: 1,
      max_sectors_kb: 1280,
      write_cache: 'write back',
    },
  };
};

const blockDevice = (
  disk: SimulatedDisk,
  base: string,
  major: number,
  minor: number,
  depth: number,
  queues: number,
): Tree => {
  const queue = queueValues(disk, depth);
  const sectors = disk.gibibytes * 2 ** 21;
  return [
    ...link(`/sys/block/${disk.name}`, base),
    ...link(`/sys/class/block/${disk.name}`, base),
    ...link(`/sys/dev/block/${major}:${minor}`, base),
    ...link(`${base}/subsystem`, '/sys/class/block'),
    ...shown(base, { dev: `${major}:${minor}`, size: sectors, ro: 0, removable: 0, hidden: 0 }),
    ...folders(`${base}/slaves`, `${base}/holders`),
    ...shown(`${base}/queue`, queue.shown),
    ...tunable(`${base}/queue`, queue.tunable),
    ...Array.from({ length: queues }, (_, number) =>
      shown(`${base}/mq/${number}`, { nr_tags: depth, nr_reserved_tags: 0, cpu_list: number }),
    ).flat(),
  ];
};

const nvmeDevice = (disk: SimulatedDisk, index: number, folder: string, cpus: number): PciDevice => ({
  folder,
  driver: 'nvme',
  node: disk.node,
  vectors: [
    { name: `nvme${index}q0` },
    ...Array.from({ length: cpus }, (_, cpu) => ({ name: `nvme${index}q${cpu + 1}`, managedOn: cpu })),
  ],
  children: (device) => {
    const controller = `${device}/nvme/nvme${index}`;
    const base = `${controller}/${disk.name}`;
    return [
      ...link(`/sys/class/nvme/nvme${index}`, controller),
      ...link(`${controller}/device`, device),
      ...shown(controller, {
        model: 'Simulated NVMe',
        serial: `SIM${index}${disk.node}`,
        transport: 'pcie',
        state: 'live',
      }),
      ...link(`${base}/device`, controller),
      ...shown(base, { wwid: `eui.00253885710${index}${disk.node}` }),
      ...blockDevice(disk, base, 259, index, 1023, cpus),
    ];
  },
});

const sataDevice = (disk: SimulatedDisk, index: number, folder: string): PciDevice => ({
  folder,
  driver: 'ahci',
  node: disk.node,
  vectors: [{ name: `ahci[${baseName(folder)}]` }],
  children: (device) => {
    const address = `${index}:0:0:0`;
    const unit = `${device}/ata${index + 1}/host${index}/target${index}:0:0/${address}`;
    const base = `${unit}/block/${disk.name}`;
    const partition = `${base}/${disk.name}1`;
    return [
      ...link(`${unit}/driver`, '/sys/bus/scsi/drivers/sd'),
      ...folders('/sys/bus/scsi/drivers/sd'),
      ...link(`/sys/bus/scsi/devices/${address}`, unit),
      ...shown(unit, { vendor: 'ATA     ', model: 'Simulated SATA  ', wwid: `naa.500a07510000000${index}` }),
      ...tunable(unit, { queue_depth: 32 }),
      ...link(`${base}/device`, unit),
      ...blockDevice(disk, base, 8, 16 * index, 32, 1),
      ...link(`/sys/class/block/${disk.name}1`, partition),
      ...link(`/sys/dev/block/8:${16 * index + 1}`, partition),
      ...shown(partition, {
        partition: 1,
        dev: `8:${16 * index + 1}`,
        size: disk.gibibytes * 2 ** 21 - 2048,
        start: 2048,
        ro: 0,
      }),
    ];
  },
});

/** Every PCI device of a host, in the order in which its interrupts are numbered. */
export const pciDevices = (host: SimulatedHost): readonly PciDevice[] => {
  const cpus = processorsOf(host.processors).length;
  const sata = host.disks.filter(({ kind }) => kind === 'sata');
  const nvme = host.disks.filter(({ kind }) => kind === 'nvme');
  return [
    ...sata.map((disk, index) => sataDevice(disk, index, pciFolder(1 + index, disk.node))),
    ...nvme.map((disk, index) => nvmeDevice(disk, index, pciFolder(8 + index, disk.node), cpus)),
    ...host.nics.map((nic, index) => nicDevice(nic, index, pciFolder(16 + index, nic.node))),
  ];
};

/** The device in /sys/devices and its links from /sys/bus/pci; `interrupts` are its vectors' numbers. */
export const pciTree = (device: PciDevice, processors: Processors, interrupts: readonly number[]): Tree => {
  const { folder, driver, node } = device;
  const local = cpusOfNode(processors, node);
  return [
    ...link(`/sys/bus/pci/devices/${baseName(folder)}`, folder),
    ...link(`/sys/bus/pci/drivers/${driver}/${baseName(folder)}`, folder),
    ...link(`${folder}/driver`, `/sys/bus/pci/drivers/${driver}`),
    ...link(`/sys/bus/pci/drivers/${driver}/module`, `/sys/module/${driver}`),
    ...link(`${folder}/subsystem`, '/sys/bus/pci'),
    ...shown(folder, { local_cpulist: local.list, local_cpus: local.mask, irq: interrupts[0] ?? 0 }),
    ...tunable(folder, { numa_node: node }),
    ...shown(`${folder}/msi_irqs`, Object.fromEntries(interrupts.map((number) => [number, 'msix']))),
    ...shown(`/sys/module/${driver}`, { initstate: 'live', refcnt: 1 }),
    ...device.children(folder),
  ];
};

/** Mounts as /proc/self/mountinfo shows them: a SATA disk's first partition, an NVMe namespace as a whole. */
export const mountinfo = (host: SimulatedHost): string => {
  const nvme = host.disks.filter(({ kind }) => kind === 'nvme');
  const lines = host.disks.map((disk, index) => {
    const [number, source] =
      disk.kind === 'sata' ? [`8:${16 * index + 1}`, `${disk.name}1`] : [`259:${nvme.indexOf(disk)}`, disk.name];
    return `${22 + index} 1 ${number} / ${disk.mount} rw,relatime shared:${index + 1} - ext4 /dev/${source} rw\n`;
  });
  return lines.join('');
};
