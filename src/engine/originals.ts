import { verbatim } from '../contract/codecs.ts';
import { combine, entry, file, unit, type Read } from '../contract/reads.ts';
import type { Reading, Target } from '../contract/steps.ts';
import { targetKey } from './targets.ts';

/** What may be somebody else's: a line of a file, a word of it, a whole file, a unit. */
export type OriginalTarget = Extract<Target, { kind: 'entry' | 'file' | 'unit' }>;

/** What stood at a target before perfplay first wrote there: `state: absent` puts it back. Null: nothing. */
export interface Original {
  readonly at: OriginalTarget;
  readonly was: string | null;
  /** What perfplay wrote; another value is somebody's who came later, and stays. */
  readonly set: string | null;
  /** Of an entry: the whole file as it was. */
  readonly text?: string | null;
}

/** By the key of their target. */
export type Originals = ReadonlyMap<string, Original>;

export const originalsFile = '/var/lib/perfplay/originals';

/** Throws SyntaxError where the text is not whole. */
export const parseOriginals = (text: string): Originals =>
  new Map(
    text.split('\n').flatMap((line) => {
      if (line === '') return [];
      const original = JSON.parse(line) as Original;
      return [[targetKey(original.at), original]];
    }),
  );

/** The file of originals: its text, and what it says; undefined: it cannot be read. */
export const originals: Read<{ readonly text: string | null; readonly known: Originals | undefined }> = combine(
  { kept: file(originalsFile, verbatim) },
  ({ kept }) => {
    if ('errno' in kept) return { text: null, known: kept.errno === 'ENOENT' ? new Map() : undefined };
    try {
      return { text: kept.raw, known: parseOriginals(kept.raw) };
    } catch {
      return { text: kept.raw, known: undefined };
    }
  },
);

/** The file's text; null: nothing is remembered, so it goes. */
export const renderOriginals = (known: Originals): string | null =>
  known.size === 0 ? null : [...known.values()].map((original) => `${JSON.stringify(original)}\n`).join('');

/** Reads what stands at a target now. */
export const readTarget = (at: OriginalTarget): Read<Reading<unknown>> => {
  if (at.kind === 'unit') return combine({ seen: unit(at.name) }, ({ seen }) => seen[at.aspect]);
  const content = file(at.path, verbatim);
  if (at.kind === 'file') return content;
  const { kind: _, path: __, name, word, ...more } = at;
  return combine({ content }, ({ content: found }): Reading<string> => {
    const line = entry(found, name, more);
    if (word === undefined) return line;
    const isThere = 'value' in line && line.value.split(/\s+/).includes(word);
    const errno = 'errno' in line ? line.errno : ('ENOENT' as const);
    return isThere ? { codec: verbatim, target: at, raw: word, value: word } : { codec: verbatim, target: at, errno };
  });
};
