import { entryValue, withEntry } from '../contract/entries.ts';
import type { Target } from '../contract/steps.ts';

export type EntryTarget = Extract<Target, { kind: 'entry' }>;

/** What becomes of one line of a file, or of one word of its value; null: it goes. */
export interface EntryEdit {
  readonly at: EntryTarget;
  readonly after: string | null;
}

const withWord = (value: string, word: string, present: boolean): string => {
  const others = value.split(/\s+/).filter((one) => one !== '' && one !== word);
  return (present ? [...others, word] : others).join(' ');
};

/** A file's text with all edits made, in their order. */
export const withEntries = (text: string, edits: readonly EntryEdit[]): string =>
  edits.reduce((current, { at, after }) => {
    if (at.word === undefined) return withEntry(current, at, after);
    return withEntry(current, at, withWord(entryValue(current, at) ?? '', at.word, after !== null));
  }, text);
