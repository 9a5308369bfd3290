import { InputError } from '../diagnostics.ts';
import type { Change, Outcome, Pending, TaskResult } from '../report/events.ts';
import type { HostTask, Item, Task } from '../playbook/types.ts';
import type { Value } from '../inventory/types.ts';
import { inputProblem, type Evaluation, type Problem } from './evaluate.ts';
import type { PlannedItem } from './task-plan.ts';

/** What has happened to one item of a task so far, over all rounds. */
export interface ItemHistory {
  readonly changes: Map<string, Change>;
  /** What people should know of what was found. */
  readonly notes: Set<string>;
  failure?: Problem;
  /** What an act gives to the registered value. */
  result?: Readonly<Record<string, Value>>;
  /** A program was run; in a check: would be. */
  ran: boolean;
  /** In a check: only a run can tell what this does, or what it gives. */
  unknown?: 'effect' | 'result';
  /** What the task says to people. */
  output?: string;
  /** What `changed_when` and `failed_when` say. */
  judged?: { readonly changed: boolean | undefined; readonly failed: boolean | undefined };
}

export const newHistory = (): ItemHistory => ({ changes: new Map(), notes: new Set(), ran: false });

/** A task's item as it stands after a stage. */
export interface StagedItem {
  readonly planned: PlannedItem;
  readonly history: ItemHistory;
  readonly warnings: readonly string[];
}

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
  ...(change.failed && { failed: { ...change.failed, message: hidden } }),
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

const realChanges = ({ changes }: ItemHistory): readonly Change[] =>
  [...changes.values()].filter(({ before, after, levels }) => before !== after || levels.length > 0);

const failureOf = ({ failure, judged }: ItemHistory): Problem | undefined => {
  if (judged?.failed === undefined) return failure;
  return judged.failed ? (failure ?? { reason: 'error', message: 'failed_when holds' }) : undefined;
};

/** Whether something was done, even by a task that failed then: Ansible's `changed`. */
export const hasChanged = ({ planned, history }: StagedItem): boolean => {
  if (planned.skipped) return false;
  const changed = history.ran || realChanges(history).some((change) => change.failed === undefined);
  return history.judged?.changed ?? changed;
};

/** How an item ended, `changed_when` and `failed_when` heard. */
export const outcomeOf = (staged: StagedItem): Outcome => {
  if (failureOf(staged.history)) return 'failed';
  if (staged.planned.skipped) return 'skipped';
  return hasChanged(staged) ? 'changed' : 'ok';
};

/** What is registered for one item: Ansible's names. */
const valueOf = (staged: StagedItem, { loopControl }: Task): Value => {
  const { planned, history } = staged;
  const outcome = outcomeOf(staged);
  const failure = failureOf(history);
  return {
    changed: hasChanged(staged),
    failed: outcome === 'failed',
    skipped: outcome === 'skipped',
    ...(failure && { msg: failure.message }),
    ...history.result,
    ...(planned.item.value !== undefined && {
      [loopControl.variable]: planned.item.value,
      ansible_loop_var: loopControl.variable,
    }),
  };
};

/** The registered value of a task: of its only item, or `results` of all. */
export const registeredValue = (task: Task, items: readonly StagedItem[]): Value => {
  if (task.loop === undefined && items.length === 1) return valueOf(items[0]!, task);
  const outcomes = items.map(outcomeOf);
  return {
    changed: items.some(hasChanged),
    failed: outcomes.includes('failed'),
    skipped: items.length > 0 && outcomes.every((outcome) => outcome === 'skipped'),
    results: items.map((item) => valueOf(item, task)),
  };
};

/**
 * Hears what the task's conditions say of an item's result. `false`: its `until` does not hold yet.
 * A condition that cannot be evaluated fails the item; in a check, where a program was not run, it says nothing.
 */
export const judge = (task: Task, staged: StagedItem): boolean => {
  const { planned, history } = staged;
  if (planned.skipped || !(task.changedWhen ?? task.failedWhen ?? task.until)) return true;
  const say = (what: Parameters<Item['judge']>[0]): boolean | undefined =>
    planned.item.judge(what, valueOf(staged, task));
  try {
    const changed = say('changed');
    history.judged = { changed, failed: undefined };
    const failed = say('failed');
    history.judged = { changed, failed };
    return say('until') ?? true;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (history.unknown === undefined) history.failure ??= inputProblem(error);
    return true;
  }
};

export interface ReportContext {
  readonly host: string;
  readonly play: number;
  readonly handler: boolean;
  /** A failure here has a rescue. */
  readonly rescuable: boolean;
  readonly delegate?: string | undefined;
}

/** The last word on one item of a task. */
export const taskResult = (context: ReportContext, { task }: HostTask, staged: StagedItem): TaskResult => {
  const { planned, history, warnings } = staged;
  const changes = realChanges(history);
  const failure = failureOf(history);
  const outcome = outcomeOf(staged);
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
    ...(failure && { reason: failure.reason, message: task.noLog ? hidden : failure.message }),
    ...(history.unknown === 'effect' && outcome === 'changed' && { unknown: true }),
    ...(history.output !== undefined && { output: task.noLog ? hidden : history.output }),
    ...(failure && task.ignoreErrors && { ignored: true }),
    ...(failure && !task.ignoreErrors && context.rescuable && { rescued: true }),
    ...(context.handler && { handler: true }),
    ...(context.delegate !== undefined && { delegate: context.delegate }),
    changes: task.noLog ? changes.map(hide) : changes,
    pending: planned.skipped ? [] : pendingOf(planned, history),
    warnings: task.noLog ? [] : warnings,
  };
};

const bareResult = (context: ReportContext, { task }: HostTask) => ({
  type: 'task' as const,
  host: context.host,
  play: context.play,
  task: task.id,
  name: task.name,
  module: task.module.kind,
  position: task.position,
  ...(context.handler && { handler: true }),
  ...(context.delegate !== undefined && { delegate: context.delegate }),
  changes: [],
  pending: [],
  warnings: [],
});

/** A task that failed before it had items. */
export const itemlessResult = (
  context: ReportContext,
  hostTask: HostTask,
  { reason, message }: Problem,
): TaskResult => ({
  ...bareResult(context, hostTask),
  outcome: 'failed',
  reason,
  message: hostTask.task.noLog ? hidden : message,
  ...(hostTask.task.ignoreErrors ? { ignored: true } : context.rescuable && { rescued: true }),
});

/** In a plan: a task of which nothing can be said before another has run. */
export const unknownResult = (context: ReportContext, hostTask: HostTask, waitsFor: string): TaskResult => ({
  ...bareResult(context, hostTask),
  outcome: 'changed',
  unknown: true,
  waitsFor,
});
