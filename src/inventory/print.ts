import { InputError, nearest } from '../diagnostics.ts';
import type { Host, Inventory, Value } from './types.ts';

/** What may be printed as JSON: a value, or Maps of such, whose order does not matter since keys are sorted. */
type Json = Value | readonly string[] | ReadonlyMap<string, Json>;

const entriesOf = (map: ReadonlyMap<string, Json> | { readonly [key: string]: Value }): [string, Json][] =>
  (map instanceof Map ? [...map] : Object.entries(map)).sort(([left], [right]) => (left < right ? -1 : 1));

/** JSON as Python's `json.dumps(sort_keys=True, indent=4)` prints it. */
const toJson = (value: Json, indent = ''): string => {
  const inner = `${indent}    `;
  const wrap = (open: string, items: readonly string[], close: string): string =>
    items.length === 0 ? open + close : `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value))
    return wrap(
      '[',
      value.map((item: Json) => toJson(item, inner)),
      ']',
    );
  const entries = entriesOf(value as ReadonlyMap<string, Json>);
  return wrap(
    '{',
    entries.map(([key, item]) => `${JSON.stringify(key)}: ${toJson(item, inner)}`),
    '}',
  );
};

const valuesOf = (host: Host): ReadonlyMap<string, Value> =>
  new Map([...host.variables].map(([name, variable]) => [name, variable.value]));

/** The inventory in the shape of `ansible-inventory --list`: groups, and each host's variables under `_meta`. */
export const listInventory = (inventory: Inventory): string => {
  const top = new Map<string, Json>();
  for (const { name, children, hosts } of inventory.groups.values()) {
    const group = new Map<string, Json>();
    if (children.length > 0) group.set('children', children);
    if (hosts.length > 0 && name !== 'all') group.set('hosts', hosts);
    if (group.size > 0) top.set(name, group);
  }
  const variables = [...inventory.hosts.values()].filter((host) => host.variables.size > 0);
  top.set('_meta', new Map([['hostvars', new Map(variables.map((host) => [host.name, valuesOf(host)]))]]));
  return toJson(top);
};

/** One host's variables as a JSON map. Throws InputError where there is no such host. */
export const listHost = (inventory: Inventory, name: string): string => {
  const host = inventory.hosts.get(name);
  if (host) return toJson(valuesOf(host));
  throw unknown('host', name, inventory.hosts.keys());
};

/** The groups below `name` as a tree with their hosts, drawn as `ansible-inventory --graph` does. Throws InputError where there is no such group. */
export const graphInventory = (inventory: Inventory, name = 'all'): string => {
  if (!inventory.groups.has(name)) throw unknown('group', name, inventory.groups.keys());
  const lines: string[] = [];
  const add = (text: string, depth: number): void => {
    lines.push(depth === 0 ? text : `${'  |'.repeat(depth)}--${text}`);
  };
  const draw = (group: string, depth: number): void => {
    add(`@${group}:`, depth);
    const { children, hosts } = inventory.groups.get(group)!;
    for (const child of children) draw(child, depth + 1);
    if (group !== 'all') for (const host of hosts) add(host, depth + 1);
  };
  draw(name, 0);
  return lines.join('\n');
};

/** One host a line, as `--list-hosts` prints them. */
export const listHosts = (hosts: readonly string[]): string => hosts.join('\n');

const unknown = (kind: 'host' | 'group', name: string, names: Iterable<string>): InputError => {
  const near = nearest(name, names);
  const message = `the inventory has no ${kind} "${name}"`;
  return new InputError([
    { code: `unknown-${kind}`, severity: 'error', message, ...(near && { hint: `did you mean ${near}?` }) },
  ]);
};
