import { nearest } from '../diagnostics.ts';
import { roleKeywords } from './read/keywords.ts';
import { parameterOrigin } from './read/role.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Inventory, Variable } from '../inventory/types.ts';

/** Variables that steer connections, which no playbook reads. */
const isSetting = (name: string): boolean => /^(ansible|perfplay)_/.test(name);

/**
 * A warning for each variable that nothing reads while something reads a name near to it: `govenor` for `governor`. Variables
 * that stand beside one of the near name are taken for siblings (`disk1`, `disk2`).
 */
export const unreadVariables = (
  inventory: Inventory,
  declared: Iterable<ReadonlyMap<string, Variable>>,
  read: ReadonlySet<string>,
): readonly Diagnostic[] => {
  const near = new Map<string, string | undefined>();
  const nearRead = (name: string): string | undefined => {
    if (!near.has(name)) near.set(name, nearest(name, read));
    return near.get(name);
  };
  /** Any key of a role's entry is a parameter, a keyword that is spelled wrong too. */
  const nearKeyword = (name: string, origin: string): string | undefined =>
    origin === parameterOrigin ? nearest(name, roleKeywords.known) : undefined;
  const warnings = new Map<string, Diagnostic>();
  for (const variables of [...declared, ...[...inventory.hosts.values()].map((host) => host.variables)])
    for (const [name, { position, origin }] of variables) {
      if (read.has(name) || isSetting(name)) continue;
      const meant = nearRead(name) ?? nearKeyword(name, origin);
      if (meant === undefined || variables.get(meant)?.origin === origin) continue;
      warnings.set(`${position.file}:${position.line}:${position.column}:${name}`, {
        code: 'unread-variable',
        severity: 'warning',
        message: `nothing reads the variable '${name}'`,
        position,
        hint: `did you mean '${meant}'?`,
      });
    }
  return [...warnings.values()];
};
