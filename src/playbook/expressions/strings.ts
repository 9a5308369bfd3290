const stringLiteral = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs;
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
const unescape = (body: string): string =>
  body.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g,
    (whole, byte, unit, octal, character) => {
      if (byte ?? unit) return String.fromCharCode(Number.parseInt(byte ?? unit, 16));
      if (octal) return String.fromCharCode(Number.parseInt(octal, 8));
      return simple[character] ?? whole;
    },
  );

/** In `{{ }}` Ansible takes backslashes as they are, so that patterns need no doubling; only a quote can be escaped. */
const unescapeQuotes = (body: string): string => body.replaceAll(/\\(['"])/g, '$1');

/** How string literals are read: as Python does in conditions, or as Ansible does in templates. */
export type Escapes = 'python' | 'quotes';

/**
 * The source with every string literal blanked to the same length, and what the literals say:
 * the parser's tokenizer knows other escapes than Jinja.
 */
export const blankStrings = (
  source: string,
  escapes: Escapes,
): { readonly blanked: string; readonly strings: readonly string[] } => {
  const strings: string[] = [];
  const blanked = source.replace(stringLiteral, (literal) => {
    const body = literal.slice(1, -1);
    strings.push(escapes === 'python' ? unescape(body) : unescapeQuotes(body));
    return `'${'_'.repeat(body.length)}'`;
  });
  return { blanked, strings };
};
