import { entryValue, withEntry } from '../contract/entries.ts';
import type { Target } from '../contract/steps.ts';

export type EntryTarget = Extract<Target, { kind: 'entry' }>;

/** What becomes of one line of a file, or of one word of its value; null: it goes. */
export interface EntryEdit {
  readonly at: EntryTarget;
  readonly after: string | null;
  /** The whole file as it was before perfplay: it comes back where the edits leave nothing else. Null: there was none. */
  readonly original?: string | null;
}

const wordsOf = (value: string | undefined): readonly string[] =>
  (value ?? '').split(/\s+/).filter((word) => word !== '');

const withWord = (value: string, word: string, present: boolean): string => {
  const others = wordsOf(value).filter((one) => one !== word);
  return (present ? [...others, word] : others).join(' ');
};

/** True where two texts say the same by their lines of these names, and have the same lines else. */
const isSame = (left: string, right: string, edits: readonly EntryEdit[]): boolean => {
  const rest = (text: string): string =>
    edits.reduce((current, { at }) => withEntry(current, at, null), text).replace(/\n+$/, '');
  return (
    rest(left) === rest(right) &&
    edits.every(({ at }) => wordsOf(entryValue(left, at)).join(' ') === wordsOf(entryValue(right, at)).join(' '))
  );
};

/** True where a file is the original with these lines as they stand in it, and nothing else. */
const isOnlyOurs = (text: string, original: string, edits: readonly EntryEdit[]): boolean =>
  edits.reduce((current, { at }) => {
    const [there, here] = [entryValue(text, at), entryValue(current, at)];
    if (at.word === undefined) return there === here ? current : withEntry(current, at, there ?? null);
    const isThere = wordsOf(there).includes(at.word);
    return isThere === wordsOf(here).includes(at.word)
      ? current
      : withEntry(current, at, withWord(here ?? '', at.word, isThere));
  }, original) === text;

/** A file's text with all edits made, in their order; null: there was no file before perfplay, and nothing else is in it. */
export const withEntries = (text: string, edits: readonly EntryEdit[]): string | null => {
  const edited = edits.reduce((current, { at, after }) => {
    if (at.word === undefined) return withEntry(current, at, after);
    return withEntry(current, at, withWord(entryValue(current, at) ?? '', at.word, after !== null));
  }, text);
  const original = edits.find((edit) => edit.original !== undefined)?.original;
  if (original === undefined) return edited;
  return isOnlyOurs(text, original ?? '', edits) || isSame(edited, original ?? '', edits) ? original : edited;
};
