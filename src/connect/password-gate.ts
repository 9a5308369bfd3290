/** What became of a try: `lost` when the connection ended for another reason. */
export type PasswordOutcome = 'accepted' | 'refused' | 'lost';
type Report = (outcome: PasswordOutcome) => void;

/**
 * Keeps a wrong password from locking an account on every host at once: until one host has accepted it, hosts try it one
 * after the other, and after `triesInARow` refusals no more. `enter` gives the function to report with, or undefined where
 * the password shall not be tried.
 */
export interface PasswordGate {
  readonly enter: (user: string, password: string) => Promise<Report | undefined>;
}

const triesInARow = 3;

export const createPasswordGate = (): PasswordGate => {
  const states = new Map<string, { accepted: boolean; refusals: number; queue: Promise<void> }>();
  return {
    enter: (user, password) => {
      const key = JSON.stringify([user, password]);
      const state = states.get(key) ?? { accepted: false, refusals: 0, queue: Promise.resolve() };
      states.set(key, state);
      return new Promise((admit) => {
        const ask = () =>
          new Promise<void>((leave) => {
            if (!state.accepted && state.refusals >= triesInARow) admit(undefined);
            else if (!state.accepted) {
              admit((outcome) => {
                if (outcome === 'accepted') state.accepted = true;
                if (outcome === 'refused') state.refusals++;
                leave();
              });
              return;
            } else admit(() => undefined);
            leave();
          });
        state.queue = state.queue.then(ask);
      });
    },
  };
};
