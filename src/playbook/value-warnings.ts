import { ambiguities } from '../yaml/document.ts';
import { conditionReferences, referencesIn } from './expressions/references.ts';
import { schemaAt, takesBoolean } from './schema.ts';
import { parameterNames } from './task.ts';
import { unreadVariables } from './unread.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Inventory, Variable } from '../inventory/types.ts';
import type { Node } from '../yaml/document.ts';
import type { PlayDefinition, TaskDefinition } from './definitions.ts';
import type { Path } from './places.ts';
import type { Schema } from './schema.ts';

/** The ambiguous scalars of a tree that `isClear` does not clear. */
const ambiguous = (
  node: Node,
  isClear: (path: Path, node: Node) => boolean,
  path: Path = [],
): readonly Diagnostic[] => {
  if (node.kind === 'sequence') return node.items.flatMap((item, index) => ambiguous(item, isClear, [...path, index]));
  if (node.kind === 'map') return node.entries.flatMap(({ key, value }) => ambiguous(value, isClear, [...path, key]));
  return isClear(path, node) ? [] : ambiguities(node);
};

const isBoolean = (node: Node): boolean => node.kind === 'scalar' && typeof node.value === 'boolean';

/** `on` means the same to every reader where a switch is wanted; parameters that do not exist are errors already. */
const paramWarnings = ({ task: { module }, params }: TaskDefinition): readonly Diagnostic[] => {
  const names = parameterNames(module);
  return ambiguous(
    params,
    (path, node) =>
      !names.includes(String(path[0])) || (isBoolean(node) && takesBoolean(schemaAt(module.params as Schema, path))),
  );
};

/** Warnings about values as they are written: spellings that readers of YAML take differently, and names that nothing reads. */
export const valueWarnings = (
  definitions: readonly PlayDefinition[],
  { inventory, extraVars }: { readonly inventory: Inventory; readonly extraVars: ReadonlyMap<string, Variable> },
): readonly Diagnostic[] => {
  const tasks = definitions.flatMap((play) => [...play.tasks, ...play.handlers]);
  const declared = [...definitions, ...tasks].map((one) => one.declared);
  const read = new Set<string>();
  const note = (found: readonly { readonly name: string }[]): void => found.forEach(({ name }) => read.add(name));
  for (const { task } of tasks) {
    note(referencesIn(task.params.source));
    note(referencesIn(task.name));
    if (task.loop) note(referencesIn(task.loop.source));
    for (const { text } of task.when) note(conditionReferences(text));
  }
  const maps = [extraVars, ...declared.map(({ variables }) => variables)];
  for (const variables of [...maps, ...[...inventory.hosts.values()].map((host) => host.variables)])
    for (const { value } of variables.values()) note(referencesIn(value));

  const used = declared.flatMap(({ nodes }) => [...nodes].filter(([name]) => read.has(name)).map(([, node]) => node));
  return [
    ...tasks.flatMap(paramWarnings),
    // A boolean spelled on or yes may go to a switch; where it goes to anything else it is an error.
    ...used.flatMap((node) => ambiguous(node, (_, scalar) => isBoolean(scalar))),
    ...unreadVariables(inventory, maps, read),
  ];
};
