import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from './bench.ts';
import type { Act } from './proxy.ts';

/** Where a host is when a fault comes. From `first ask` on the host itself says that it is there. */
export const stages = [
  'greeting',
  'key exchange',
  'authentication',
  'session',
  'exec',
  'first ask',
  'plan',
  'mid-apply',
  'between rounds',
  'long step',
  'close',
] as const;
export type Stage = (typeof stages)[number];

/** Bytes that perfplay has sent when a stage begins; measured by a clean run, as each of its sentences is one chunk. */
export interface Offsets {
  readonly greeting: number;
  readonly 'key exchange': number;
  readonly authentication: number;
  /** The channel is asked for. */
  readonly session: number;
  /** The program is asked for. */
  readonly exec: number;
}

/**
 * From where each of perfplay's chunks ends in a clean run: the greeting, then the two first that are larger than 200 bytes, which
 * are the offer of the key exchange and the signed authentication.
 */
export const offsetsOf = (ends: readonly number[]): Offsets => {
  const [greeting = 0] = ends;
  const [, authentication = 0] = ends.flatMap((end, index) => (end - (ends[index - 1] ?? 0) > 200 ? [index] : []));
  return {
    greeting: 0,
    'key exchange': greeting,
    authentication: ends[authentication - 1] ?? 0,
    session: ends[authentication] ?? 0,
    exec: ends[authentication + 1] ?? 0,
  };
};

const held: Partial<Readonly<Record<Stage, 'ask' | 'apply' | 'step'>>> = {
  'first ask': 'ask',
  plan: 'ask',
  'mid-apply': 'apply',
  'between rounds': 'apply',
  'long step': 'step',
  close: 'step',
};
/** The host has answered, and the controller's next word is held back. */
const isBetween = (stage: Stage): boolean => ['plan', 'between rounds', 'close'].includes(stage);

/** What brings `act` upon a host that is in this stage. */
export const injectAt = (stage: Stage, offsets: Offsets, act: Act) => {
  const at = held[stage];
  if (at === undefined)
    return {
      prepare: ({ proxy }: Target): void =>
        proxy.plan({ connection: 'every', point: { direction: 'up', bytes: offsets[stage as keyof Offsets] }, act }),
    };
  return {
    prepare: ({ hold }: Target): Promise<void> => hold(at),
    drive: async ({ reached, release, proxy }: Target): Promise<void> => {
      if (!(await reached(at))) throw new Error(`the host did not come to ${at}`);
      if (isBetween(stage) || act === 'garble') {
        proxy.actOnNext(isBetween(stage) ? 'up' : 'down', act);
        await release(at);
        return;
      }
      if (typeof act === 'function') {
        proxy.note();
        await act();
      } else proxy.act(act);
      // The host is still at it when perfplay comes back.
      await delay(1500);
      await release(at);
    },
  };
};
