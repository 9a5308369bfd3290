import { FrameError, type WriteResult } from '../connect/shell/frames.ts';
import { ShellLost, type Shell } from '../connect/shell/shell.ts';
import type { ApplyBatch } from './apply.ts';
import { armOp, confirmRisky } from './dead-man.ts';
import type { Known, Problem } from './evaluate.ts';
import { journalOp, type JournalHeader, type JournalPart } from './journal.ts';
import { HostLocked, lock, lockOp, lockStates } from './lock.ts';

/** What sending a batch of writes needs. */
export interface BatchOptions {
  readonly shell: Shell;
  /** Does something in a shell of the same user over a connection of its own. Throws ConnectError, BecomeError, ShellLost. */
  readonly anew: <T>(work: (shell: Shell) => Promise<T>) => Promise<T>;
  readonly journal: JournalHeader;
  /** The number of the next part of the host's journal. */
  readonly journalPart: () => number;
  /** Puts the changes into the controller's record of the run, before they are made. Throws where it cannot. */
  readonly record: (part: JournalPart) => Promise<void>;
  /** Seconds to wait for a host that another run holds. */
  readonly lockTimeout: number;
  readonly now: () => Date;
  /** Seconds; ends early when the run is interrupted. */
  readonly wait: (seconds: number) => Promise<void>;
  readonly stopped: () => boolean;
  /** No view of the host is true any more. */
  readonly invalidate: () => void;
  readonly on: (stage: 'waiting' | 'observe' | 'plan' | 'apply' | 'verify', detail?: string) => void;
}

/** The connection was cut while writes were under way, or before they were read back: what was done is not known. */
export class ApplyLost extends Error {
  constructor(cause: ShellLost | FrameError) {
    super(cause.message, { cause });
    this.name = 'ApplyLost';
  }
}

/** An error of the shell once something was written: what the host is like is not known. */
export const afterWriting = (error: unknown): never => {
  throw error instanceof ShellLost || error instanceof FrameError ? new ApplyLost(error) : error;
};

/** Seconds between two looks at a lock that another run holds. */
const lockPace = 1;

const firstLine = (result: WriteResult | undefined): string => result?.text.split('\n')[0] ?? '';

const cannotLock = (result: WriteResult | undefined): string | undefined =>
  result?.state === 0 || result?.state === lockStates.moved
    ? undefined
    : `the host cannot be locked, so nothing was changed: ${firstLine(result)}`;

/** Waits until the host is ours: what the last try gave. Throws HostLocked where the other run keeps it for longer than one may wait. */
const waitForLock = async (options: BatchOptions, take: () => Promise<WriteResult | undefined>, holder: string) => {
  const { lockTimeout, wait, stopped, on } = options;
  const deadline = Date.now() + lockTimeout * 1000;
  let locked = new HostLocked(holder);
  for (;;) {
    const left = (deadline - Date.now()) / 1000;
    if (left <= 0 || stopped()) throw locked;
    on('waiting', locked.message);
    await wait(Math.min(lockPace, left));
    const result = await take();
    if (result?.state !== lockStates.held) return result;
    locked = new HostLocked(firstLine(result));
  }
};

/**
 * Takes the lock of a host where a program is to be run there: why it cannot. Throws HostLocked.
 * The lock goes with the shell; taking it again is nothing.
 */
export const takeLock = async (options: BatchOptions): Promise<string | undefined> => {
  const take = async (): Promise<WriteResult | undefined> => {
    const op = lockOp(options.journal.run, options.now(), undefined);
    const [result] = await options.shell.apply([op]).catch(afterWriting);
    return result;
  };
  const result = await take();
  return cannotLock(result?.state === lockStates.held ? await waitForLock(options, take, firstLine(result)) : result);
};

/** What became of a batch; `undone`: what was risky has been taken back by the host itself. */
export type Sent =
  | { readonly results: readonly WriteResult[]; readonly undone?: Problem }
  | { readonly again: true }
  | { readonly refused: string };

/**
 * Sends a batch: recorded here first, then, on the host, locked, recorded and made. `again`: another run was at work on the host
 * since it was observed. Throws HostLocked, ApplyLost, ConnectError.
 */
export const sendBatch = async (
  options: BatchOptions,
  { ops, changes, risky }: ApplyBatch,
  known: Known,
): Promise<Sent> => {
  const { shell, journal, now } = options;
  const watch = risky.length > 0 ? armOp(risky) : undefined;
  const part: JournalPart = {
    version: 1,
    ...journal,
    part: options.journalPart(),
    time: now().toISOString(),
    changes,
  };
  try {
    await options.record(part);
  } catch (error) {
    return {
      refused: `the record of the run cannot be written here, so nothing was changed: ${(error as Error).message}`,
    };
  }
  const lockedBy = lockOp(journal.run, now(), known(lock));
  options.invalidate();
  const [, recorded, gate, ...rest] = ops;
  const sent = [lockedBy, { ...journalOp(part), needs: recorded!.needs! }, watch ? { ...watch, needs: [1] } : gate!];
  const results = await shell.apply([...sent, ...rest]).catch(afterWriting);
  const [locked, journaled, armed] = results;
  if (locked?.state === lockStates.moved) return { again: true };
  if (locked?.state === lockStates.held) {
    const take = async () => (await shell.apply([lockedBy]).catch(afterWriting))[0];
    const refused = cannotLock(await waitForLock(options, take, firstLine(locked)));
    return refused === undefined ? { again: true } : { refused };
  }
  const refused = cannotLock(locked);
  if (refused !== undefined) return { refused };
  if (journaled?.state !== 0) {
    const hint = journaled?.text.includes('Permission denied') ? ' (is become set?)' : '';
    return { refused: `the journal cannot be written, so nothing was changed: ${firstLine(journaled)}${hint}` };
  }
  if (!watch) return { results };
  if (armed?.state !== 0) return { refused: `${firstLine(armed)}, so nothing was changed` };
  const undone = await confirmRisky(options, watch.token).catch(afterWriting);
  return { results, ...(undone && { undone }) };
};
