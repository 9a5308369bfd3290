import {
  combine,
  disks,
  file,
  files,
  nics,
  resolveLink,
  stats,
  text,
  valueOf,
  type Read,
  type Stat,
} from '../../src/contract/index.ts';

/** Buses between a disk or a NIC and the root of the device tree. */
const buses = ['pci', 'virtio', 'vmbus', 'xen', 'scsi'];

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Modules of the drivers of a device and of all above it in /sys/devices. */
type DriversAbove = (devicePath: string) => readonly string[];

const driversAbove: Read<DriversAbove> = combine(
  {
    ...Object.fromEntries(buses.map((bus) => [`${bus} devices`, stats(`/sys/bus/${bus}/devices/*`)])),
    ...Object.fromEntries(buses.map((bus) => [`${bus} modules`, stats(`/sys/bus/${bus}/devices/*/driver/module`)])),
  },
  (seen) => {
    const all = new Map(Object.values(seen).flatMap((found: ReadonlyMap<string, Stat>) => [...found]));
    const drivers = [...all].flatMap(([path, { link }]) => {
      const [, device] = /^(.*)\/driver\/module$/.exec(path) ?? [];
      const place = device === undefined ? undefined : all.get(device)?.link;
      return device !== undefined && place !== undefined && link !== undefined
        ? [{ folder: resolveLink(device, place), module: baseName(link) }]
        : [];
    });
    return (devicePath) =>
      drivers
        .filter(({ folder }) => devicePath === folder || devicePath.startsWith(`${folder}/`))
        .map(({ module }) => module);
  },
);

/** Interfaces with a default route. Rule: net/ipv4/fib_trie.c and net/ipv6/route.c (the tables in /proc/net). */
const defaultRoutes = combine(
  { four: file('/proc/net/route', text), six: file('/proc/net/ipv6_route', text) },
  ({ four, six }): ReadonlySet<string> => {
    const rows = (raw: string | undefined) => (raw ?? '').split('\n').map((line) => line.trim().split(/\s+/));
    return new Set([
      ...rows(valueOf(four)).flatMap(([name, destination, , , , , , mask]) =>
        name !== undefined && destination === '00000000' && mask === '00000000' ? [name] : [],
      ),
      ...rows(valueOf(six)).flatMap(([destination, length, ...rest]) =>
        /^0{32}$/.test(destination ?? '') && length === '00' && rest.at(-1) !== 'lo' ? [rest.at(-1)!] : [],
      ),
    ]);
  },
);

const rootFilesystem = combine({ mounts: file('/proc/self/mountinfo', text) }, ({ mounts }): string | undefined =>
  (valueOf(mounts) ?? '')
    .split('\n')
    .filter((line) => line.split(' ')[4] === '/')
    .map((line) => / - (\S+) /.exec(line)?.[1])
    .at(-1),
);

/**
 * What would be lost with a module, by its name: the root file system, disks that are in use, the NIC of the default route.
 * Where the root lies on no disk by itself (LVM, RAID, btrfs) every disk counts, and where the route leaves by no NIC itself (bond,
 * bridge, VLAN) every NIC that is up.
 */
export const carriers: Read<ReadonlyMap<string, string>> = combine(
  { driversAbove, defaultRoutes, rootFilesystem, disks, nics, states: files('/sys/class/net/*/operstate', text) },
  (seen) => {
    const rootIsOnDisk = seen.disks.some(({ mounts }) => mounts.includes('/'));
    const routed = seen.nics.some(({ name }) => seen.defaultRoutes.has(name));
    const inUse = [
      ...seen.disks
        .filter(({ mounts }) => !rootIsOnDisk || mounts.length > 0)
        .map(({ name, devicePath }) => ({ devicePath, what: `the disk ${name}` })),
      ...seen.nics
        .filter(({ name }) =>
          routed ? seen.defaultRoutes.has(name) : valueOf(seen.states.get(`/sys/class/net/${name}/operstate`)) === 'up',
        )
        .map(({ name, devicePath }) => ({ devicePath, what: `the NIC ${name}` })),
    ];
    return new Map([
      ...inUse.flatMap(({ devicePath, what }) =>
        devicePath === undefined
          ? []
          : seen.driversAbove(devicePath).map((module) => [module.replaceAll('-', '_'), what] as const),
      ),
      ...(seen.rootFilesystem === undefined ? [] : [[seen.rootFilesystem, 'the root file system'] as const]),
    ]);
  },
);
