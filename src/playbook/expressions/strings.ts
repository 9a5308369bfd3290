const stringLiteral = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs;
const simple: Readonly<Record<string, string>> = {
  n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07', "'": "'", '"': '"', '\\': '\\', '\n': '',
};

/** Escapes as Python reads them: an unknown one keeps its backslash, `\1` is a character number. */
const unescape = (body: string): string =>
  body.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g, (whole, byte, unit, octal, character) => {
    if (byte ?? unit) return String.fromCharCode(Number.parseInt(byte ?? unit, 16));
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8));
    return simple[character] ?? whole;
  });

/**
 * The source with every string literal blanked to the same length, and what the literals say:
 * the parser's tokenizer knows other escapes than Jinja.
 */
export const blankStrings = (source: string): { readonly blanked: string; readonly strings: readonly string[] } => {
  const strings: string[] = [];
  const blanked = source.replace(stringLiteral, (literal) => {
    strings.push(unescape(literal.slice(1, -1)));
    return `'${'_'.repeat(literal.length - 2)}'`;
  });
  return { blanked, strings };
};
