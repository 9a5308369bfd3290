import { open } from 'node:fs/promises';

/** A file that only grows. */
export interface Appender {
  /** Resolves when the line is on disk. Rejects with the system's error; then nothing of it counts. */
  readonly append: (line: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a private file for appending. Lines that come while others are written go to the disk together: with a thousand hosts one
 * fsync serves many. Throws the system's error where the file cannot be made.
 */
export const openAppender = async (file: string, sync: boolean): Promise<Appender> => {
  const handle = await open(file, 'a', 0o600);
  let waiting: { readonly line: string; readonly done: (error?: unknown) => void }[] = [];
  let work: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await handle.appendFile(batch.map(({ line }) => `${line}\n`).join(''));
        if (sync) await handle.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        for (const { done } of batch) done(error);
      }
    }
    work = undefined;
  };

  return {
    append: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ line, done: (error) => (error === undefined ? resolve() : reject(error as Error)) });
        work ??= flush();
      }),
    close: async () => {
      await work;
      await handle.close();
    },
  };
};
