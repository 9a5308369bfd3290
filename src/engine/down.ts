import type { Host } from '../inventory/types.ts';
import type { MaxDown, Play } from '../playbook/types.ts';

/** Who may be down: hosts wait here until there is room for another. */
export interface DownSlots {
  /** Gives what puts the host back, once there is room; undefined: the run was stopped before. */
  readonly take: (host: Host) => Promise<(() => void) | undefined>;
  /** Those that wait look again whether they may go on at all. */
  readonly wake: () => void;
}

/** At least one, a share rounded down. Rule: that of `serial`. */
const limitOf = ({ size }: MaxDown, count: number): number => {
  const wanted = 'hosts' in size ? size.hosts : Math.max(1, Math.floor((size.percent * count) / 100));
  return wanted === 0 ? count : wanted;
};

/** The slots of a play: as many as `max_down` says, for each value of its variable where it names one. */
export const createDownSlots = (
  { maxDown, hosts }: Pick<Play, 'maxDown' | 'hosts'>,
  hostOf: (name: string) => Host,
  stopped: () => boolean,
): DownSlots => {
  const groupOf = ({ variables }: Host): string =>
    maxDown?.per === undefined ? '' : JSON.stringify(variables.get(maxDown.per)?.value ?? null);
  const sizes = new Map<string, number>();
  for (const name of hosts) {
    const group = groupOf(hostOf(name));
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const down = new Map<string, number>();
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  return {
    take: async (host) => {
      const group = groupOf(host);
      const limit = maxDown ? limitOf(maxDown, sizes.get(group) ?? 1) : Infinity;
      while ((down.get(group) ?? 0) >= limit) {
        if (stopped()) return undefined;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      if (stopped()) return undefined;
      down.set(group, (down.get(group) ?? 0) + 1);
      return () => {
        down.set(group, (down.get(group) ?? 0) - 1);
        wake();
      };
    },
    wake,
  };
};
