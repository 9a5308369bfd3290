import { mapSequence, tasksOf } from '../sequence.ts';
import type { RoleTurn, TaskDefinition } from '../definitions.ts';
import type { Sequence } from '../types.ts';

/**
 * The tasks of a play without roles that were done already: an earlier occurrence with equal parameters, not all of whose tasks
 * the tags left out, and that ran under no condition that this one is free of.
 * Rule: Ansible's playbook/role/__init__.py (has_run), as far as it can be known before the run.
 */
export const dropRepeats = (sequence: Sequence<TaskDefinition>): Sequence<TaskDefinition> => {
  const done = new Map<string, RoleTurn[]>();
  const dropped = new Set<RoleTurn>();
  for (const { turn } of tasksOf(sequence)) {
    if (!turn || dropped.has(turn)) continue;
    const earlier = done.get(turn.key) ?? [];
    if (earlier.includes(turn)) continue;
    const covers = (one: RoleTurn): boolean => one.conditions.every((text) => turn.conditions.includes(text));
    if (earlier.some(covers)) dropped.add(turn);
    else done.set(turn.key, [...earlier, turn]);
  }
  return mapSequence(sequence, (task) => (task.turn && dropped.has(task.turn) ? undefined : task));
};
