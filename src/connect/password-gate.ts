import { memoize } from '../contract/memoize.ts';
import type { ConnectOptions } from './options.ts';

/** What became of a try: `lost` when the connection ended for another reason. */
export type PasswordOutcome = 'accepted' | 'refused' | 'lost';
/** The first call counts. */
export type ReportPassword = (outcome: PasswordOutcome) => void;

/**
 * Keeps a wrong password from locking an account on every host at once: until a host has accepted it, so few hosts try it at a time
 * that at most `mostRefusals` can refuse it, and after these it is tried no more; sshd and sudo ask for the same one. `enter` gives the
 * function to report with, or undefined where the password shall not be tried.
 */
export interface PasswordGate {
  readonly enter: (user: string, password: string) => Promise<ReportPassword | undefined>;
}

const mostRefusals = 3;

interface State {
  accepted: boolean;
  refusals: number;
  trying: number;
  readonly waiting: ((report: ReportPassword | undefined) => void)[];
}

const admit = (state: State): void => {
  while (state.waiting.length > 0) {
    const isOver = state.refusals >= mostRefusals;
    if (!state.accepted && !isOver && state.refusals + state.trying >= mostRefusals) return;
    state.waiting.shift()!(isOver && !state.accepted ? undefined : reporter(state));
  }
};

const reporter = (state: State): ReportPassword => {
  let isTrying = true;
  state.trying++;
  return (outcome) => {
    if (!isTrying) return;
    isTrying = false;
    state.trying--;
    if (outcome === 'accepted') state.accepted = true;
    if (outcome === 'refused') state.refusals++;
    admit(state);
  };
};

export const createPasswordGate = (): PasswordGate => {
  const states = new Map<string, State>();
  return {
    enter: (user, password) => {
      const key = JSON.stringify([user, password]);
      const state = states.get(key) ?? { accepted: false, refusals: 0, trying: 0, waiting: [] };
      states.set(key, state);
      return new Promise((resolve) => {
        state.waiting.push(resolve);
        admit(state);
      });
    },
  };
};

/** The gate of all connections that are made with one options object. */
export const passwordGateOf = memoize((_options: ConnectOptions) => createPasswordGate());
