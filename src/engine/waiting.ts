/** Those that wait until something may have changed, and look again then. */
export interface Waiting {
  /** Resolves at the next `wake`. */
  readonly wait: () => Promise<void>;
  readonly wake: () => void;
}

export const createWaiting = (): Waiting => {
  let waiting: (() => void)[] = [];
  return {
    wait: () => new Promise((resolve) => waiting.push(resolve)),
    wake: () => {
      const woken = waiting;
      waiting = [];
      for (const resolve of woken) resolve();
    },
  };
};
