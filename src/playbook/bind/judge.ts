import { evaluateCondition } from '../expressions/render.ts';
import { asInputError, expressionProblem, nodeSource } from './host-problems.ts';
import { attempt } from './render-node.ts';
import { conditionText } from './texts.ts';
import type { Value } from '../../inventory/types.ts';
import type { Binding } from './binding.ts';
import type { Late, TaskPlace } from './lookups.ts';
import type { Item } from '../types.ts';

/**
 * What a task says of its result in one turn: conditions, ANDed, that see the result under the register's name, over everything
 * else of that name. Rule: Ansible's executor/task_executor.py, _execute.
 */
export const judgeOf = (place: TaskPlace, binding: Binding, late: Late): Item['judge'] => {
  const { task, judgements } = place.task;
  const said = { changed: task.changedWhen, failed: task.failedWhen, until: task.until };
  return (what, result) => {
    if (said[what] === undefined) return undefined;
    const own = new Map<string, Value>(late.own);
    if (task.register !== undefined) own.set(task.register, result);
    const lookup = binding.lookups.taskLookup(place, { ...late, own });
    return judgements[what].every((node) =>
      attempt(
        () => evaluateCondition(conditionText(node), lookup),
        (error) => {
          throw asInputError([expressionProblem(error, nodeSource(node), place, binding)], place.host.name);
        },
      ),
    );
  };
};
