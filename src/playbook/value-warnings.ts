import { ambiguities } from '../yaml/document.ts';
import { isFileProblem } from './bind/controller-files.ts';
import { referencesIn } from './expressions/references.ts';
import { replaceFiles, schemaAt, takesBoolean } from './bind/schema.ts';
import { tasksOf } from './sequence.ts';
import { parameterNames } from './read/task-module.ts';
import { referencesInFile } from './bind/template-files.ts';
import { referencesOf, textsOf } from './bind/texts.ts';
import { unreadVariables } from './unread.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Inventory, Variable } from '../inventory/types.ts';
import type { Node } from '../yaml/document.ts';
import type { ControllerFiles } from './bind/controller-files.ts';
import type { PlayDefinition, TaskDefinition } from './definitions.ts';
import type { Reference } from './expressions/references.ts';
import type { DeclaredVariables } from './read/fields.ts';
import type { Path } from './bind/places.ts';
import type { Schema } from './bind/schema.ts';

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
  const isKnown = (name: unknown): boolean => names.length === 0 || names.includes(String(name));
  return ambiguous(
    params,
    (path, node) => !isKnown(path[0]) || (isBoolean(node) && takesBoolean(schemaAt(module.params as Schema, path))),
  );
};

const tasksIn = (definitions: readonly PlayDefinition[]): readonly TaskDefinition[] =>
  definitions.flatMap(({ sequence, handlers }) => [...tasksOf(sequence), ...handlers]);

/** Every place where variables are declared in the playbook's files, each once. */
export const declarations = (definitions: readonly PlayDefinition[]): readonly DeclaredVariables[] => [
  ...new Set([
    ...definitions.map(({ declared }) => declared),
    ...tasksIn(definitions).flatMap(({ variables, defaults }) => [...variables, ...defaults]),
  ]),
];

/** The names that a task uses, those in its template files included where their paths are written out. */
const referencesOfTask = (definition: TaskDefinition, files: ControllerFiles): readonly Reference[] => {
  const { task, folders } = definition;
  const inFiles: Reference[] = [];
  replaceFiles(task.module.params as Schema, task.params.source, (form, name) => {
    const found = form === 'template' ? files.find(name, form, folders) : undefined;
    if (found && !isFileProblem(found)) inFiles.push(...referencesInFile(found));
    return name;
  });
  return [...referencesIn(task.name), ...Object.values(textsOf(definition)).flat().flatMap(referencesOf), ...inFiles];
};

export interface ValueSources {
  readonly inventory: Inventory;
  readonly extraVars: ReadonlyMap<string, Variable>;
  readonly files: ControllerFiles;
}

/** Warnings about values as they are written: spellings that readers of YAML take differently, and names that nothing reads. */
export const valueWarnings = (
  definitions: readonly PlayDefinition[],
  { inventory, extraVars, files }: ValueSources,
): readonly Diagnostic[] => {
  const tasks = tasksIn(definitions);
  const declared = declarations(definitions);
  const read = new Set<string>();
  const note = (found: readonly Reference[]): void => found.forEach(({ name }) => read.add(name));
  for (const task of tasks) note(referencesOfTask(task, files));
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
