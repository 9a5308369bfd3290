import type { WriteOp } from '../connect/shell/script.ts';
import { text } from '../contract/codecs.ts';
import { file, valueOf, type Read } from '../contract/reads.ts';
import type { Reading } from '../contract/steps.ts';
import { who } from './who.ts';

/** Who had the lock of a host last: run, since when, and who it is, in one line. */
export const lock: Read<Reading<string>> = file('/run/perfplay/lock', text);

/** What the lock says of whoever has it. */
export interface Holder {
  readonly run: string;
  readonly since: string;
  readonly who: string;
  /** Its shell there; undefined once that has ended. */
  readonly pid: string | undefined;
}

const holderOf = (line: string): Holder => {
  const [, run = '', since = '', who = '', pid] = /^(\S+) (\S+) (.*?) (?:(\d+):\d*|-)$/.exec(line) ?? [];
  return { run, since, who, pid };
};

/** Another run changes the host. */
export class HostLocked extends Error {
  constructor(line: string) {
    const { run, since, who, pid } = holderOf(line);
    super(
      run === ''
        ? 'another run holds the lock of this host'
        : `run ${run} of ${who} holds the lock of this host since ${since}${pid === undefined ? '' : ` (process ${pid} there)`}`,
    );
    this.name = 'HostLocked';
  }
}

/** The op that takes the lock before anything is changed; `seen`: the lock as it was read with all the rest. */
export const lockOp = (run: string, now: Date, seen: Reading<string> | undefined): WriteOp => ({
  op: 'lock',
  run,
  who: who(),
  since: now.toISOString(),
  seen: valueOf(seen) ?? '',
});

/** Exit codes of the op: another run has it; it was another run's after `seen` was read. */
export const lockStates = { held: 75, moved: 76 } as const;
