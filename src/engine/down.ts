import type { DownGroup } from '../playbook/types.ts';
import { createWaiting } from './waiting.ts';

/** Who may be down: hosts wait here until there is room for another. */
export interface DownSlots {
  /** Gives what puts the host back, once there is room; undefined: the run was stopped before. `waits`: called where it must wait. */
  readonly take: (host: string, waits: () => void) => Promise<(() => void) | undefined>;
  /** Those that wait look again whether they may go on at all. */
  readonly wake: () => void;
}

/** The slots of a play; a host that is in none of the groups finds room always. */
export const createDownSlots = (groups: readonly DownGroup[], stopped: () => boolean): DownSlots => {
  const rooms = new Map<string, { readonly most: number; down: number }>();
  for (const { hosts, most } of groups) {
    const room = { most, down: 0 };
    for (const host of hosts) rooms.set(host, room);
  }
  const { wait, wake } = createWaiting();
  return {
    take: async (host, waits) => {
      const room = rooms.get(host) ?? { most: Infinity, down: 0 };
      if (room.down >= room.most) waits();
      while (room.down >= room.most && !stopped()) await wait();
      if (stopped()) return undefined;
      room.down++;
      return () => {
        room.down--;
        wake();
      };
    },
    wake,
  };
};
