import type { Reporter } from './events.ts';

/** Leaves the terminal to a prompt or a message, and goes on drawing when `work` is over. */
export type Aside = <T>(work: () => Promise<T>) => Promise<T>;

/** A reporter that may hold the terminal. */
export interface TerminalReporter extends Reporter {
  readonly aside: Aside;
}
