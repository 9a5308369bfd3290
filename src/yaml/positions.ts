import type { Position } from '../diagnostics.ts';

/** The place of what stands between two offsets of a text. The length ends with the line. */
export type Locate = (start: number, end: number) => Position;

/** Places in a text. Fastest when asked in the order of the text. */
export const positionsIn = (file: string, text: string): Locate => {
  const starts = [0];
  for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', newline + 1))
    starts.push(newline + 1);
  let line = 0;
  return (start, end) => {
    while (starts[line]! > start) line--;
    while (line + 1 < starts.length && starts[line + 1]! <= start) line++;
    const next = starts[line + 1];
    const stop = next === undefined ? end : Math.min(end, next - 1);
    return { file, line: line + 1, column: start - starts[line]! + 1, length: Math.max(1, stop - start) };
  };
};
