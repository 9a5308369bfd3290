import type { Diagnostic, Position } from '../diagnostics.ts';
import type { Draft, DraftGroup } from './draft.ts';

/** How the groups of a draft stand to each other. */
export interface Hierarchy {
  /** The groups of a host, all of them, by its direct groups: `all` left out, in order of precedence, lowest first. */
  readonly groupsOf: (direct: ReadonlySet<string>) => readonly DraftGroup[];
}

const cycleProblem = (draft: Draft, path: readonly string[], child: string): Diagnostic => {
  const cycle = [...path.slice(path.indexOf(child)), child];
  return {
    code: 'group-cycle',
    severity: 'error',
    message: `a group cannot hold itself: ${cycle.join(' → ')}`,
    position: draft.groups.get(path.at(-1)!)!.children.get(child)!,
  };
};

/** All groups, children before their parents. An edge that closes a cycle is reported and removed. */
const childrenFirst = (draft: Draft, diagnostics: Diagnostic[]): readonly DraftGroup[] => {
  const done = new Map<string, DraftGroup>();
  const open = new Set<string>();
  for (const root of draft.groups.values()) {
    if (done.has(root.name)) continue;
    open.add(root.name);
    const stack = [{ group: root, children: root.children.keys() }];
    while (stack.length > 0) {
      const { group, children } = stack.at(-1)!;
      const name = children.next().value;
      if (name === undefined) {
        open.delete(group.name);
        done.set(group.name, group);
        stack.pop();
      } else if (open.has(name)) {
        diagnostics.push(cycleProblem(draft, [...open], name));
        group.children.delete(name);
      } else if (!done.has(name)) {
        const child = draft.groups.get(name)!;
        open.add(name);
        stack.push({ group: child, children: child.children.keys() });
      }
    }
  }
  return [...done.values()];
};

/** Ansible would leave its hosts in no group at all, or leave them out of it. */
const isolateUngrouped = (draft: Draft, diagnostics: Diagnostic[]): void => {
  const misplace = (message: string, position: Position): void => {
    const hint = 'name the hosts in a group of their own';
    diagnostics.push({ code: 'misplaced-ungrouped', severity: 'error', message, position, hint });
  };
  for (const { name, children } of draft.groups.values())
    for (const [child, position] of children) {
      if (name === 'all' || (name !== 'ungrouped' && child !== 'ungrouped')) continue;
      if (name === 'ungrouped') misplace('ungrouped cannot hold a group', position);
      else misplace(`ungrouped holds the hosts of no other group: it cannot be a child of ${name}`, position);
      children.delete(child);
    }
};

const adoptOrphans = (draft: Draft): void => {
  const { children } = draft.groups.get('all')!;
  const parented = new Set([...draft.groups.values()].flatMap((group) => [...group.children.keys()]));
  for (const { name } of draft.groups.values())
    if (name !== 'all' && !parented.has(name)) children.set(name, { file: '', line: 1, column: 1 });
};

/** `ungrouped` holds exactly the hosts that are in no other group but `all`. */
const settleUngrouped = (draft: Draft): void => {
  const ungrouped = draft.groups.get('ungrouped')!;
  for (const host of draft.hosts.values()) {
    const grouped = [...host.groups].some((name) => name !== 'all' && name !== 'ungrouped');
    if (grouped) {
      host.groups.delete('ungrouped');
      ungrouped.hosts.delete(host.name);
    } else {
      host.groups.add('ungrouped');
      ungrouped.hosts.add(host.name);
    }
  }
};

/**
 * Brings a draft into Ansible's order: no cycles, every group below `all`, `ungrouped` settled.
 * Depth is the longest way from `all`; among equals priority decides, then the name.
 * Rule: Ansible's inventory/data.py (reconcile_inventory) and inventory/helpers.py (sort_groups).
 */
export const settle = (draft: Draft, diagnostics: Diagnostic[]): Hierarchy => {
  isolateUngrouped(draft, diagnostics);
  childrenFirst(draft, diagnostics);
  adoptOrphans(draft);
  settleUngrouped(draft);

  const depth = new Map<string, number>();
  const parents = new Map<string, DraftGroup[]>();
  for (const group of childrenFirst(draft, diagnostics).toReversed())
    for (const child of group.children.keys()) {
      depth.set(child, Math.max(depth.get(child) ?? 0, (depth.get(group.name) ?? 0) + 1));
      const known = parents.get(child);
      if (known) known.push(group);
      else parents.set(child, [group]);
    }

  const byPrecedence = (left: DraftGroup, right: DraftGroup): number =>
    (depth.get(left.name) ?? 0) - (depth.get(right.name) ?? 0) ||
    left.priority - right.priority ||
    (left.name < right.name ? -1 : 1);

  const climb = (direct: ReadonlySet<string>): readonly DraftGroup[] => {
    const found = new Set([...direct].map((name) => draft.groups.get(name)!));
    for (const group of found) for (const parent of parents.get(group.name) ?? []) found.add(parent);
    found.delete(draft.groups.get('all')!);
    return [...found].sort(byPrecedence);
  };

  const known = new Map<string, readonly DraftGroup[]>();
  return {
    groupsOf: (direct) => {
      const key = JSON.stringify([...direct]);
      const groups = known.get(key) ?? climb(direct);
      known.set(key, groups);
      return groups;
    },
  };
};
