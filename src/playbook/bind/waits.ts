import { evaluateCondition } from '../expressions/render.ts';
import { knownOf } from './binding.ts';
import { reach } from './needs.ts';
import { attempt } from './render-node.ts';
import { templateFiles } from './task-files.ts';
import { referencesInFile } from './template-files.ts';
import { referencesOf, textsOf } from './texts.ts';
import type { Binding } from './binding.ts';
import type { Reference } from '../expressions/references.ts';
import type { TaskPlace } from './lookups.ts';
import type { Scope } from '../types.ts';

/**
 * The task that must have run before a plan can say anything of this one: undefined where nothing unknown is reached, or where
 * a condition before that does not hold, for then it is skipped whatever comes.
 */
export const waitsFor = (place: TaskPlace, binding: Binding, scope: Scope): string | undefined => {
  if (scope.unknown.size === 0) return undefined;
  const { unknown } = scope;
  const lookup = binding.lookups.taskLookup(place, { scope });
  const known = knownOf(place.task, lookup, binding);
  const isUnknown = (name: string): boolean => known.registered.has(name) && unknown.has(name);
  const unknownIn = (references: readonly Reference[]): string | undefined => {
    let task: string | undefined;
    reach(
      references,
      known,
      (name) => {
        if (isUnknown(name) && !known.loop?.names.has(name)) task ??= unknown.get(name);
      },
      isUnknown,
    );
    return task;
  };

  const { conditions, loop, params, around, judgements } = textsOf(place.task);
  for (const text of conditions) {
    const task = unknownIn(referencesOf(text));
    if (task !== undefined) return task;
    const isOfTurn = referencesOf(text).some(({ name }) => known.loop?.names.has(name));
    const holds = attempt(
      () => evaluateCondition(text.text, lookup),
      () => undefined,
    );
    if (holds === false && !isOfTurn) return undefined;
  }
  const files = templateFiles(place, binding, { lookup, isLate: (inText) => unknownIn(inText) !== undefined });
  const ofResult = judgements.flatMap(referencesOf).filter(({ name }) => name !== place.task.task.register);
  return unknownIn([
    ...[...loop, ...params, ...around].flatMap(referencesOf),
    ...files.found.flatMap(referencesInFile),
    ...ofResult,
  ]);
};
