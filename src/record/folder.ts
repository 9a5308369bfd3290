import path from 'node:path';

/** A run's name: sorts by time, and two runs of one second differ. Nothing else is taken for one: it becomes a path on hosts. */
export const isRun = (text: string): boolean => /^\d{8}T\d{6}-[0-9a-f]{6}$/.test(text);

/** Where the controller keeps its records: below the working folder, or where PERFPLAY_RUNS says. */
export const runsFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  environment['PERFPLAY_RUNS'] || path.join('.perfplay', 'runs');

/** The files of one run's record. */
export interface RunFiles {
  readonly folder: string;
  /** What was asked for: a RunDescription. */
  readonly description: string;
  /** Every event, as it came. */
  readonly events: string;
  /** The changes of every apply, one part a line, written before they were made. */
  readonly journal: string;
}

export const runFiles = (run: string, base: string = runsFolder()): RunFiles => {
  const folder = path.join(base, run);
  return {
    folder,
    description: path.join(folder, 'run.json'),
    events: path.join(folder, 'events.jsonl'),
    journal: path.join(folder, 'journal.jsonl'),
  };
};
