import type { Read, Reads } from '../contract/reads.ts';
import type { AnyModule } from '../contract/module.ts';
import type { Value } from '../inventory/types.ts';
import { isAction, isFinding, isSetting, type Action, type Finding, type Step } from '../contract/steps.ts';
import type { HostTask, Item, Scope, Task } from '../playbook/types.ts';
import { InputError } from '../diagnostics.ts';
import { memoize } from '../contract/memoize.ts';
import { evaluate, inputProblem, type Evaluation, type Known, type Problem } from './evaluate.ts';
import { forgotten } from './forgotten.ts';
import { lock } from './lock.ts';
import { stepsOf } from './module-steps.ts';
import { originals } from './originals.ts';
import { planRecord, type RecordedPlan, type Restored } from './recorded.ts';
import type { SnapshotView } from './snapshot-view.ts';
import { stores } from './stores/index.ts';

/** One item of a task with what must be read for it. */
export interface BoundItem {
  readonly item: Item;
  readonly reads: Reads;
}

/** A task whose parameters are known. */
export interface BoundTask {
  readonly hostTask: HostTask;
  readonly items: readonly BoundItem[];
  readonly record?: RecordedPlan;
}

/** What stands for a task that has no item: nothing to loop over, or parameters without a value. It is reported as skipped. */
export const noItem = ({ task }: HostTask): Item => ({
  name: task.name,
  params: {},
  when: () => false,
  environment: new Map(),
  judge: () => undefined,
});

const observed = memoize((module: AnyModule) => memoize((params: object) => module.observe(params as never)));

/** What a module reads for some parameters. Hosts share parameters in which nothing is their own, and so what is read for them. */
const observe = (module: AnyModule, params: Value): Reads =>
  typeof params === 'object' && params !== null ? observed(module)(params) : module.observe(params as never);

/** Throws InputError where a late value is undefined or of a wrong type. */
export const bindTask = (hostTask: HostTask, scope: Scope): BoundTask => {
  const { module } = hostTask.task;
  const record = hostTask.recorded && planRecord(hostTask.recorded);
  const items = hostTask.items(scope).map((item) => ({ item, reads: observe(module, item.params) }));
  return {
    hostTask,
    items: items.length > 0 ? items : [{ item: noItem(hostTask), reads: {} }],
    ...(record && { record }),
  };
};

/** A task that asks for facts of the host, wherever it says so. */
export const needsFacts = ({ needs }: HostTask): boolean =>
  [needs.params, needs.when, needs.result].some((need) => need.has('facts'));

/** A task after which something is kept on a host. */
export const keeps = ({ module }: Pick<Task, 'module'>): boolean => module.removable || module.stores.length > 0;

/** What perfplay keeps on a host, all of it: a few small files of its own. */
export const keptReads: readonly Read<unknown>[] = [
  originals,
  forgotten,
  ...[...stores.values()].map(({ own }) => own),
];

/** Everything that a task's items and their stores must read. */
export const readsOf = memoize(({ hostTask: { task }, items, record }: BoundTask): readonly Read<unknown>[] => [
  lock,
  ...(record?.reads ?? []),
  ...items.flatMap(({ reads }) => Object.values(reads)),
  // What is not kept needs no store's state.
  ...(task.apply === 'running' ? [] : task.module.stores).map((name) => stores.get(name)!.state),
  ...(record || keeps(task) ? keptReads : []),
]);

/** One item of a task held against the snapshot. */
export interface PlannedItem {
  readonly item: Item;
  readonly skipped: boolean;
  readonly evaluations: readonly Evaluation[];
  readonly findings: readonly Finding[];
  readonly actions: readonly Action[];
  /** Its condition could not be evaluated: a registered value lacks what it asks for. */
  readonly problem?: Problem;
}

export interface PlannedTask {
  readonly hostTask: HostTask;
  readonly items: readonly PlannedItem[];
  readonly restored?: Restored;
}

/** What a view knows. */
export const knownTo =
  (view: SnapshotView): Known =>
  (read) =>
    view.decode(read);

/** Steps by their kinds. Settings named by a standing finding are left alone: they are not even held to be wrong. Hosts share steps. */
const sorted = memoize((steps: readonly Step[]) => {
  const settings = steps.filter(isSetting);
  const findings = steps.filter(isFinding);
  const blocked = new Set(findings.flatMap(({ blocks }) => blocks ?? []));
  return {
    settings,
    free: settings.filter(({ key }) => !blocked.has(key)),
    findings,
    actions: steps.filter(isAction),
  };
});

/** Plans a task against what the view knows. `when` is evaluated here, after the observe. */
export const planTask = ({ hostTask, items, record }: BoundTask, view: SnapshotView): PlannedTask => {
  const { task } = hostTask;
  const known = knownTo(view);
  if (record) {
    const item = { item: items[0]!.item, skipped: false, findings: [], actions: [] };
    return {
      hostTask,
      items: [{ ...item, evaluations: record.evaluate(known) }],
      ...(record.restored && { restored: record.restored }),
    };
  }
  return {
    hostTask,
    items: items.map(({ item, reads }): PlannedItem => {
      const nothing = { item, skipped: true, evaluations: [], findings: [], actions: [] };
      try {
        if (!item.when()) return nothing;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        return { ...nothing, problem: inputProblem(error) };
      }
      const { settings, free, findings, actions } = sorted(stepsOf(task.module, item.params, reads, view.snapshot()));
      return {
        item,
        skipped: false,
        evaluations: (task.absent ? settings : free).map((setting) =>
          evaluate(setting, task.apply, task.absent, known),
        ),
        findings: task.absent ? [] : findings,
        actions,
      };
    }),
  };
};
