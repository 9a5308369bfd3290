import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics.ts';
import type { Sources } from '../yaml/files.ts';
import type { Assignment, Draft, DraftGroup, DraftHost } from './draft.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { Variable } from './types.ts';
import { variableFolder } from './variables.ts';
import type { VariableFolder } from './variables.ts';

export interface Precedence {
  readonly winners: (host: DraftHost) => ReadonlyMap<string, Variable>;
  /** Lowest precedence first; the last of each is the winner. */
  readonly candidates: (host: DraftHost) => ReadonlyMap<string, readonly Variable[]>;
}

/** A folder that follows itself adds nothing. */
const withoutRepeats = (folders: readonly string[]): readonly string[] =>
  folders.filter((folder, index) => index === 0 || resolve(folder) !== resolve(folders[index - 1]!));

/**
 * Which value of a variable wins on a host. Lowest first: `all` in the inventories, its groups there from parent to child;
 * `group_vars/all` beside the inventories, then beside the playbook; `group_vars/` of the groups likewise; the host in the
 * inventories; `host_vars/` likewise; extra variables. Rule: Ansible's vars/manager.py and VARIABLE_PRECEDENCE.
 */
export const createPrecedence = (
  draft: Draft,
  hierarchy: Hierarchy,
  folders: { readonly inventory: readonly string[]; readonly playbook: string | undefined },
  extraVars: ReadonlyMap<string, Variable>,
  files: Sources,
  diagnostics: Diagnostic[],
): Precedence => {
  const open = new Map<string, VariableFolder>();
  const openFolder = (folder: string): VariableFolder => {
    const known = open.get(folder) ?? variableFolder(files, folder, diagnostics);
    open.set(folder, known);
    return known;
  };
  const playbook = folders.playbook === undefined ? [] : [folders.playbook];
  const besides = withoutRepeats([...folders.inventory, ...playbook]).map(openFolder);
  const all = draft.groups.get('all')!;

  const groupLayers = (groups: readonly DraftGroup[]): readonly Assignment[] => [
    ...all.assignments,
    ...groups.flatMap((group) => group.assignments),
    ...besides.flatMap((beside) => beside('group_vars', 'all')),
    ...besides.flatMap((beside) => groups.flatMap((group) => beside('group_vars', group.name))),
  ];
  const hostLayers = (host: DraftHost): readonly Assignment[] => [
    ...host.assignments,
    ...besides.flatMap((beside) => beside('host_vars', host.name)),
    ...extraVars,
  ];

  const shared = new Map<readonly DraftGroup[], ReadonlyMap<string, Variable>>();
  const groupWinners = (groups: readonly DraftGroup[]): ReadonlyMap<string, Variable> => {
    const known = shared.get(groups) ?? new Map(groupLayers(groups));
    shared.set(groups, known);
    return known;
  };

  return {
    winners: (host) => {
      const ofGroups = groupWinners(hierarchy.groupsOf(host.groups));
      const own = hostLayers(host);
      return own.length === 0 ? ofGroups : new Map([...ofGroups, ...own]);
    },
    candidates: (host) => {
      const found = new Map<string, Variable[]>();
      for (const [name, variable] of [...groupLayers(hierarchy.groupsOf(host.groups)), ...hostLayers(host)])
        found.set(name, [...(found.get(name) ?? []), variable]);
      return found;
    },
  };
};
