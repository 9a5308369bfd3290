/**
 * One word, whatever its bytes, to POSIX sh as to the login shells that a command passes first: single quotes, and outside of them
 * what csh (`!`) and fish (`\`) would read within. Only a newline is more than csh can take. Throws on NUL, which no word can hold.
 */
export const quote = (text: string): string => {
  if (text.includes('\0')) throw new Error('a NUL byte cannot be part of a shell word');
  return /^[\w./:@+,-][\w./:=@%+,-]*$/.test(text) ? text : `'${text.replaceAll(/['\\!]/g, String.raw`'\$&'`)}'`;
};

/** A bracket expression: its letters are literal, `-` makes a range, `!` or `^` before them means the others (dash knows `!` alone). */
const quoteBracket = (bracket: string): string => {
  const [, negation, letters] = /^\[([!^]?)(.*)\]$/s.exec(bracket)!;
  const ends = letters!.split('-').map((end) => (end === '' ? '' : quote(end)));
  return `[${negation === '' ? '' : '!'}${ends.join('-')}]`;
};

/** A path pattern under the target's root: everything literal but `*`, `?` and `[…]`, which the target's sh expands. */
export const quotePattern = (pattern: string): string =>
  `"$PP_ROOT"${pattern
    .split(/([*?]|\[[^\]/]*\])/)
    .map((part, index) => {
      if (part === '') return '';
      if (index % 2 === 0) return quote(part);
      return part.startsWith('[') ? quoteBracket(part) : part;
    })
    .join('')}`;
