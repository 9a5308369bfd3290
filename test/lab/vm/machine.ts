import { controlPort } from './processors.ts';

export const cpus = 4;
/** MB for each of the two NUMA nodes. */
const nodeMemory = 512;

export interface MachineFiles {
  readonly disk: string;
  readonly diskFormat: 'raw' | 'qcow2';
  /** Of the ACPI table (processors.ts). */
  readonly table: string;
  readonly serial: string;
  /** A folder for sockets, data disks and P-state records. */
  readonly folder: string;
  /** Name of the tap that carries the second network card. */
  readonly tap: string;
}

export type Accelerator = 'kvm' | 'tcg';

/** Data disks by the name that the guest's kernel gives them, with their bytes. All are empty. */
export const dataDisks = { vdb: 64 << 20, nvme0n1: 64 << 20, sda: 64 << 20, sdb: 64 << 20 } as const;
export const diskFile = (folder: string, disk: string): string => `${folder}/${disk}.raw`;
/** One byte for each P-state that the guest's kernel asked of the CPU: 0 fast, 1 slow. */
export const pstateFile = (folder: string, cpu: number): string => `${folder}/pstate${cpu}`;
export const qmpSocket = (folder: string): string => `${folder}/qmp`;

/** Of the card that carries ssh, and of the one with four queues on NUMA node 1. */
export const macs = { ssh: '52:54:00:00:00:01', queues: '52:54:00:00:00:02' } as const;

/** A word of QEMU's command line, without its dash, and its value. */
type Option = readonly [string, string];

const processors = (folder: string, accelerator: Accelerator): readonly Option[] => [
  // acpi-cpufreq and intel_idle want an Intel CPU; without MONITOR an idle CPU halts, with it TCG would spin.
  ['cpu', 'Westmere,-monitor'],
  ['accel', accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm'],
  ['smp', `${cpus},sockets=2,cores=2,threads=1`],
  ['m', `${2 * nodeMemory}M`],
  ...[0, 1].flatMap((node): readonly Option[] => [
    ['object', `memory-backend-ram,id=memory${node},size=${nodeMemory}M`],
    ['numa', `node,nodeid=${node},cpus=${node * 2}-${node * 2 + 1},memdev=memory${node}`],
  ]),
  ...Array.from({ length: cpus }, (_, cpu): readonly Option[] => [
    ['chardev', `file,id=pstate${cpu},path=${pstateFile(folder, cpu)}`],
    ['device', `isa-debugcon,iobase=${controlPort(cpu)},readback=0,chardev=pstate${cpu}`],
  ]).flat(),
];

const drive = (id: string, file: string, format = 'raw'): Option => [
  'drive',
  `if=none,id=${id},file=${file},format=${format},discard=unmap`,
];

const disks = ({ disk, diskFormat, folder }: MachineFiles): readonly Option[] => [
  drive('system', disk, diskFormat),
  ...Object.keys(dataDisks).map((name) => drive(name, diskFile(folder, name))),
  ['device', 'virtio-blk-pci,drive=system,num-queues=4,bootindex=1,bus=pcie.0,addr=0x8'],
  ['device', 'virtio-blk-pci,drive=vdb,num-queues=1,bus=pcie.0,addr=0x9'],
  ['device', 'virtio-scsi-pci,id=scsi,num_queues=4,bus=pcie.0,addr=0xa'],
  ['device', 'scsi-hd,bus=scsi.0,lun=0,drive=sda,rotation_rate=7200'],
  ['device', 'scsi-hd,bus=scsi.0,lun=1,drive=sdb,rotation_rate=1'],
  ['device', 'nvme,bus=port1,drive=nvme0n1,serial=lab'],
];

/** QEMU's own network leads to nothing but ssh, on a free port of loopback; the tap leads nowhere, yet it alone has several queues. */
const networks = (tap: string): readonly Option[] => [
  ['netdev', 'user,id=ssh,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'],
  ['device', `virtio-net-pci,netdev=ssh,mac=${macs.ssh},bus=pcie.0,addr=0x3`],
  ['netdev', `tap,id=queues,ifname=${tap},script=no,downscript=no,queues=4`],
  ['device', `virtio-net-pci,bus=port2,netdev=queues,mac=${macs.queues},mq=on,vectors=10`],
];

/** QEMU's arguments: a q35 of 4 CPUs on 2 NUMA nodes, with a disk of each kind; the NVMe and the card with queues are on node 1. */
export const machineArguments = (files: MachineFiles, accelerator: Accelerator): readonly string[] => {
  const options: readonly Option[] = [
    ['machine', 'q35'],
    ['display', 'none'],
    ['vga', 'none'],
    ...processors(files.folder, accelerator),
    ['acpitable', `file=${files.table}`],
    ['serial', `file:${files.serial}`],
    ['qmp', `unix:${qmpSocket(files.folder)},server=on,wait=off`],
    ['device', 'virtio-rng-pci,bus=pcie.0'],
    ['device', 'pxb-pcie,id=node1,bus_nr=32,numa_node=1,bus=pcie.0'],
    ['device', 'pcie-root-port,id=port1,bus=node1,chassis=1,addr=0x0'],
    ['device', 'pcie-root-port,id=port2,bus=node1,chassis=2,addr=0x1'],
    ...disks(files),
    ...networks(files.tap),
  ];
  return ['-no-user-config', '-nodefaults', ...options.flatMap(([name, value]) => [`-${name}`, value])];
};
