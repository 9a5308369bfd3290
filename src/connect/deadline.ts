/** A limit on waiting that does not count the time a person needs to answer. */
export interface Deadline {
  /** Runs `work` with the clock stopped. */
  readonly pause: <T>(work: () => Promise<T>) => Promise<T>;
  readonly stop: () => void;
}

/** Calls `expire` once when `ms` of counted time have passed. */
export const startDeadline = (ms: number, expire: () => void): Deadline => {
  let left = ms;
  let pauses = 0;
  let stopped = false;
  let since = performance.now();
  let timer = setTimeout(expire, left);
  const halt = () => {
    clearTimeout(timer);
    left -= performance.now() - since;
  };
  const go = () => {
    since = performance.now();
    timer = setTimeout(expire, Math.max(0, left));
  };
  return {
    pause: async (work) => {
      if (pauses++ === 0) halt();
      try {
        return await work();
      } finally {
        if (--pauses === 0 && !stopped) go();
      }
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
