import type { Value } from '../inventory/types.ts';
import { createWaiting } from './waiting.ts';

/** What a `run_once` task left to the hosts of its batch. */
export interface Shared {
  readonly values: ReadonlyMap<string, Value>;
  /** In a plan: names that stay unknown, each with the task that would set it. */
  readonly unknown: ReadonlyMap<string, string>;
  readonly failed: boolean;
}

/** The hosts of a batch, where they have to wait for one another. */
export interface Batch {
  /** What the task left, once it was done; undefined: `host` is the one to do it, being the first that is still in the play. */
  readonly turn: (host: string, task: string) => Promise<Shared | undefined>;
  readonly share: (task: string, shared: Shared) => void;
  /** The host has nothing more to do in this play. */
  readonly leave: (host: string) => void;
}

/** Hosts wait for those before them only, so nobody waits in a circle. */
export const createBatch = (hosts: readonly string[]): Batch => {
  const present = new Set(hosts);
  const done = new Map<string, Shared>();
  const { wait, wake } = createWaiting();
  return {
    turn: async (host, task) => {
      for (;;) {
        const shared = done.get(task);
        if (shared) return shared;
        const [first] = present;
        if (first === undefined || first === host) return undefined;
        await wait();
      }
    },
    share: (task, shared) => {
      done.set(task, shared);
      wake();
    },
    leave: (host) => {
      present.delete(host);
      wake();
    },
  };
};
