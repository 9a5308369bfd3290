import type { Diagnostic, Position } from '../diagnostics.ts';
import type { HostNames } from './host-names.ts';
import type { Variable } from './types.ts';

/** One `name: value` of an inventory or variables file. */
export type Assignment = readonly [name: string, variable: Variable];

export interface DraftGroup {
  readonly name: string;
  /** Child groups in order, and where each was named a child. */
  readonly children: Map<string, Position>;
  readonly hosts: Set<string>;
  /** In the order of the sources: the last of a name wins. */
  readonly assignments: Assignment[];
  /** Among groups of equal depth the higher one wins (`ansible_group_priority`). */
  priority: number;
}

export interface DraftHost {
  readonly name: string;
  readonly position: Position;
  /** Groups that name it directly. */
  readonly groups: Set<string>;
  readonly assignments: Assignment[];
}

/** The inventory while the sources are read one after the other: what every format writes into. */
export interface Draft {
  readonly groups: Map<string, DraftGroup>;
  readonly hosts: Map<string, DraftHost>;
}

/** The group of that name, made where it is new. */
export const addGroup = (draft: Draft, name: string): DraftGroup => {
  const known = draft.groups.get(name);
  if (known) return known;
  const group: DraftGroup = { name, children: new Map(), hosts: new Set(), assignments: [], priority: 1 };
  draft.groups.set(name, group);
  return group;
};

/** Makes a group a child of another, once. */
export const addChild = (group: DraftGroup, child: string, position: Position): void => {
  if (!group.children.has(child)) group.children.set(child, position);
};

/** Gives a group a variable, or its priority; a diagnostic where that is no number. Rule: Ansible's inventory/group.py. */
export const addGroupVariable = (group: DraftGroup, name: string, variable: Variable): Diagnostic | undefined => {
  if (name !== 'ansible_group_priority') group.assignments.push([name, variable]);
  else if (/^[-+]?[0-9]+$/.test(String(variable.value))) group.priority = Number(variable.value);
  else {
    const message = 'ansible_group_priority must be a whole number';
    return { code: 'wrong-type', severity: 'error', message, position: variable.position };
  }
  return undefined;
};

/** The host of that name, made where it is new, as a member of the group. `port`: set only on a new host, as Ansible does. */
export const addHost = (
  draft: Draft,
  group: DraftGroup,
  name: string,
  position: Position,
  port?: number,
): DraftHost => {
  let host = draft.hosts.get(name);
  if (!host) {
    host = { name, position, groups: new Set(), assignments: [] };
    if (port !== undefined) host.assignments.push(['ansible_port', { value: port, position, origin: 'host' }]);
    draft.hosts.set(name, host);
  }
  host.groups.add(group.name);
  group.hosts.add(name);
  return host;
};

/** The hosts that one entry of a group names, with the variables that stand behind it. */
export const addHosts = (
  draft: Draft,
  group: DraftGroup,
  { names, port }: HostNames,
  position: Position,
  assignments: readonly Assignment[],
): void => {
  for (const name of names) {
    const host = addHost(draft, group, name, position, port);
    for (const assignment of assignments) host.assignments.push(assignment);
  }
};

/** An inventory without hosts: `all` with its child `ungrouped`. */
export const createDraft = (): Draft => {
  const draft: Draft = { groups: new Map(), hosts: new Map() };
  addGroup(draft, 'all').children.set('ungrouped', { file: '', line: 1, column: 1 });
  addGroup(draft, 'ungrouped');
  return draft;
};
