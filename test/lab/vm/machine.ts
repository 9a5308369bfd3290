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

/** acpi-cpufreq and intel_idle want an Intel CPU; without MONITOR an idle CPU halts, with it TCG would spin. */
const processor = 'Westmere,-monitor';

const memory = [0, 1].flatMap((node) => [
  ...['-object', `memory-backend-ram,id=memory${node},size=${nodeMemory}M`],
  ...['-numa', `node,nodeid=${node},cpus=${node * 2}-${node * 2 + 1},memdev=memory${node}`],
]);

const drive = (id: string, file: string, format = 'raw'): readonly string[] => [
  '-drive',
  `if=none,id=${id},file=${file},format=${format},discard=unmap`,
];

/**
 * QEMU's arguments: a q35 of 4 CPUs on 2 NUMA nodes. On node 1: an NVMe disk and a network card with 4 queues that leads nowhere (enp33s0's kin).
 * The other card is QEMU's own network, cut off from everything but ssh on a free port of loopback.
 */
export const machineArguments = (files: MachineFiles, accelerator: Accelerator): readonly string[] => [
  ...['-no-user-config', '-nodefaults', '-display', 'none', '-vga', 'none'],
  ...['-machine', 'q35', '-accel', accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm', '-cpu', processor],
  ...['-smp', `${cpus},sockets=2,cores=2,threads=1`, '-m', `${2 * nodeMemory}M`, ...memory],
  ...['-acpitable', `file=${files.table}`],
  ...Array.from({ length: cpus }, (_, cpu) => [
    ...['-chardev', `file,id=pstate${cpu},path=${pstateFile(files.folder, cpu)}`],
    ...['-device', `isa-debugcon,iobase=${controlPort(cpu)},readback=0,chardev=pstate${cpu}`],
  ]).flat(),
  ...['-serial', `file:${files.serial}`, '-qmp', `unix:${qmpSocket(files.folder)},server=on,wait=off`],
  ...['-device', 'virtio-rng-pci,bus=pcie.0'],
  ...drive('system', files.disk, files.diskFormat),
  ...['-device', 'virtio-blk-pci,drive=system,num-queues=4,bootindex=1,bus=pcie.0,addr=0x8'],
  ...Object.keys(dataDisks).flatMap((disk) => drive(disk, diskFile(files.folder, disk))),
  ...['-device', 'virtio-blk-pci,drive=vdb,num-queues=1,bus=pcie.0,addr=0x9'],
  ...['-device', 'virtio-scsi-pci,id=scsi,num_queues=4,bus=pcie.0,addr=0xa'],
  ...['-device', 'scsi-hd,bus=scsi.0,lun=0,drive=sda,rotation_rate=7200'],
  ...['-device', 'scsi-hd,bus=scsi.0,lun=1,drive=sdb,rotation_rate=1'],
  ...['-device', 'pxb-pcie,id=node1,bus_nr=32,numa_node=1,bus=pcie.0'],
  ...['-device', 'pcie-root-port,id=port1,bus=node1,chassis=1,addr=0x0'],
  ...['-device', 'pcie-root-port,id=port2,bus=node1,chassis=2,addr=0x1'],
  ...['-device', 'nvme,bus=port1,drive=nvme0n1,serial=lab'],
  ...['-netdev', 'user,id=ssh,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'],
  ...['-device', 'virtio-net-pci,netdev=ssh,mac=52:54:00:00:00:01,bus=pcie.0,addr=0x3'],
  ...['-netdev', `tap,id=queues,ifname=${files.tap},script=no,downscript=no,queues=4`],
  ...['-device', 'virtio-net-pci,bus=port2,netdev=queues,mac=52:54:00:00:00:02,mq=on,vectors=10'],
];
