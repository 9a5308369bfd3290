import type { Value } from '../inventory/types.ts';
import type { Scope } from '../playbook/types.ts';
import type { Event, Pending, Recap, TaskResult } from '../report/events.ts';

/** What a host's tasks have left behind so far: variables, and the recap's counts. */
export interface HostRecord {
  readonly scope: (facts: Value | undefined) => Scope;
  readonly set: (name: string, value: Value) => void;
  /** In a plan: only a run of `task` can tell the value. */
  readonly setUnknown: (name: string, task: string) => void;
  /** The results of a task's items, and whether any of them changed something, if only before it failed. */
  readonly report: (results: readonly TaskResult[], changed: boolean) => void;
  /** A failure that is no task's. */
  readonly countFailure: () => void;
  readonly countUnreachable: () => void;
  readonly countRescue: () => void;
  /** A boot has brought what waited for it. */
  readonly booted: () => void;
  readonly recap: () => Recap;
}

export const createRecord = (emit: (event: Event) => void): HostRecord => {
  const registered = new Map<string, Value>();
  const unknown = new Map<string, string>();
  const recap = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 };
  const pending = new Set<Pending>();

  /** A task counts once, however many items it has: by the worst of them. */
  const count = (results: readonly TaskResult[], changed: boolean): void => {
    const failed = results.find(({ outcome }) => outcome === 'failed');
    if (failed?.rescued) return;
    if (failed && !failed.ignored) recap.failed++;
    else if (results.every(({ outcome }) => outcome === 'skipped')) recap.skipped++;
    else {
      recap.ok++;
      if (failed) recap.ignored++;
      if (changed) recap.changed++;
    }
  };

  return {
    scope: (facts) => ({ ...(facts !== undefined && { facts }), registered, unknown }),
    set: (name, value) => {
      unknown.delete(name);
      registered.set(name, value);
    },
    setUnknown: (name, task) => {
      registered.delete(name);
      unknown.set(name, task);
    },
    report: (results, changed) => {
      for (const result of results) {
        emit(result);
        for (const one of result.pending) pending.add(one);
      }
      if (results.length > 0) count(results, changed);
    },
    countFailure: () => void recap.failed++,
    countUnreachable: () => void (recap.unreachable = 1),
    countRescue: () => void recap.rescued++,
    booted: () => void pending.delete('reboot'),
    recap: () => ({ ...recap, pending: [...pending] }),
  };
};
