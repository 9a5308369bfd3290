import { escapeText } from './escape.ts';
import { cutText, textWidth } from './width.ts';

export type Style = 'good' | 'change' | 'bad' | 'quiet' | 'strong';

/** A piece of a line, already escaped: made by `span` alone. */
export interface Span {
  readonly text: string;
  readonly style: Style | undefined;
}
export type Line = readonly Span[];

/** Any text, foreign or ours, as a piece of a line. The one door through which text reaches a terminal. */
export const span = (text: string, style?: Style): Span => ({ text: escapeText(text), style });

/** A line of strings and spans. */
export const line = (...parts: readonly (string | Span)[]): Line =>
  parts.map((part) => (typeof part === 'string' ? span(part) : part));

export const lineWidth = (spans: Line): number => spans.reduce((columns, { text }) => columns + textWidth(text), 0);

/** The line cut to `columns`. */
export const cutLine = (spans: Line, columns: number): Line => {
  if (lineWidth(spans) <= columns) return spans;
  const kept: Span[] = [];
  let left = columns;
  for (const { text, style } of spans) {
    const width = textWidth(text);
    if (width >= left) {
      kept.push({ text: cutText(`${text} `, left), style });
      break;
    }
    kept.push({ text, style });
    left -= width;
  }
  return kept;
};

/** The line broken at spaces so that each part fits into `columns`; further parts are indented. A longer word stays whole. */
export const wrapLine = (spans: Line, columns: number, indent: number): readonly Line[] => {
  if (lineWidth(spans) <= columns) return [spans];
  const lines: Span[][] = [[]];
  let used = 0;
  let breakable = false;
  for (const { text, style } of spans)
    for (const word of text.match(/ +|[^ ]+/g) ?? []) {
      const space = word.startsWith(' ');
      const width = textWidth(word);
      if (used + width > columns && breakable) {
        lines.push([{ text: ' '.repeat(indent), style: undefined }]);
        used = indent;
        breakable = false;
        if (space) continue;
      }
      lines.at(-1)!.push({ text: word, style });
      used += width;
      breakable ||= !space;
    }
  return lines;
};

const codes: Record<Style, string> = { good: '32', change: '33', bad: '31', quiet: '2', strong: '1' };

/** The line as it is written, with SGR colours where wanted. */
export const paint = (spans: Line, colour: boolean): string =>
  spans
    .map(({ text, style }) => (colour && style && text !== '' ? `\u001b[${codes[style]}m${text}\u001b[0m` : text))
    .join('');
