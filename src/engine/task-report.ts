import type { Change, Pending, Reason, TaskResult } from '../report/events.ts';
import type { HostTask } from '../playbook/types.ts';
import type { Value } from '../inventory/types.ts';
import type { Evaluation, Problem } from './evaluate.ts';
import type { PlannedItem } from './task-plan.ts';

/** What has happened to one item of a task so far, over all rounds. */
export interface ItemHistory {
  readonly changes: Map<string, Change>;
  failure?: Problem;
  /** The registered value of an action. */
  result?: Readonly<Record<string, Value>>;
  /** An action was run; in a check: would be. */
  ran: boolean;
}

export const newHistory = (): ItemHistory => ({ changes: new Map(), ran: false });

export const changeOf = ({ setting, levels, before, after, pending }: Evaluation): Change => ({
  key: setting.key,
  levels,
  before,
  after,
  ...(pending && { pending }),
});

/** What stands for a value of a task with `no_log`. */
export const hidden = '(hidden: no_log)';
const hide = (change: Change): Change => ({
  ...change,
  before: change.before === null ? null : hidden,
  after: change.after === null ? null : hidden,
});

/** Everything that the item waits for, now that it stands as it does. */
const pendingOf = (item: PlannedItem, history: ItemHistory): readonly Pending[] => {
  const waits = [
    ...item.evaluations.flatMap(({ pending }) => (pending ? [pending] : [])),
    ...item.findings.flatMap(({ finding, pending }) => (finding === 'pending' && pending ? [pending] : [])),
    ...[...history.changes.values()].flatMap(({ pending }) => (pending ? [pending] : [])),
  ];
  return [...new Set(waits)];
};

export interface ReportContext {
  readonly host: string;
  readonly play: number;
  readonly handler: boolean;
}

/** The last word on one item of a task. */
export const taskResult = (
  context: ReportContext,
  { task }: HostTask,
  planned: PlannedItem,
  history: ItemHistory,
  warnings: readonly string[],
  unknown: boolean,
): TaskResult => {
  const changes = [...history.changes.values()].filter(
    ({ before, after, levels }) => before !== after || levels.length > 0,
  );
  const failed = history.failure;
  const changed = history.ran || changes.some((change) => change.failed === undefined);
  const outcome = failed ? 'failed' : planned.skipped ? 'skipped' : changed ? 'changed' : 'ok';
  const reason: Reason | undefined = failed?.reason;
  return {
    type: 'task',
    host: context.host,
    play: context.play,
    task: task.id,
    name: planned.item.name,
    module: task.module.kind,
    position: task.position,
    ...(planned.item.label !== undefined && { item: task.noLog ? hidden : planned.item.label }),
    outcome,
    ...(reason && { reason }),
    ...(failed && { message: task.noLog ? hidden : failed.message }),
    ...(unknown && { unknown }),
    ...(failed && task.ignoreErrors && { ignored: true }),
    ...(context.handler && { handler: true }),
    changes: task.noLog ? changes.map(hide) : changes,
    pending: planned.skipped ? [] : pendingOf(planned, history),
    warnings: task.noLog ? [] : warnings,
  };
};

/** The registered value of a task: of its only item, or `results` of all. */
export const registeredValue = (
  results: readonly { readonly result: TaskResult; readonly own?: Readonly<Record<string, Value>> }[],
  loop: boolean,
): Value => {
  const one = ({ result, own }: (typeof results)[number]): Value => ({
    changed: result.outcome === 'changed',
    failed: result.outcome === 'failed',
    skipped: result.outcome === 'skipped',
    ...(result.message !== undefined && { msg: result.message }),
    ...own,
  });
  if (!loop && results.length === 1) return one(results[0]!);
  return {
    changed: results.some(({ result }) => result.outcome === 'changed'),
    failed: results.some(({ result }) => result.outcome === 'failed'),
    skipped: results.length > 0 && results.every(({ result }) => result.outcome === 'skipped'),
    results: results.map(one),
  };
};
