import { badValue } from './data.ts';
import type { Budget } from './budget.ts';

/** Texts cut and put together as Python does it; each spends for its result before it is made. */

/** `str.split`: without a separator at runs of white space. `limit` cuts at most; the rest stays whole. */
export const split = (
  text: string,
  separator: string | undefined,
  limit: number,
  budget: Budget,
): readonly string[] => {
  budget.spendText(text.length);
  if (separator === '') throw badValue('an empty separator cannot split a text');
  const parts: string[] = [];
  const pattern = separator === undefined ? /\s+/g : undefined;
  let rest = separator === undefined ? text.trimStart() : text;
  while (limit < 0 || parts.length < limit) {
    if (pattern) pattern.lastIndex = 0;
    const match = pattern?.exec(rest);
    const at = separator === undefined ? (match?.index ?? -1) : rest.indexOf(separator);
    if (at === -1) break;
    budget.spend(1);
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + (match?.[0].length ?? separator!.length));
  }
  if (separator !== undefined || rest !== '') parts.push(rest);
  return parts;
};

/** `str.rsplit`: as `split`, but what `limit` leaves whole is the beginning. */
export const splitFromEnd = (
  text: string,
  separator: string | undefined,
  limit: number,
  budget: Budget,
): readonly string[] => {
  const mirror = (part: string): string => [...part].reverse().join('');
  const parts = split(mirror(text), separator === undefined ? undefined : mirror(separator), limit, budget);
  return parts.map(mirror).reverse();
};

/** True where there are letters with case and all are of one. Rule: Python's str.islower and str.isupper. */
export const isLower = (text: string): boolean => text === text.toLowerCase() && text !== text.toUpperCase();
export const isUpper = (text: string): boolean => text === text.toUpperCase() && text !== text.toLowerCase();

/** How many newlines a text ends with. */
export const newlinesAtEnd = (text: string): number => {
  let start = text.length;
  while (text[start - 1] === '\n') start--;
  return text.length - start;
};

/** `separator.join(parts)`. */
export const join = (parts: readonly string[], separator: string, budget: Budget): string => {
  budget.spendText(parts.reduce((length, part) => length + part.length + separator.length, 0));
  return parts.join(separator);
};

/** `str.replace`: all, or the first `limit` occurrences. */
export const replace = (text: string, old: string, replacement: string, limit: number, budget: Budget): string => {
  if (limit === 0) return text;
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  budget.spend(parts.length);
  if (limit < 0 || parts.length - 1 <= limit) return join(parts, replacement, budget);
  return join([...parts.slice(0, limit), join(parts.slice(limit), old, budget)], replacement, budget);
};

/** `str.strip`: white space, or any of the characters, at the chosen ends. */
export const strip = (
  text: string,
  characters: string | undefined,
  ends: 'both' | 'start' | 'end' = 'both',
): string => {
  const isStripped = (character: string): boolean =>
    characters === undefined ? /\s/.test(character) : characters.includes(character);
  let [start, end] = [0, text.length];
  if (ends !== 'end') while (start < end && isStripped(text[start]!)) start++;
  if (ends !== 'start') while (end > start && isStripped(text[end - 1]!)) end--;
  return text.slice(start, end);
};

/** The lines of a text, without what ends them. Rule: Python's str.splitlines. */
export const lines = (text: string): readonly string[] => {
  // oxlint-disable-next-line no-control-regex -- Python ends lines at these too
  const parts = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  return parts.at(-1) === '' ? parts.slice(0, -1) : parts;
};

/** The first character in upper case, the others in lower case. */
export const capitalize = (text: string): string => {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
};

/** The text among fill characters, `width` in all. Rule: Python's str.center, which puts an odd one left where the width is odd. */
export const center = (text: string, width: number, fill: string, budget: Budget): string => {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  budget.spendText(width);
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + text + fill.repeat(missing - left);
};

/** A word for the shell, as Python's shlex.quote. */
export const quoteWord = (word: string): string => {
  if (word === '') return "''";
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
};
