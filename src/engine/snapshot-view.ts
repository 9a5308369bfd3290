import type { Shell } from '../connect/shell/shell.ts';
import { isGlob } from '../contract/glob.ts';
import { memoize } from '../contract/memoize.ts';
import { opName, type Read, type ReadOp } from '../contract/reads.ts';
import type { Snapshot } from '../contract/snapshot.ts';

/** What is known of a host through one shell. It stays true until something is written or run on the host. */
export interface SnapshotView {
  /** Asks for whatever of `reads` is not known yet; nothing missing, no ask. */
  readonly ensure: (reads: readonly Read<unknown>[]) => Promise<void>;
  readonly snapshot: () => Snapshot;
  /** Something changed on the host: all of it must be asked for again. */
  readonly invalidate: () => void;
  /** Somebody else was at work on the host: all of it is asked for again the next time, and until then stays as it was read. */
  readonly expire: () => void;
  /** A read understood, once a snapshot: reads are shared values. */
  readonly decode: <S>(read: Read<S>) => S;
}

/** A file's text; null: it is absent or cannot be read. */
export const rawOf = (snapshot: Snapshot, path: string): string | null => {
  const content = snapshot.content.get(path);
  return content && 'raw' in content ? content.raw : null;
};

const empty: Snapshot = { content: new Map(), stat: new Map(), units: new Map(), output: new Map() };

const merge = (left: Snapshot, right: Snapshot): Snapshot => ({
  content: new Map([...left.content, ...right.content]),
  stat: new Map([...left.stat, ...right.stat]),
  units: new Map([...left.units, ...right.units]),
  output: new Map([...left.output, ...right.output]),
});

/** Mode and owner of every file that may be replaced: they belong to the journal's before-image. */
const withStats = (op: ReadOp): readonly ReadOp[] =>
  op.op === 'content' && !op.where && !isGlob(op.pattern) && !/^\/(sys|proc|dev)\//.test(op.pattern)
    ? [op, { op: 'stat', pattern: op.pattern }]
    : [op];

/** All that is asked for a read. */
const opsOf = memoize((read: Read<unknown>) => read.ops.flatMap(withStats));

export const createSnapshotView = (shell: Shell, asked: () => void): SnapshotView => {
  let snapshot = empty;
  let known = new Set<string>();
  let ensured = new Set<Read<unknown>>();
  let decoded = new Map<Read<unknown>, unknown>();
  let isExpired = false;
  const forget = (): void => {
    snapshot = empty;
    known = new Set();
    ensured = new Set();
    decoded = new Map();
    isExpired = false;
  };
  return {
    ensure: async (reads) => {
      if (isExpired) forget();
      const before = ensured;
      const fresh = new Set<Read<unknown>>();
      const missing = new Map<string, ReadOp>();
      for (const read of reads) {
        if (before.has(read) || fresh.has(read)) continue;
        fresh.add(read);
        for (const op of opsOf(read)) if (!known.has(opName(op))) missing.set(opName(op), op);
      }
      if (missing.size > 0) {
        asked();
        const answer = await shell.ask([...missing.values()]);
        snapshot = known.size === 0 ? answer : merge(snapshot, answer);
        decoded = new Map();
      }
      for (const name of missing.keys()) known.add(name);
      for (const read of fresh) before.add(read);
    },
    snapshot: () => snapshot,
    invalidate: forget,
    expire: () => {
      isExpired = true;
    },
    decode: <S>(read: Read<S>): S => {
      if (!decoded.has(read)) decoded.set(read, read.decode(snapshot));
      return decoded.get(read) as S;
    },
  };
};
