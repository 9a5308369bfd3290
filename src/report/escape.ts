import { stripVTControlCharacters } from 'node:util';

/** C0, DEL and C1 controls, line separators, and the marks that reorder or hide text (Unicode UAX 9, "Trojan Source"). */
const unsafe =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

const code = (character: string): string => {
  const point = character.codePointAt(0)!;
  return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`;
};

/**
 * Foreign text made fit for one line of a terminal: colour and cursor sequences are dropped, a tab is a space, a newline `\n`,
 * every other control or bidirectional mark its code.
 */
export const escapeText = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll('\t', ' ')
    .replaceAll('\n', '\\n')
    .replace(unsafe, code);

/** A text of several lines with every control and bidirectional mark replaced; newlines and tabs stay. */
export const replaceUnsafe = (text: string, replacement: (character: string) => string): string =>
  text.replace(unsafe, (character) => (character === '\n' || character === '\t' ? character : replacement(character)));

/** A page of text, made of parts that were made fit for a line each: the last door before a terminal. */
export const escapePage = (text: string): string => replaceUnsafe(text, code);

const jsonCode = (character: string): string =>
  Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');

/** JSON that is also safe to print, on one line unless `indent` says otherwise: what would be touched is written `\uXXXX`, so no value is changed. */
export const safeJson = (value: unknown, indent?: number): string =>
  replaceUnsafe(JSON.stringify(value, undefined, indent), jsonCode);
