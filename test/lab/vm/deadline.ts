import { setTimeout as sleep } from 'node:timers/promises';

/** What `work` gives. Throws where that takes longer than so many seconds: `what` says what did not happen. */
export const within = async <T>(seconds: number, what: string, work: Promise<T>): Promise<T> => {
  const tooLate = sleep(seconds * 1000, undefined, { ref: false }).then(() => {
    throw new Error(`${what} within ${seconds} s`);
  });
  return Promise.race([work, tooLate]);
};
