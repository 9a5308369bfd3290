import { verbatim } from '../../../contract/codecs.ts';
import { combine, file, type Read } from '../../../contract/reads.ts';
import { notice, textOf } from '../lines.ts';
import type { StoreChange } from '../store.ts';
import { argumentsOf } from './argument-line.ts';
import type { ArgumentText } from './argument-text.ts';
import { dataLines, parseKept, type KeptArguments } from './kept.ts';

/** Where the boot loader's own files hold the arguments: what perfplay keeps in them, and what they were before. */
const recordFile = '/etc/perfplay/kernel-arguments';

/** Texts by the file that had them before perfplay came; null: there was none. */
export type FormerTexts = ReadonlyMap<string, string | null>;

export interface KeptRecord {
  readonly text: string | null;
  readonly kept: KeptArguments;
  readonly former: FormerTexts;
}

const parseFormer = (text: string | null): FormerTexts =>
  new Map(
    [...(text ?? '').matchAll(/^# perfplay was (\S+) (null|".*")$/gm)].flatMap(([, path, json]) => {
      try {
        return [[path!, JSON.parse(json!) as string | null] as const];
      } catch {
        return [];
      }
    }),
  );

export const record: Read<KeptRecord> = combine({ content: file(recordFile, verbatim) }, ({ content }) => {
  const text = textOf(content);
  return { text, kept: parseKept(text), former: parseFormer(text) };
});

/** The record's change; it goes with the last argument. */
export const recordChange = (before: KeptRecord, kept: KeptArguments, former: FormerTexts): StoreChange => {
  const lines = [
    notice,
    ...dataLines(kept),
    ...[...former].map(([path, text]) => `# perfplay was ${path} ${JSON.stringify(text)}`),
    '',
  ];
  return {
    at: { kind: 'file', path: recordFile },
    before: before.text,
    after: kept.size === 0 ? null : lines.join('\n'),
  };
};

/** A file with kernel arguments, as it is and as it shall be. */
export interface Place {
  readonly path: string;
  readonly kind: ArgumentText;
  readonly text: string;
  /** What of all that is kept belongs here. */
  readonly part?: (kept: KeptArguments) => KeptArguments;
}

export interface NextText {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  /** What it was before perfplay came, as far as one can tell. */
  readonly former: string | null;
}

const isSameBySpaces = (left: string, right: string): boolean =>
  left.replaceAll(/\s+/g, ' ').trim() === right.replaceAll(/\s+/g, ' ').trim();

/**
 * A place's next text. A file that nobody else has changed since comes back to the byte; else our words go,
 * and those of the same names that stood there before come back.
 */
export const nextText = (place: Place, { kept, former }: KeptRecord, next: KeptArguments): NextText => {
  const { path, kind, text, part = (all) => all } = place;
  const was = former.get(path) ?? undefined;
  const groups = [...part(kept).keys()];
  const without =
    was !== undefined && kind.bringBack
      ? kind.bringBack(text, was, groups)
      : kind.edit(text, argumentsOf(kind.words(was ?? ''), groups));
  const isUntouched = was !== undefined && (kind.edit(was, part(kept)) === text || isSameBySpaces(was, without));
  const own = isUntouched ? was : without;
  return { path, before: text, after: kind.edit(own, part(next)), former: own };
};
