import path from 'node:path';
import { createControllerFiles, isFileProblem } from './controller-files.ts';
import { badValue } from '../expressions/data.ts';
import { omit } from './omit.ts';
import { groupNames } from './host-values.ts';
import { environmentNames, isSecretName } from './secret-names.ts';
import type { Host, Inventory, Value, Variable } from '../../inventory/types.ts';
import type { Node } from '../../yaml/document.ts';
import type { PlayDefinition, TaskDefinition } from '../definitions.ts';
import type { Reader } from '../expressions/read.ts';
import type { Bound, Lookup } from '../expressions/render.ts';
import type { DeclaredVariables } from '../read/fields.ts';
import type { Play, Scope } from '../types.ts';

/** What all lookups of a site share. */
export interface SiteNames {
  readonly inventory: Inventory;
  readonly extraVars: ReadonlyMap<string, Variable>;
  /** The hosts of each group, its children's included. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** `ansible_check_mode`. */
  readonly check?: boolean;
  /** Hears of each value of the environment that is a password: by its own name, or by that of the variable that takes it. */
  readonly hide?: (secret: string) => void;
}

/** A task on one host of a play, as far as names depend on it. */
export interface TaskPlace {
  readonly host: Host;
  readonly play: Play;
  readonly playDefinition: PlayDefinition;
  readonly task: TaskDefinition;
}

/** What one turn of a task adds to the names. */
export interface TurnNames {
  /** Over all others: the loop's item, a result that is judged. */
  readonly own?: ReadonlyMap<string, Value> | undefined;
  /** What the turns before it have learned. */
  readonly learned?: ReadonlyMap<string, Value> | undefined;
}

/** What is known only while the host runs. */
export interface Late extends TurnNames {
  readonly scope?: Scope | undefined;
}

const data = (value: Value | undefined): Bound | undefined =>
  value === undefined ? undefined : { kind: 'data', value };
const fromEntries = (entries: Iterable<readonly [string, Value]>): Value => {
  const map: Record<string, Value> = Object.create(null);
  for (const [key, value] of entries) map[key] = value;
  return map;
};

/** The first of the layers that has the name. */
const layerOf = (layers: readonly DeclaredVariables[], name: string): DeclaredVariables | undefined =>
  layers.find(({ variables }) => variables.has(name));

/** Makes the lookups of one site. */
export const createLookups = ({ inventory, extraVars, groups, check = false, hide = () => undefined }: SiteNames) => {
  const groupMap = fromEntries(groups);
  const files = createControllerFiles();

  const fromEnvironment = (name: string, isSecret: boolean): string | undefined => {
    const value = process.env[name];
    if (isSecret && value !== undefined) hide(value);
    return value;
  };
  const variable = (name: string, found: Variable | undefined): Bound | undefined => {
    if (!found) return undefined;
    if (isSecretName(name)) for (const one of environmentNames(found.value)) fromEnvironment(one, true);
    return { kind: 'variable', value: found.value };
  };

  /** What `lookup()` reads for texts of a task with these folders. */
  const readerOf = (folders: readonly string[]): Reader => ({
    env: (name) => fromEnvironment(name, isSecretName(name)),
    file: (name) => {
      const found = files.find(name, 'text', folders);
      if (!isFileProblem(found)) return found.text;
      if (found.code === 'missing-file') return undefined;
      throw badValue(found.message);
    },
  });

  /** What perfplay says of a host, whatever the play; strongest of all. */
  const ofHost = new Map<string, (host: Omit<Host, 'connection'>) => Value>([
    ['inventory_hostname', ({ name }) => name],
    ['inventory_hostname_short', ({ name }) => name.split('.')[0]!],
    ['group_names', groupNames],
    ['groups', () => groupMap],
  ]);

  /** A host as `hostvars` shows it: its inventory variables and `-e`. */
  const hostLookup = (host: Host, read: Reader): Lookup => ({
    get: (key) => data(ofHost.get(key)?.(host)) ?? variable(key, extraVars.get(key) ?? host.variables.get(key)),
    names: () => [...ofHost.keys(), ...extraVars.keys(), ...host.variables.keys()],
    read,
  });
  const hostvarsByFolder = new Map<string, Bound>();
  const hostvarsIn = (folder: string): Bound => {
    const known = hostvarsByFolder.get(folder);
    if (known) return known;
    const read = readerOf([folder]);
    const lookups = new Map<string, Lookup>();
    const variables = (name: string): Lookup | undefined => {
      const host = inventory.hosts.get(name);
      if (!host) return undefined;
      const found = lookups.get(name) ?? hostLookup(host, read);
      lookups.set(name, found);
      return found;
    };
    const made: Bound = { kind: 'hosts', hosts: [...inventory.hosts.keys()], variables };
    hostvarsByFolder.set(folder, made);
    return made;
  };

  /** What perfplay says of a task and its play; strongest of all. */
  const ofTask = new Map<string, (place: TaskPlace) => Bound | undefined>([
    ['hostvars', ({ playDefinition }) => hostvarsIn(folderOf(playDefinition))],
    ['play_hosts', ({ play, host }) => data(batchOf(play, host.name))],
    ['ansible_play_batch', ({ play, host }) => data(batchOf(play, host.name))],
    ['ansible_play_hosts', ({ play }) => data(play.hosts)],
    ['playbook_dir', ({ playDefinition }) => data(path.resolve(folderOf(playDefinition)))],
    ['role_name', ({ task }) => data(task.role?.name)],
    ['role_path', ({ task }) => data(task.role && path.resolve(task.role.folder))],
    ['ansible_check_mode', () => data(check)],
    ['omit', () => data(omit)],
  ]);

  /** The variable that a name stands for in a task on a host, with its tree where it stands in the playbook's files. */
  const declarationOf = (
    { host, playDefinition, task }: TaskPlace,
    name: string,
  ): { readonly variable: Variable; readonly node: Node | undefined } | undefined => {
    const extra = extraVars.get(name);
    if (extra) return { variable: extra, node: undefined };
    const over = layerOf(task.variables, name) ?? layerOf([playDefinition.declared], name);
    const ofInventory = over ? undefined : host.variables.get(name);
    if (ofInventory) return { variable: ofInventory, node: undefined };
    const layer = over ?? layerOf(task.defaults, name);
    return layer && { variable: layer.variables.get(name)!, node: layer.nodes.get(name) };
  };

  /**
   * The names of a task on a host, the strongest first: those of the turn, what perfplay sets, `-e`, what is registered or
   * learned, the task's variables, the play's, the inventory's, the defaults of roles.
   */
  const taskLookup = (place: TaskPlace, { own, learned, scope }: Late = {}): Lookup => ({
    get: (name) => {
      if (name === 'facts') return data(scope?.facts);
      return (
        data(own?.get(name)) ??
        data(ofHost.get(name)?.(place.host)) ??
        ofTask.get(name)?.(place) ??
        (extraVars.has(name) ? undefined : data(learned?.get(name) ?? scope?.registered.get(name))) ??
        variable(name, declarationOf(place, name)?.variable)
      );
    },
    names: () => [
      'facts',
      ...(own?.keys() ?? []),
      ...(learned?.keys() ?? []),
      ...ofHost.keys(),
      ...ofTask.keys(),
      ...extraVars.keys(),
      ...(scope?.registered.keys() ?? []),
      ...[...place.task.variables, place.playDefinition.declared].flatMap(({ variables }) => [...variables.keys()]),
      ...place.host.variables.keys(),
      ...place.task.defaults.flatMap(({ variables }) => [...variables.keys()]),
    ],
    read: readerOf(place.task.folders),
  });

  return { taskLookup, declarationOf, hosts: inventory.hosts, files };
};
export type Lookups = ReturnType<typeof createLookups>;

const folderOf = ({ position }: PlayDefinition): string => path.dirname(position.file);

/** The hosts of the batch that the host is in. */
const batchOf = (play: Play, host: string): readonly string[] =>
  play.batches.find((batch) => batch.includes(host)) ?? [];
