import { sequencesIn, tasksOf } from '../sequence.ts';
import type { PlayDefinition, TaskDefinition } from '../definitions.ts';
import type { Sequence } from '../types.ts';

/** What earlier tasks have left when a task runs. */
export interface Registers {
  /** Names that may be set by then. */
  readonly before: ReadonlySet<string>;
  /** The line of the first task that sets a name, wherever it stands. */
  readonly lineOf: (name: string) => number | undefined;
}

const ofRescue = ['ansible_failed_task', 'ansible_failed_result'];

/**
 * For each task what tasks before it in the files may have set: those of earlier plays, of its own, and for handlers all of
 * these. Handlers count for what comes after a flush. `compiled` are the plays that run, without what tags leave out.
 */
export const collectRegisters = (
  definitions: readonly PlayDefinition[],
  compiled: readonly { readonly definition: PlayDefinition; readonly sequence: Sequence<TaskDefinition> }[],
): ((task: TaskDefinition) => Registers) => {
  const lines = new Map<string, number>();
  for (const { sequence, handlers } of definitions)
    for (const { task, registerAt, moduleAt } of [...tasksOf(sequence), ...handlers])
      for (const name of task.sets) if (!lines.has(name)) lines.set(name, (registerAt ?? moduleAt).line);

  const registers = new Map<TaskDefinition, Registers>();
  let before: ReadonlySet<string> = new Set();
  const add = (names: readonly string[]): void => {
    if (names.some((name) => !before.has(name))) before = new Set([...before, ...names]);
  };
  const visitTask = (task: TaskDefinition): void => {
    const own = task.isRescue ? new Set([...before, ...ofRescue]) : before;
    registers.set(task, { before: own, lineOf: (name) => lines.get(name) });
    add(task.task.sets);
  };
  const visit = (sequence: Sequence<TaskDefinition>, handlers: readonly TaskDefinition[]): void => {
    for (const part of sequence) {
      if (part.kind === 'task') visitTask(part.task);
      else if (part.kind === 'flush-handlers') for (const { task } of handlers) add(task.sets);
      else for (const inner of sequencesIn(part)) visit(inner, handlers);
    }
  };
  for (const { definition, sequence } of compiled) {
    visit(sequence, definition.handlers);
    for (const handler of definition.handlers) visitTask(handler);
  }
  return (task) => registers.get(task)!;
};
