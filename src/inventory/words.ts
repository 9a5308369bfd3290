/** A word of a line: quotes and escapes resolved, and where it stands in the line. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const quoted = String.raw`'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])`;
const pieces = new RegExp(String.raw`([ \t\r\n]+)|${quoted}|([^ \t\r\n'"\\]+)`, 'y');
const piecesAndComments = new RegExp(String.raw`([ \t\r\n]+|#.*)|${quoted}|([^ \t\r\n'"\\#]+)`, 'ys');

/** The words, or where the quote or backslash stands that nothing ends. */
export type Words = readonly Word[] | { readonly openAt: number };

const read = (line: string, piece: RegExp): Words => {
  const words: Word[] = [];
  let word: Word | undefined;
  piece.lastIndex = 0;
  while (piece.lastIndex < line.length) {
    const start = piece.lastIndex;
    const match = piece.exec(line);
    if (!match) return { openAt: start };
    const [, gap, single, double, escaped, bare] = match;
    if (gap !== undefined) {
      if (word) words.push(word);
      word = undefined;
      continue;
    }
    const text = single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? bare ?? '';
    word = { text: (word?.text ?? '') + text, start: word?.start ?? start, end: piece.lastIndex };
  }
  if (word) words.push(word);
  return words;
};

/**
 * The words of a line, split as a POSIX shell would without expanding anything; undefined where a quote stays open or
 * nothing follows a backslash. Rule: Python's shlex.split, by which Ansible splits ssh's arguments.
 */
export const splitWords = (line: string): readonly string[] | undefined => {
  const words = read(line, pieces);
  return 'openAt' in words ? undefined : words.map(({ text }) => text);
};

/** As `splitWords`, with places, and up to a `#` outside of quotes, even one inside a word. Rule: shlex.split with comments. */
export const wordsBeforeComment = (line: string): Words => read(line, piecesAndComments);
