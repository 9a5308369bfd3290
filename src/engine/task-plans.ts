import type { HostTask, Scope } from '../playbook/types.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import type { SnapshotView } from './snapshot-view.ts';
import { bindTask, planTask, type BoundTask, type PlannedTask } from './task-plan.ts';

/** The tasks of one play on one host, bound and planned. */
export interface TaskPlans {
  /** Throws InputError where a late value is undefined or of a wrong type. */
  readonly bind: (task: HostTask) => BoundTask;
  readonly plan: (bound: BoundTask, view: SnapshotView) => PlannedTask;
}

/** Whether nothing of it waits for the running host. A record is another matter: it remembers what was planned. */
const isSettled = ({ needs, recorded }: HostTask): boolean =>
  !recorded && needs.params.size === 0 && needs.when.size === 0 && needs.result.size === 0;

/** What does not wait for the host is bound once, and planned once for what is known of it; the rest each time. */
export const createTaskPlans = (scope: () => Scope): TaskPlans => {
  const bounds = new Map<HostTask, BoundTask>();
  const plans = new Map<BoundTask, { readonly snapshot: Snapshot; readonly planned: PlannedTask }>();
  return {
    bind: (task) => {
      const bound = bounds.get(task) ?? bindTask(task, scope());
      if (isSettled(task)) bounds.set(task, bound);
      return bound;
    },
    plan: (bound, view) => {
      const snapshot = view.snapshot();
      const known = plans.get(bound);
      if (known?.snapshot === snapshot) return known.planned;
      const planned = planTask(bound, view);
      if (isSettled(bound.hostTask)) plans.set(bound, { snapshot, planned });
      return planned;
    },
  };
};
