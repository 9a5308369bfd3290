import { InputError, nearest } from '../diagnostics.ts';
import type { Host, Inventory, Value } from './types.ts';
import { toJson, withoutSecrets } from './value-text.ts';
import type { Json } from './value-text.ts';

/** Ansible prints the values of secret variables; here they are a mask unless `secrets` is `shown`. */
export interface PrintOptions {
  readonly secrets?: 'masked' | 'shown';
}

/** A name that the inventory does not have, with the nearest that it has. */
export const unknownName = (kind: 'host' | 'group', name: string, names: Iterable<string>): InputError => {
  const near = nearest(name, names);
  const message = `the inventory has no ${kind} "${name}"`;
  return new InputError([
    { code: `unknown-${kind}`, severity: 'error', message, ...(near && { hint: `did you mean ${near}?` }) },
  ]);
};

const valuesOf = (host: Host, { secrets }: PrintOptions): ReadonlyMap<string, Value> =>
  new Map(
    [...host.variables].map(
      ([name, { value }]) => [name, secrets === 'shown' ? value : withoutSecrets(name, value)] as const,
    ),
  );

/** The inventory in the shape of `ansible-inventory --list`: groups, and each host's variables under `_meta`. */
export const listInventory = (inventory: Inventory, options: PrintOptions = {}): string => {
  const top = new Map<string, Json>();
  for (const { name, children, hosts } of inventory.groups.values()) {
    const group = new Map<string, Json>();
    if (children.length > 0) group.set('children', children);
    if (hosts.length > 0 && name !== 'all') group.set('hosts', hosts);
    if (group.size > 0) top.set(name, group);
  }
  const variables = [...inventory.hosts.values()].filter((host) => host.variables.size > 0);
  top.set('_meta', new Map([['hostvars', new Map(variables.map((host) => [host.name, valuesOf(host, options)]))]]));
  return toJson(top);
};

/** One host's variables as a JSON map. Throws InputError where there is no such host. */
export const listHost = (inventory: Inventory, name: string, options: PrintOptions = {}): string => {
  const host = inventory.hosts.get(name);
  if (host) return toJson(valuesOf(host, options));
  throw unknownName('host', name, inventory.hosts.keys());
};

/** The groups below `name` as a tree with their hosts, drawn as `ansible-inventory --graph` does. Throws InputError where there is no such group. */
export const graphInventory = (inventory: Inventory, name = 'all'): string => {
  if (!inventory.groups.has(name)) throw unknownName('group', name, inventory.groups.keys());
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
