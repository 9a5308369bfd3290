import { wrongType } from './read/fields.ts';
import { get } from '../yaml/document.ts';
import type { Node } from '../yaml/document.ts';
import type { Problems } from './problems.ts';
import type { DownGroup, MaxDown } from './types.ts';

/** How many hosts go at a time: so many, or a share of all. */
export type BatchSize = { readonly hosts: number } | { readonly percent: number };

const sizeOf = (node: Node): BatchSize | undefined => {
  if (node.kind !== 'scalar') return undefined;
  const { value } = node;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return { hosts: value };
  const match = typeof value === 'string' ? /^(\d+)(%?)$/.exec(value.trim()) : null;
  if (!match) return undefined;
  const number = Number(match[1]);
  if (match[2] === '') return { hosts: number };
  return number >= 1 && number <= 100 ? { percent: number } : undefined;
};

/** `max_down`: a number of hosts, a percentage, or `{hosts: …, per: VARIABLE}`. */
export const readMaxDown = (node: Node | undefined, problems: Problems): MaxDown | undefined => {
  if (!node) return undefined;
  const size = sizeOf(node.kind === 'map' ? (get(node, 'hosts') ?? node) : node);
  const per = node.kind === 'map' ? get(node, 'per') : undefined;
  const isKnown = node.kind !== 'map' || node.entries.every(({ key }) => key === 'hosts' || key === 'per');
  const isSome = size !== undefined && ('percent' in size || size.hosts > 0);
  if (isSome && isKnown && (per === undefined || (per.kind === 'scalar' && typeof per.value === 'string')))
    return { size, position: node.position, ...(per && { per: per.source }) };
  return wrongType(
    problems,
    'max_down',
    'a number of hosts from 1, a percentage such as "10%", or {hosts: 1, per: rack}',
    node,
  );
};

/** How many of `count` hosts a size means, at least one; 0 means all. */
const countOf = (size: BatchSize, count: number): number => {
  const wanted = 'hosts' in size ? size.hosts : Math.max(1, Math.floor((size.percent * count) / 100));
  return wanted === 0 ? count : wanted;
};

/** The hosts that `max_down` counts together. `valueOf`: what a variable of a host was set to. */
export const cutDownGroups = (
  hosts: readonly string[],
  maxDown: MaxDown | undefined,
  valueOf: (host: string, variable: string) => unknown,
): readonly DownGroup[] => {
  if (!maxDown) return [];
  const { size, per } = maxDown;
  const groups = new Map<string, string[]>();
  for (const host of hosts) {
    const key = per === undefined ? '' : JSON.stringify(valueOf(host, per) ?? null);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(host);
  }
  return [...groups.values()].map((group) => ({ hosts: group, most: countOf(size, group.length) }));
};

/** `serial`: a number, a percentage, or a list of them. */
export const readSerial = (node: Node | undefined, problems: Problems): readonly BatchSize[] => {
  if (!node) return [];
  return (node.kind === 'sequence' ? node.items : [node]).flatMap(
    (item) =>
      sizeOf(item) ??
      wrongType(problems, 'serial', 'a number of hosts, a percentage such as "30%", or a list of these', item) ??
      [],
  );
};

/**
 * The hosts cut into batches: the last size repeats, a share is rounded down and at least one host, 0 means all.
 * Rule: Ansible's playbook_executor.py (_get_serialized_batches).
 */
export const cutBatches = (hosts: readonly string[], sizes: readonly BatchSize[]): readonly (readonly string[])[] => {
  const batches: (readonly string[])[] = [];
  for (let start = 0; start < hosts.length;) {
    const size = sizes[Math.min(batches.length, sizes.length - 1)] ?? { hosts: 0 };
    const count = countOf(size, hosts.length);
    batches.push(hosts.slice(start, start + count));
    start += count;
  }
  return batches;
};
