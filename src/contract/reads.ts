import { select } from './glob.ts';
import { verbatim } from './codecs.ts';
import { entryValue } from './entries.ts';
import { memoize } from './memoize.ts';
import { queryKey, type Content, type Snapshot, type Stat } from './snapshot.ts';
import type { Codec, Reading, Target } from './steps.ts';

/** Keep only the matches in whose directory FILE's first line is one of `matches`: qemu's processes out of all of /proc. */
export interface Where {
  readonly file: string;
  readonly matches: readonly string[];
}

export type ReadOp =
  /** A path, or a glob that the target's sh expands. */
  | {
      readonly op: 'content';
      readonly pattern: string;
      readonly where?: Where;
      /** Only up to the first blank line, for files that repeat themselves per CPU. */
      readonly part?: 'paragraph';
    }
  | { readonly op: 'stat'; readonly pattern: string; readonly where?: Where }
  /** All of a batch become one `systemctl show`. */
  | { readonly op: 'unit'; readonly name: string }
  /** A read-only program. */
  | { readonly op: 'query'; readonly argv: readonly string[] };

/** Equal ops have equal names. Reads are shared values, and so are their ops. */
export const opName = memoize((op: ReadOp): string => JSON.stringify(op));

/** One thing a module wants to know: its ops and how to understand them. Facts are shared values of this type. */
export interface Read<S> {
  readonly ops: readonly ReadOp[];
  readonly decode: (snapshot: Snapshot) => S;
}
export type Reads = Readonly<Record<string, Read<unknown>>>;
export type Seen<R extends Reads> = { readonly [K in keyof R]: R[K] extends Read<infer S> ? S : never };

/** The one place where a missing or refused read becomes a reading without a value. Never throws. */
export const understand = <T>(codec: Codec<T>, content: Content | undefined, target?: Target): Reading<T> => {
  const at = target ? { codec, target } : { codec };
  if (!content || 'errno' in content) return { ...at, errno: content?.errno ?? 'ENOENT' };
  return { ...at, raw: content.raw, value: codec.decode(content.raw) };
};

const targetOf = (path: string): Target => ({ kind: /^\/(sys|proc)\//.test(path) ? 'attribute' : 'file', path });

/** One file as a reading that can be written back: an attribute under /sys and /proc, else a file. */
export const file = <T>(path: string, codec: Codec<T>): Read<Reading<T>> => ({
  ops: [{ op: 'content', pattern: path }],
  decode: (snapshot) => understand(codec, snapshot.content.get(path), targetOf(path)),
});

/** Every match of the globs, by path. */
export const files = <T>(
  patterns: string | readonly string[],
  codec: Codec<T>,
  where?: Where,
): Read<ReadonlyMap<string, Reading<T>>> => {
  const all = [patterns].flat();
  return {
    ops: all.map((pattern) => ({ op: 'content', pattern, ...(where && { where }) })),
    decode: (snapshot) =>
      new Map(
        all.flatMap((pattern) =>
          [...select(snapshot.content, pattern)].map(
            ([path, content]) => [path, understand(codec, content, targetOf(path))] as const,
          ),
        ),
      ),
  };
};

/** Types, modes and link texts of every match. */
export const stats = (pattern: string, where?: Where): Read<ReadonlyMap<string, Stat>> => ({
  ops: [{ op: 'stat', pattern, ...(where && { where }) }],
  decode: (snapshot) => select(snapshot.stat, pattern),
});

/** A systemd unit: its aspects are readings that can be set. Not installed: ENOENT; systemctl tells nothing of it: EUNKNOWN. */
export interface Unit {
  readonly active: Reading<boolean>;
  readonly enabled: Reading<boolean>;
  readonly masked: Reading<boolean>;
}
const oneOf = (yes: readonly string[], spelling: readonly [string, string]): Codec<boolean> => ({
  decode: (raw) => yes.includes(raw),
  encode: (value) => (value ? spelling[0] : spelling[1]),
});
const activeCodec = oneOf(['active', 'activating', 'reloading'], ['active', 'inactive']);
// What is so at runtime only is gone with the boot.
const enabledCodec = oneOf(['enabled', 'alias'], ['enabled', 'disabled']);
const maskedCodec = oneOf(['masked'], ['masked', 'unmasked']);

/** The three aspects of the unit `name` (`irqbalance.service`), from systemctl show. */
export const unit = (name: string): Read<Unit> => ({
  ops: [{ op: 'unit', name }],
  decode: (snapshot) => {
    const state = snapshot.units.get(name);
    const aspect = (aspect: 'active' | 'enabled' | 'masked', codec: Codec<boolean>): Reading<boolean> => {
      const raw = aspect === 'active' ? state?.active : state?.enabled;
      const content = raw === undefined ? { errno: 'EUNKNOWN' as const } : { raw };
      return understand(codec, state?.load === 'not-found' ? undefined : content, { kind: 'unit', name, aspect });
    };
    return {
      active: aspect('active', activeCodec),
      enabled: aspect('enabled', enabledCodec),
      masked: aspect('masked', maskedCodec),
    };
  },
});

/** The output of a read-only program; exit 127 is ENOENT, any other failure EUNKNOWN. */
export const query = <T>(argv: readonly string[], codec: Codec<T>): Read<Reading<T>> => ({
  ops: [{ op: 'query', argv }],
  decode: (snapshot) => {
    const output = snapshot.output.get(queryKey(argv));
    if (!output || output.exit === 127) return understand(codec, undefined);
    return understand(codec, output.exit === 0 ? { raw: output.text } : { errno: 'EUNKNOWN' });
  },
});

export const decodeAll = <R extends Reads>(reads: R, snapshot: Snapshot): Seen<R> =>
  Object.fromEntries(Object.entries(reads).map(([name, read]) => [name, read.decode(snapshot)])) as Seen<R>;

/** Several reads understood together: how a fact is made of files. */
export const combine = <R extends Reads, T>(reads: R, derive: (seen: Seen<R>) => T): Read<T> => ({
  ops: Object.values(reads).flatMap((read) => read.ops),
  decode: (snapshot) => derive(decodeAll(reads, snapshot)),
});

type EntryTarget = Extract<Target, { kind: 'entry' }>;

/** One named line of a file, as a reading of its own; without more words a `NAME=value` line of a shell-vars file. */
export const entry = (
  file: Reading<unknown>,
  name: string,
  more: Partial<Omit<EntryTarget, 'kind' | 'path' | 'name'>> = {},
): Reading<string> => {
  const path = file.target && 'path' in file.target ? file.target.path : '';
  const target: EntryTarget = { kind: 'entry', path, format: 'shell-vars', name, ...more };
  if ('errno' in file) return { codec: verbatim, target, errno: file.errno };
  const raw = entryValue(file.raw, target);
  return understand(verbatim, raw === undefined ? undefined : { raw }, target);
};

/** A value computed from other readings: readable, comparable, and writable only through `target`. */
export const derived = <T>(value: T | undefined, codec: Codec<T>, target?: Target): Reading<T> =>
  value === undefined
    ? { codec, ...(target && { target }), errno: 'ENOENT' }
    : { codec, ...(target && { target }), raw: codec.encode(value), value };

export const valueOf = <T>(reading: Reading<T> | undefined): T | undefined =>
  reading && 'value' in reading ? reading.value : undefined;
