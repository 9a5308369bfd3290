import type { Mask } from '../report/mask.ts';

/** The two voices of a command: standard output is data, standard error is talk. */
export interface Print {
  readonly data: (text: string) => void;
  readonly talk: (text: string) => void;
  /** What both keep to themselves, and what the run's events must be masked with. */
  readonly mask: Mask;
}
