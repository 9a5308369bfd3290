import path from 'node:path';
import type { Host, Inventory, Value, Variable } from '../inventory/types.ts';
import type { Node } from '../yaml/document.ts';
import type { PlayDefinition, TaskDefinition } from './definitions.ts';
import type { Bound, Lookup } from './expressions/render.ts';
import type { Play, Scope } from './types.ts';

/** What all lookups of a site share. */
export interface SiteNames {
  readonly inventory: Inventory;
  readonly extraVars: ReadonlyMap<string, Variable>;
  /** The hosts of each group, its children's included. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** A task on one host of a play, as far as names depend on it. */
export interface TaskPlace {
  readonly host: Host;
  readonly play: Play;
  readonly playDefinition: PlayDefinition;
  readonly task: TaskDefinition;
}

/** What is known only while the host runs. */
export interface Late {
  readonly scope?: Scope | undefined;
  /** The loop's item. */
  readonly item?: Value | undefined;
}

const variable = (found: Variable | undefined): Bound | undefined => found && { kind: 'variable', value: found.value };
const data = (value: Value | undefined): Bound | undefined =>
  value === undefined ? undefined : { kind: 'data', value };
const fromEntries = (entries: Iterable<readonly [string, Value]>): Value => {
  const map: Record<string, Value> = Object.create(null);
  for (const [key, value] of entries) map[key] = value;
  return map;
};

/** Makes the lookups of one site. */
export const createLookups = ({ inventory, extraVars, groups }: SiteNames) => {
  const groupMap = fromEntries(groups);
  const hosts = [...inventory.hosts.keys()];
  const others = new Map<string, Lookup>();

  /** The names that a host has by itself, whatever the play. */
  const hostName = (host: Omit<Host, 'connection'>, name: string): Bound | undefined => {
    if (name === 'inventory_hostname') return data(host.name);
    if (name === 'group_names') return data(host.groups);
    if (name === 'groups') return data(groupMap);
    return variable(extraVars.get(name) ?? host.variables.get(name));
  };
  const hostNames = (host: Omit<Host, 'connection'>): readonly string[] => [
    'inventory_hostname',
    'group_names',
    'groups',
    ...extraVars.keys(),
    ...host.variables.keys(),
  ];

  /** A host as `hostvars` shows it: its inventory variables and `-e`. */
  const hostLookup = (name: string): Lookup | undefined => {
    const host = inventory.hosts.get(name);
    if (!host) return undefined;
    const known = others.get(name);
    if (known) return known;
    const made: Lookup = { get: (key) => hostName(host, key), names: () => hostNames(host) };
    others.set(name, made);
    return made;
  };
  const hostvars: Bound = { kind: 'hosts', hosts, variables: hostLookup };

  /**
   * The names of a task on a host, the strongest first: what perfplay sets, `-e`, registered results, the task's vars,
   * the play's vars, the inventory's.
   */
  const taskLookup = ({ host, play, playDefinition, task }: TaskPlace, late: Late = {}): Lookup => {
    const magic = new Map<string, () => Bound | undefined>([
      ['item', () => data(late.item)],
      ['facts', () => data(late.scope?.facts)],
      ['hostvars', () => hostvars],
      ['play_hosts', () => data(batchOf(play, host.name))],
      ['playbook_dir', () => data(path.dirname(playDefinition.position.file))],
    ]);
    const isOfHost = new Set(['inventory_hostname', 'group_names', 'groups']);
    return {
      get: (name) => {
        const own = magic.get(name);
        if (own) return own();
        if (isOfHost.has(name) || extraVars.has(name)) return hostName(host, name);
        return (
          data(late.scope?.registered.get(name)) ??
          variable(task.declared.variables.get(name) ?? playDefinition.declared.variables.get(name)) ??
          hostName(host, name)
        );
      },
      names: () => [
        ...magic.keys(),
        ...(late.scope?.registered.keys() ?? []),
        ...task.declared.variables.keys(),
        ...playDefinition.declared.variables.keys(),
        ...hostNames(host),
      ],
    };
  };

  /** The variable that a name stands for in a task on a host, to point at where it was written. */
  const variableOf = ({ host, playDefinition, task }: TaskPlace, name: string): Variable | undefined =>
    extraVars.get(name) ??
    task.declared.variables.get(name) ??
    playDefinition.declared.variables.get(name) ??
    host.variables.get(name);

  /** The tree of such a variable where it is known: in `vars` of the task or the play. */
  const nodeOf = ({ playDefinition, task }: TaskPlace, name: string): Node | undefined =>
    extraVars.has(name) ? undefined : (task.declared.nodes.get(name) ?? playDefinition.declared.nodes.get(name));

  return { taskLookup, variableOf, nodeOf };
};
export type Lookups = ReturnType<typeof createLookups>;

/** `play_hosts`: the hosts of the batch that the host is in. */
const batchOf = (play: Play, host: string): readonly string[] =>
  play.batches.find((batch) => batch.includes(host)) ?? [];
