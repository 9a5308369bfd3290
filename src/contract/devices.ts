import type { Static } from 'typebox';
import { cpuList, integer, text } from './codecs.ts';
import { asList, matchesAny, Names } from './params.ts';
import { combine, files, stats, valueOf, type Read } from './reads.ts';
import type { Stat } from './snapshot.ts';
import * as Type from './type.ts';

/** A disk as block_queue and irq_affinity see it: a whole block device that is hardware or virtual hardware. */
export interface Disk {
  readonly name: string;
  readonly rotational: boolean;
  /** 512-byte sectors × 512. */
  readonly bytes: number;
  readonly driver?: string;
  /** Where it, or a partition of it, is mounted. */
  readonly mounts: readonly string[];
  /** Its folder in /sys/devices, links resolved. */
  readonly devicePath?: string;
}

export interface Nic {
  readonly name: string;
  readonly driver: string;
  readonly devicePath: string;
  /** Online CPUs near the device; empty where the kernel does not say. */
  readonly localCpus: readonly number[];
}

/** Resolves a link's text against the folder that holds the link: string work, as sysfs links are relative and real. */
export const resolveLink = (path: string, link: string): string => {
  if (link.startsWith('/')) return link;
  const parts = path.split('/').slice(0, -1);
  for (const part of link.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/') || '/';
};

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const linkOf = (stat: Stat | undefined): string | undefined => stat?.link;

/** Block devices that are nobody's disk: no queue to tune, or another layer's. */
const notDisks = /^(loop|ram|zram|sr|fd|nbd|dm-|md)/;

/** `/proc/self/mountinfo`: major:minor → mount points (proc_pid_mountinfo(5), fields 3 and 5). */
const mountPoints = (raw: string): ReadonlyMap<string, readonly string[]> => {
  const byDevice = new Map<string, string[]>();
  for (const line of raw.split('\n')) {
    const [, , device, , point] = line.split(' ');
    if (device && point) byDevice.set(device, [...(byDevice.get(device) ?? []), point.replaceAll('\\040', ' ')]);
  }
  return byDevice;
};

/** Every disk of the host. */
export const disks: Read<readonly Disk[]> = combine(
  {
    links: stats('/sys/block/*'),
    devices: stats('/sys/block/*/device'),
    drivers: stats('/sys/block/*/device/driver'),
    parentDrivers: stats('/sys/block/*/device/device/driver'),
    rotational: files('/sys/block/*/queue/rotational', integer),
    size: files('/sys/block/*/size', integer),
    numbers: files(['/sys/block/*/dev', '/sys/block/*/*/dev'], text),
    mountinfo: files('/proc/self/mountinfo', text),
  },
  (seen) => {
    const mounts = mountPoints(valueOf(seen.mountinfo.get('/proc/self/mountinfo')) ?? '');
    const mountsByName = new Map<string, string[]>();
    for (const [path, reading] of seen.numbers) {
      const name = path.split('/')[3]!;
      const points = mounts.get(valueOf(reading) ?? '') ?? [];
      mountsByName.set(name, [...(mountsByName.get(name) ?? []), ...points]);
    }
    return [...seen.links.keys()]
      .map(baseName)
      .filter((name) => !notDisks.test(name))
      .map((name) => {
        const path = `/sys/block/${name}`;
        const own = linkOf(seen.links.get(path));
        const device = linkOf(seen.devices.get(`${path}/device`));
        const driver =
          linkOf(seen.drivers.get(`${path}/device/driver`)) ??
          linkOf(seen.parentDrivers.get(`${path}/device/device/driver`));
        const folder = own ? resolveLink(path, own) : path;
        return {
          name,
          rotational: valueOf(seen.rotational.get(`${path}/queue/rotational`)) === 1,
          bytes: (valueOf(seen.size.get(`${path}/size`)) ?? 0) * 512,
          mounts: mountsByName.get(name) ?? [],
          ...(driver && { driver: baseName(driver) }),
          ...(device && { devicePath: resolveLink(`${folder}/device`, device) }),
        };
      });
  },
);

/** Network interfaces that are hardware (or a hypervisor's): those with a `device` link. */
export const nics: Read<readonly Nic[]> = combine(
  {
    links: stats('/sys/class/net/*'),
    devices: stats('/sys/class/net/*/device'),
    drivers: stats('/sys/class/net/*/device/driver'),
    local: files('/sys/class/net/*/device/local_cpulist', cpuList),
    parentLocal: files('/sys/class/net/*/device/../local_cpulist', cpuList),
  },
  (seen) =>
    [...seen.devices].flatMap(([path, stat]) => {
      const name = path.split('/')[4]!;
      const own = linkOf(seen.links.get(`/sys/class/net/${name}`));
      if (!stat.link) return [];
      const folder = own ? resolveLink(`/sys/class/net/${name}`, own) : `/sys/class/net/${name}`;
      const local =
        valueOf(seen.local.get(`${path}/local_cpulist`)) ?? valueOf(seen.parentLocal.get(`${path}/../local_cpulist`));
      return [
        {
          name,
          driver: baseName(linkOf(seen.drivers.get(`${path}/driver`)) ?? ''),
          devicePath: resolveLink(`${folder}/device`, stat.link),
          localCpus: local ?? [],
        },
      ];
    }),
);

/** Which devices a task means: all given words must hold; names are globs or lists of them. */
export const Selector = Type.Object(
  {
    name: Type.Optional(Names('Name of the disk or NIC')),
    nic: Type.Optional(Names('Name of the NIC')),
    driver: Type.Optional(Names('Kernel driver of the device')),
    rotational: Type.Optional(Type.Boolean({ description: 'Spinning disks (true) or not (false)' })),
    mount: Type.Optional(Names('Where the disk, or a partition of it, is mounted')),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'Which devices: all given words must hold; globs or lists',
  },
);
export type Selector = Static<typeof Selector>;

/** The disks that a selector means; none where it speaks of NICs. */
export const selectDisks = (selector: Selector, all: readonly Disk[]): readonly Disk[] =>
  selector.nic !== undefined
    ? []
    : all.filter(
        (disk) =>
          (selector.name === undefined || matchesAny(selector.name, disk.name)) &&
          (selector.driver === undefined || matchesAny(selector.driver, disk.driver ?? '')) &&
          (selector.rotational === undefined || selector.rotational === disk.rotational) &&
          (selector.mount === undefined || asList<string>(selector.mount).some((mount) => disk.mounts.includes(mount))),
      );

/** The NICs that a selector means; none where it speaks of disks. */
export const selectNics = (selector: Selector, all: readonly Nic[]): readonly Nic[] =>
  selector.rotational !== undefined || selector.mount !== undefined
    ? []
    : all.filter(
        (nic) =>
          (selector.name === undefined || matchesAny(selector.name, nic.name)) &&
          (selector.nic === undefined || matchesAny(selector.nic, nic.name)) &&
          (selector.driver === undefined || matchesAny(selector.driver, nic.driver)),
      );
