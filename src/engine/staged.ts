import type { HostTask } from '../playbook/types.ts';
import type { PlannedItem, PlannedTask } from './task-plan.ts';
import type { ItemHistory, StagedItem } from './task-report.ts';

/** A task as it stands after a stage. */
export interface StagedTask {
  readonly hostTask: HostTask;
  readonly items: readonly StagedItem[];
  readonly failed: boolean;
}

/** A task's last plan and what has happened to it, put together. */
export const stagedTask = (planned: PlannedTask, histories: readonly ItemHistory[], failed: boolean): StagedTask => {
  const { task } = planned.hostTask;
  const items = planned.items.map((item, index): StagedItem => {
    const history = histories[index]!;
    const unsupported = [
      ...item.findings.filter(({ finding }) => finding === 'unsupported').map(({ message }) => message),
      ...item.evaluations.flatMap(({ problem, setting }) =>
        problem?.reason === 'unsupported' ? [`${setting.key}: ${problem.message}`] : [],
      ),
    ];
    const skip =
      unsupported.length > 0 && task.unsupported === 'skip' && item.evaluations.every(({ problem }) => problem);
    const tolerated = task.unsupported === 'warn' ? unsupported : [];
    return {
      planned: skip ? { ...item, skipped: true } : item,
      history,
      warnings: [
        ...item.findings
          .filter(({ finding }) => finding === 'warning' || finding === 'pending')
          .map(({ message }) => message),
        ...tolerated,
        ...history.notes,
        ...(history.failure || failed ? [] : waitingProblems(item, task.unsupported)),
      ],
    };
  });
  return { hostTask: planned.hostTask, items, failed };
};

/** In a plan: what would fail now, unless what comes before it mends it. */
const waitingProblems = (item: PlannedItem, unsupported: string): readonly string[] =>
  item.findings.flatMap(({ finding, message }) =>
    finding === 'conflict' ||
    finding === 'refused' ||
    finding === 'ineffective' ||
    (finding === 'unsupported' && unsupported === 'fail')
      ? [message]
      : [],
  );
