import { ini, keyValue } from './ini.ts';
import { placesIn, withValue, type Dialect, type EntryName } from './entry-lines.ts';
import { shellLines } from './shell-vars.ts';
import type { Format } from './steps.ts';

/** One named line of a file. */
export type EntryAt = EntryName & { readonly format: Format };

const dialects: Readonly<Record<Format, Dialect>> = { 'shell-vars': shellLines, 'key-value': keyValue, ini };

/** Every line of the text that assigns the name, numbered from 1: the last one counts. `whole`: its value ends with it. */
export const entryPlaces = (
  text: string,
  entry: EntryAt,
): readonly { readonly line: number; readonly value: string; readonly whole: boolean }[] =>
  placesIn(text, entry, dialects[entry.format]);

/** The value that counts; undefined: none is assigned. */
export const entryValue = (text: string, entry: EntryAt): string | undefined => entryPlaces(text, entry).at(-1)?.value;

/** The text with this value and every other line as it was; null takes each line of the name away. */
export const withEntry = (text: string, entry: EntryAt, value: string | null): string =>
  withValue(text, entry, value, dialects[entry.format]);
