import type { Position } from '../diagnostics.ts';
import type { HostTask } from '../playbook/types.ts';
import type { Problem } from './evaluate.ts';
import { isOnDisk, targetForms, targetKey } from './targets.ts';
import type { PlannedTask } from './task-plan.ts';
import { hidden } from './task-report.ts';

/** Who wants what of each target and store line of a host, over the whole run. */
export interface Claims {
  /** What is wrong with the task beside those before it; undefined: nothing. Remembers the task's own claims. */
  readonly claim: (planned: PlannedTask) => Problem | undefined;
  /** Whether a task of the run wants something of this target, or of this line of a store. */
  readonly has: (name: string) => boolean;
  /** What these tasks want counts no more: their block has failed, and its rescue may want something else. */
  readonly forget: (tasks: readonly HostTask[]) => void;
  /** In a check: targets that a task before would have written. */
  readonly foreseen: Set<string>;
}

interface Claim {
  /** `absent`, `null`, or `=` and the text. */
  readonly value: string;
  readonly task: HostTask['task'];
  readonly owner: string;
}

/** Characters of a value that a message has room for. */
const longest = 60;

const shown = ({ value, task }: Claim): string => {
  if (task.noLog) return hidden;
  const text = value.replace(/^=/, '');
  return text.length > longest || text.includes('\n') ? `a text of ${text.length} characters` : text;
};

const place = ({ file, line }: Position): string => `${file}:${line}`;

/** Two tasks that want two values of one thing would undo each other at every run. */
export const createClaims = (): Claims => {
  const claims = new Map<string, Claim>();
  /** What each thing is taken for. */
  const forms = new Map<string, Claim>();
  /** Plans without a problem, whose claims stand. */
  let heard = new WeakSet<PlannedTask>();
  return {
    foreseen: new Set(),
    has: (name) => claims.has(name),
    forget: (tasks) => {
      heard = new WeakSet();
      const gone = new Set(tasks.map(({ task }) => task));
      for (const map of [claims, forms]) for (const [key, { task }] of map) if (gone.has(task)) map.delete(key);
    },
    claim: (planned) => {
      if (heard.has(planned)) return undefined;
      const { task } = planned.hostTask;
      const wanted = planned.items.flatMap((item, index) =>
        item.evaluations.map(({ setting }) => ({ setting, owner: `${task.id} item ${index}` })),
      );
      for (const { setting, owner } of wanted) {
        const { running, want, persist } = setting;
        const value = task.absent ? 'absent' : want === null ? 'null' : `=${running.codec.encode(want)}`;
        const { target } = running;
        const isWritten =
          target &&
          task.apply !== (isOnDisk(target) ? 'running' : 'boot') &&
          (!task.absent || (persist.store === 'itself' && isOnDisk(target)));
        for (const [name, form] of isWritten && !task.absent ? targetForms(target, want === null) : []) {
          const other = forms.get(name);
          if (other && other.value !== form && other.owner !== owner)
            return {
              reason: 'conflict',
              message: `${name} is ${other.value} for ${place(other.task.position)} and ${form} for ${place(task.position)}: they would undo each other`,
            };
          forms.set(name, { value: form, task, owner });
        }
        const keys = [
          ...(isWritten ? [targetKey(target)] : []),
          ...('name' in persist && task.apply !== 'running' ? [`${persist.store} ${persist.name}`] : []),
        ];
        for (const key of keys) {
          const other = claims.get(key);
          if (other && other.value !== value && other.owner !== owner)
            return {
              reason: 'conflict',
              message: `${place(other.task.position)} and ${place(task.position)} want different values of ${key}: ${shown(other)} and ${shown({ value, task, owner })}`,
            };
          claims.set(key, { value, task, owner });
        }
      }
      heard.add(planned);
      return undefined;
    },
  };
};

/** The first task that wants what one before it would undo; undefined: none. */
export const firstConflict = (
  claims: Claims,
  planned: readonly PlannedTask[],
): { readonly task: HostTask; readonly problem: Problem } | undefined => {
  for (const one of planned) {
    const problem = claims.claim(one);
    if (problem) return { task: one.hostTask, problem };
  }
  return undefined;
};
