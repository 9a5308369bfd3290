import { syntax } from './scan.ts';

const simple: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  "'": "'",
  '"': '"',
  '\\': '\\',
  '\n': '',
};

/** Escapes as Python reads them: an unknown one keeps its backslash, `\1` is a character number. */
export const unescape = (body: string): string =>
  body.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U000([01][0-9a-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g,
    (whole, byte, unit, point, octal, character) => {
      if (byte ?? unit ?? point) return String.fromCodePoint(Number.parseInt(byte ?? unit ?? point, 16));
      if (octal) return String.fromCharCode(Number.parseInt(octal, 8));
      return simple[character] ?? whole;
    },
  );

/** In `{{ }}` of a value Ansible takes backslashes as they are, so that patterns need no doubling; only a quote can be escaped. */
const unescapeQuotes = (body: string): string => body.replaceAll(/\\(['"])/g, '$1');

/** How string literals are read: as Python does in conditions, statements and files, or as Ansible does in values. */
export type Escapes = 'python' | 'quotes';

const literal = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<![\w.])(?:0[box]\w*|\d\w*(?:\.\d\w*)?(?:(?<=e)[+-]\d\w*)?)/gis;
const integer = /^(?:0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*)$/i;
const fraction = /^\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:e[+-]?\d+(?:_\d+)*)?$/i;

/** A number as the library's parser takes it: decimal, with a point where it is a float. */
const numeral = (source: string, offset: number): string => {
  const digits = source.replaceAll('_', '');
  if (integer.test(source)) {
    if (!Number.isSafeInteger(Number(digits)))
      throw syntax('this number is too large to be exact: integers end at 2 ** 53', offset, source.length);
    return String(Number(digits));
  }
  const isFloat = fraction.test(source) && /[.e]/i.test(source);
  if (isFloat && Number.isFinite(Number(digits))) return digits.replace(/^(\d+)(?=e|$)/i, '$1.0');
  const isOctal = /^0\d+$/.test(digits);
  throw syntax(isOctal ? 'a number does not begin with 0' : `'${source}' is no number`, offset, source.length);
};

/**
 * The source with every string blanked and every number replaced by ones, to the same lengths, and what they say:
 * the library's tokenizer knows other escapes and fewer numbers than Jinja.
 */
export const blankLiterals = (
  source: string,
  escapes: Escapes,
): { readonly blanked: string; readonly strings: readonly string[]; readonly numerals: readonly string[] } => {
  const strings: string[] = [];
  const numerals: string[] = [];
  const blanked = source.replace(literal, (found: string, offset: number) => {
    if (/^\d/.test(found)) {
      numerals.push(numeral(found, offset));
      return '1'.repeat(found.length);
    }
    const body = found.slice(1, -1);
    strings.push(escapes === 'python' ? unescape(body) : unescapeQuotes(body));
    return `'${'_'.repeat(body.length)}'`;
  });
  return { blanked, strings, numerals };
};
