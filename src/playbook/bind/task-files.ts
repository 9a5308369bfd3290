import { isFileProblem } from './controller-files.ts';
import { turnNames } from './binding.ts';
import { isProblem, loopItems } from './expand.ts';
import { startsWith } from './places.ts';
import { renderWritten } from './params.ts';
import { marksIn, replaceFiles, schemaAt } from './schema.ts';
import { referencesOf, textsOf } from './texts.ts';
import type { Binding } from './binding.ts';
import type { FoundFile } from './controller-files.ts';
import type { Lookup } from '../expressions/render.ts';
import type { TaskPlace } from './lookups.ts';
import type { IsLate } from './needs.ts';
import type { Schema } from './schema.ts';

/** The template files that a task names on a host. */
export interface TaskFiles {
  readonly found: readonly FoundFile[];
  /** The path of another one is not known yet. */
  readonly isOpen: boolean;
}

const none: TaskFiles = { found: [], isOpen: false };

/** The template files of a task, as far as their paths are known. What is wrong with them is told when they are rendered. */
export const templateFiles = (
  place: TaskPlace,
  binding: Binding,
  { lookup, isLate }: { readonly lookup: Lookup; readonly isLate: IsLate },
): TaskFiles => {
  const schema = place.task.task.module.params as Schema;
  if (!marksIn(schema).has('template')) return none;
  const found = new Set<FoundFile>();
  let isOpen = false;
  const visit = (turn: Lookup): void => {
    const { value, unknown } = renderWritten(place.task, { lookup: turn, isLate, failed: () => undefined });
    isOpen ||= unknown.some((path) => marksIn(schemaAt(schema, path)).has('template'));
    replaceFiles(schema, value, (form, name, path) => {
      if (form !== 'template' || unknown.some((one) => startsWith(path, one))) return name;
      const file = binding.lookups.files.find(name, form, place.task.folders);
      if (!isFileProblem(file)) found.add(file);
      return name;
    });
  };
  const isLoopLate = isLate(textsOf(place.task).loop.flatMap(referencesOf));
  if (!place.task.loop || isLoopLate) visit(lookup);
  else {
    const items = loopItems(place, lookup, binding);
    if (isProblem(items)) return none;
    for (const [index, item] of items.entries())
      visit(binding.lookups.taskLookup(place, { own: turnNames(place.task, item, index) }));
  }
  return { found: [...found], isOpen };
};
