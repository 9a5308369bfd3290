import type { PlayDefinition, TaskDefinition } from './definitions.ts';
import type { Registers } from './bind.ts';

/** For each task what earlier ones have registered when it runs: tasks of earlier plays, of its own, and for handlers all of these. */
export const collectRegisters = (
  definitions: readonly PlayDefinition[],
  compiled: readonly { readonly definition: PlayDefinition; readonly tasks: readonly TaskDefinition[] }[],
): ((task: TaskDefinition) => Registers) => {
  const lines = new Map<string, number>();
  for (const { tasks, handlers } of definitions)
    for (const { task, registerAt } of [...tasks, ...handlers])
      if (task.register !== undefined && registerAt) lines.set(task.register, registerAt.line);

  const registers = new Map<TaskDefinition, Registers>();
  const before = new Set<string>();
  for (const { definition, tasks } of compiled)
    for (const task of [...tasks, ...definition.handlers]) {
      const later = new Map([...lines].filter(([name]) => !before.has(name)));
      registers.set(task, { before: new Set(before), later });
      if (task.task.register !== undefined) before.add(task.task.register);
    }
  return (task) => registers.get(task)!;
};
