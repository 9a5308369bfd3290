import {
  combine,
  cpuList,
  file,
  files,
  integer,
  Type,
  valueOf,
  type Read,
  type Reading,
} from '../../src/contract/index.ts';

/** The CPUs of a host as far as interrupts care. All lists ascend. */
export interface Processors {
  readonly online: readonly number[];
  /** Kept free of the system's work: isolcpus= and nohz_full=. */
  readonly isolated: readonly number[];
  /** By NUMA node. */
  readonly nodes: ReadonlyMap<number, readonly number[]>;
  /** Threads of the CPU's core, itself included. */
  readonly siblings: ReadonlyMap<number, readonly number[]>;
  readonly packages: ReadonlyMap<number, number>;
}

const cpu = '/sys/devices/system/cpu';

/** Readings of `…/cpu12/…` or `…/node1/…` by that number. */
const byNumber = <T>(readings: ReadonlyMap<string, Reading<T>>): ReadonlyMap<number, T> =>
  new Map(
    [...readings].flatMap(([path, reading]) => {
      const number = /\/(?:cpu|node)(\d+)\//.exec(path)?.[1];
      const value = valueOf(reading);
      return number === undefined || value === undefined ? [] : [[Number(number), value] as const];
    }),
  );

/** An offline CPU has no topology; a kernel without isolation no file, or `(null)`: both read as empty. */
export const processors: Read<Processors> = combine(
  {
    online: file(`${cpu}/online`, cpuList),
    isolated: file(`${cpu}/isolated`, cpuList),
    tickless: file(`${cpu}/nohz_full`, cpuList),
    nodes: files('/sys/devices/system/node/node[0-9]*/cpulist', cpuList),
    siblings: files(`${cpu}/cpu[0-9]*/topology/thread_siblings_list`, cpuList),
    packages: files(`${cpu}/cpu[0-9]*/topology/physical_package_id`, integer),
  },
  ({ online, isolated, tickless, nodes, siblings, packages }) => ({
    online: valueOf(online) ?? [],
    isolated: [...(valueOf(isolated) ?? []), ...(valueOf(tickless) ?? [])],
    nodes: byNumber(nodes),
    siblings: byNumber(siblings),
    packages: byNumber(packages),
  }),
);

const term = String.raw`(?:all|online|housekeeping|isolated|local|none|node:\d+|\d+(?:-\d+)?)`;

/** A set of CPUs: terms joined by commas. A lone CPU may be a number. */
export const CpuSet = (description: string) =>
  Type.Unsafe<string | number>({
    type: ['string', 'integer'],
    minimum: 0,
    pattern: `^${term}(?:,${term})*$`,
    description: `${description}: all, online, housekeeping, isolated, local, none, node:N, N, N-M, joined by commas`,
  });

/** What the terms of a set name, ascending, whether online or not; `unknown`: nodes that the host does not have. */
export const cpusOf = (
  set: string | number,
  { online, isolated, nodes }: Processors,
  local: readonly number[],
): { readonly cpus: readonly number[]; readonly unknown: readonly string[] } => {
  const unknown: string[] = [];
  const cpus = String(set)
    .split(',')
    .flatMap((one): readonly number[] => {
      switch (one) {
        case 'all':
        case 'online':
          return online;
        case 'housekeeping':
          return online.filter((each) => !isolated.includes(each));
        case 'isolated':
          return isolated;
        case 'local':
          return local;
        case 'none':
          return [];
      }
      if (!one.startsWith('node:')) return cpuList.decode(one);
      const node = nodes.get(Number(one.slice('node:'.length)));
      if (!node) unknown.push(one);
      return node ?? [];
    });
  return { cpus: [...new Set(cpus)].sort((left, right) => left - right), unknown };
};

/**
 * The order in which queues take CPUs: near the device before far, one thread of each core before the siblings, package by package.
 * So as many queues as there are cores get a core each.
 */
export const spreadOrder = (
  cpus: readonly number[],
  { siblings, packages }: Processors,
  local: readonly number[],
): readonly number[] => {
  const place = (each: number): readonly number[] => {
    const threads = (siblings.get(each) ?? [each]).filter((thread) => cpus.includes(thread));
    return [local.includes(each) ? 0 : 1, threads.indexOf(each), packages.get(each) ?? 0, each];
  };
  const places = new Map(cpus.map((each) => [each, place(each)]));
  return [...cpus].sort((left, right) => {
    const [first, second] = [places.get(left)!, places.get(right)!];
    const at = first.findIndex((value, index) => value !== second[index]);
    return at < 0 ? 0 : first[at]! - second[at]!;
  });
};
