import { referencesOf, textsOf } from './texts.ts';
import type { Value } from '../../inventory/types.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { Lookup } from '../expressions/render.ts';
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

const loops = new WeakMap<TaskDefinition, Known['loop'] & object>();

/** What a task's loop sets, and what it refers to; computed once for each. */
const loopOf = (definition: TaskDefinition): Known['loop'] => {
  if (!definition.loop) return undefined;
  const found = loops.get(definition);
  if (found) return found;
  const { variable, index } = definition.task.loopControl;
  const made = {
    names: new Set([variable, 'ansible_loop_var', ...(index === undefined ? [] : [index])]),
    references: textsOf(definition).loop.flatMap(referencesOf),
  };
  loops.set(definition, made);
  return made;
};

/** What the names of a task can stand for. */
export const knownOf = (definition: TaskDefinition, lookup: Lookup, { registers }: Binding): Known => ({
  lookup,
  registered: registers,
  loop: loopOf(definition),
});

/** What a loop sets in one of its turns. Rule: Ansible's executor/task_executor.py, _run_loop. */
export const turnNames = ({ task }: TaskDefinition, item: Value, at: number): ReadonlyMap<string, Value> => {
  const { variable, index } = task.loopControl;
  return new Map<string, Value>([
    ['ansible_loop_var', variable],
    [variable, item],
    ...(index === undefined ? [] : ([[index, at]] as const)),
  ]);
};
