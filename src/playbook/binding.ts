import { referencesOf, textsOf } from './texts.ts';
import type { Value } from '../inventory/types.ts';
import type { TaskDefinition } from './definitions.ts';
import type { Lookup } from './expressions/render.ts';
import type { Lookups } from './lookups.ts';
import type { Known } from './needs.ts';

/** All that binding a task needs beside its place. */
export interface Binding {
  readonly lookups: Lookups;
  /** Names that earlier tasks may have set, and that -e does not override. */
  readonly registers: ReadonlySet<string>;
  /** The line of the first task that sets a name. */
  readonly lineOf: (name: string) => number | undefined;
}

/** What the names of a task can stand for. */
export const knownOf = (
  definition: TaskDefinition,
  lookup: Lookup,
  { registers }: Pick<Binding, 'registers'>,
): Known => {
  const { variable, index } = definition.task.loopControl;
  return {
    lookup,
    registered: registers,
    loop: definition.loop && {
      names: new Set([variable, 'ansible_loop_var', ...(index === undefined ? [] : [index])]),
      references: textsOf(definition).loop.flatMap(referencesOf),
    },
  };
};

/** What a loop sets in one of its turns. Rule: Ansible's executor/task_executor.py, _run_loop. */
export const turnNames = ({ task }: TaskDefinition, item: Value, at: number): ReadonlyMap<string, Value> => {
  const { variable, index } = task.loopControl;
  return new Map<string, Value>([
    ['ansible_loop_var', variable],
    [variable, item],
    ...(index === undefined ? [] : ([[index, at]] as const)),
  ]);
};
