import type { Position } from '../diagnostics.ts';
import type { HostTask } from '../playbook/types.ts';
import { targetKey, type Problem } from './evaluate.ts';
import type { PlannedTask } from './task-plan.ts';

/** Who wants what of each target and store line of a host, over the whole run. */
export interface Claims {
  /** What is wrong with the task beside those before it; undefined: nothing. Remembers the task's own claims. */
  readonly claim: (planned: PlannedTask) => Problem | undefined;
}

const place = ({ file, line }: Position): string => `${file}:${line}`;

/** Two tasks that want two values of one thing would undo each other at every run. */
export const createClaims = (): Claims => {
  const claims = new Map<string, { readonly value: string; readonly task: HostTask['task'] }>();
  return {
    claim: ({ hostTask: { task }, items }) => {
      for (const { setting } of items.flatMap((item) => item.evaluations)) {
        const { running, want, persist } = setting;
        const value = task.absent ? 'absent' : want === null ? 'null' : `=${running.codec.encode(want)}`;
        const keys = [
          ...(running.target && task.apply !== 'boot' && !task.absent ? [targetKey(running.target)] : []),
          ...('name' in persist && task.apply !== 'running' ? [`${persist.store} ${persist.name}`] : []),
        ];
        for (const key of keys) {
          const other = claims.get(key);
          if (other && other.value !== value && other.task !== task)
            return {
              reason: 'conflict',
              message: `${place(other.task.position)} and ${place(task.position)} want different values of ${key}: ${other.value.slice(1)} and ${value.slice(1)}`,
            };
          claims.set(key, { value, task });
        }
      }
      return undefined;
    },
  };
};
