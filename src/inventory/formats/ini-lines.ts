import type { Position } from '../../diagnostics.ts';

/** A line without the blanks around it. */
export interface Line {
  readonly text: string;
  /** The place of a part of the text; without arguments of all of it. */
  readonly at: (start?: number, end?: number) => Position;
}

/** What ends a line besides `\n`. Rule: Python's str.splitlines. */
const otherBreaks = new RegExp(['\r', '\v', '\f', '\x1c', '\x1d', '\x1e', '\x85', '\u2028', '\u2029'].join('|'));

/** The lines that say something: empty ones and comments (`;` or `#` at the start) are left out. */
export const linesOf = (file: string, text: string): readonly Line[] =>
  text.split('\n').flatMap((physical, index) => {
    let offset = 0;
    return physical.split(otherBreaks).flatMap((piece): Line[] => {
      const column = offset + piece.length - piece.trimStart().length + 1;
      offset += piece.length + 1;
      const trimmed = piece.trim();
      if (trimmed === '' || /^[;#]/.test(trimmed)) return [];
      const at = (start = 0, end = trimmed.length): Position => ({
        file,
        line: index + 1,
        column: column + start,
        length: Math.max(1, end - start),
      });
      return [{ text: trimmed, at }];
    });
  });
