import type { Host, Inventory } from '../inventory/types.ts';
import type { HostTask } from '../playbook/types.ts';
import { createClaims, type Claims } from './overlap.ts';
import { createHostShells, type Connect, type HostShells } from './shells.ts';

/** A host that others delegate tasks to: one connection for all of them, one at a time. */
export interface Delegate {
  readonly host: Host;
  readonly shells: HostShells;
  readonly claims: Claims;
  /** Runs `work` when nobody else is at work there; what was known of the host is forgotten before. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Delegates {
  /** By name. Undefined: there is no such host. */
  readonly get: (name: string) => Delegate | undefined;
  /** What these tasks want of any of them counts no more. */
  readonly forget: (tasks: readonly HostTask[]) => void;
  readonly asks: () => number;
  readonly close: () => Promise<void>;
}

/** `touched`: something may have been written on a host that may also be at work for itself. */
export const createDelegates = (inventory: Inventory, connect: Connect, touched: (host: string) => void): Delegates => {
  const delegates = new Map<string, Delegate>();

  const create = (host: Host): Delegate => {
    const shells = createHostShells(host, connect);
    let queue: Promise<unknown> = Promise.resolve();
    return {
      host,
      shells,
      claims: createClaims(),
      alone: (work) => {
        const next = queue.then(async () => {
          shells.invalidate();
          try {
            return await work();
          } finally {
            touched(host.name);
          }
        });
        queue = next.catch(() => undefined);
        return next;
      },
    };
  };

  return {
    get: (name) => {
      const known = delegates.get(name);
      if (known) return known;
      const host = inventory.hosts.get(name) ?? inventory.implicit?.get(name);
      if (!host) return undefined;
      const delegate = create(host);
      delegates.set(name, delegate);
      return delegate;
    },
    forget: (tasks) => {
      for (const { claims } of delegates.values()) claims.forget(tasks);
    },
    asks: () => [...delegates.values()].reduce((sum, { shells }) => sum + shells.asks(), 0),
    close: async () => {
      await Promise.all([...delegates.values()].map(({ shells }) => shells.close()));
    },
  };
};
