import { mkdir, writeFile } from 'node:fs/promises';
import type { Event } from '../report/events.ts';
import { openAppender } from './append.ts';
import { runFiles } from './folder.ts';
import type { RecordedPart, RunDescription } from './types.ts';

/** The controller's record of a run, while it runs. */
export interface RunRecord {
  /** Resolves when the changes are on disk: they may be made. Rejects with the system's error. */
  readonly journal: (part: RecordedPart) => Promise<void>;
  /** Events are written as they come; what cannot be written is told at the end. */
  readonly event: (event: Event) => void;
  /** Gives why the record is not whole; undefined: it is. */
  readonly close: () => Promise<string | undefined>;
}

/** Where a host is now is of no interest later. */
const isKept = ({ type }: Event): boolean => type !== 'host-stage';

/** Makes the record's folder, for its owner alone. Throws the system's error. */
export const createRunRecord = async (description: RunDescription): Promise<RunRecord> => {
  const files = runFiles(description.run);
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeFile(files.description, `${JSON.stringify(description, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  const journal = await openAppender(files.journal, true);
  const events = await openAppender(files.events, false);
  let problem: string | undefined;
  const failed = (error: unknown): void => {
    problem ??= `${files.folder}: ${(error as Error).message}`;
  };
  return {
    journal: (part) => journal.append(JSON.stringify(part)),
    event: (event) => {
      if (isKept(event)) events.append(JSON.stringify(event)).catch(failed);
    },
    close: async () => {
      await Promise.all([journal.close(), events.close()]).catch(failed);
      return problem;
    },
  };
};
