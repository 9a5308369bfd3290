/** A string literal's text and where it ends; or why it has no place here. */
export interface PythonString {
  readonly text: string;
  readonly end: number;
  readonly problem?: string;
}

const body = (quote: string): string =>
  quote.length === 3
    ? String.raw`${quote}((?:\\[\s\S]|(?!${quote})[^\\])*)${quote}`
    : String.raw`${quote}(?!${quote}${quote})((?:\\[\s\S]|[^\\${quote}])*)${quote}`;
const literal = new RegExp(`([uU]|[rR][bB]?|[bB][rR]?)?(?:${[`'''`, `"""`, `'`, `"`].map(body).join('|')})`, 'y');

const escape =
  /\\(?:([\\'"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(0010[0-9a-fA-F]{4}|000[0-9a-fA-F]{5})|(N\{[^{}]+\})|([xuUN])|[\s\S])/g;
const controls: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * The string literal that begins at `start`, several in a row joined; undefined where there is none or Python would refuse it.
 * Rule: the Python language reference, 2.4.1 String and Bytes literals.
 */
export const readPythonString = (source: string, start: number): PythonString | undefined => {
  let text = '';
  let end = start;
  let problem: string | undefined;
  literal.lastIndex = start;
  for (let match = literal.exec(source); match; match = literal.exec(source)) {
    end = literal.lastIndex;
    const prefix = (match[1] ?? '').toLowerCase();
    const raw = match.slice(2).find((group) => group !== undefined) ?? '';
    if (prefix.includes('b')) problem ??= 'bytes are no value here: leave out the b before the quote';
    const piece = prefix.includes('r') ? { text: raw } : unescape(raw);
    if (!piece) return undefined;
    problem ??= piece.problem;
    text += piece.text;
    literal.lastIndex = end + (/^[ \t\f]*/.exec(source.slice(end))?.[0].length ?? 0);
  }
  return end === start ? undefined : { text, end, ...(problem !== undefined && { problem }) };
};

/** Undefined for a malformed escape. */
const unescape = (raw: string): Pick<PythonString, 'text' | 'problem'> | undefined => {
  let malformed = false;
  let problem: string | undefined;
  const text = raw.replace(escape, (whole, simple, octal, byte, short, long, named, bad) => {
    if (bad !== undefined) malformed = true;
    if (named !== undefined) problem = `${whole} is not known here: write the character itself`;
    if (simple !== undefined) return controls[simple] ?? simple;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const code = byte ?? short ?? long;
    return code === undefined ? whole : String.fromCodePoint(Number.parseInt(code, 16));
  });
  return malformed ? undefined : { text, ...(problem !== undefined && { problem }) };
};
