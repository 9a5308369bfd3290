import { expressionEnd, syntax } from './scan.ts';

/** How white space around `{% %}` and `{# #}` is treated: Jinja's `trim_blocks` and `lstrip_blocks`. */
export interface BlockSpace {
  /** The first newline after a tag is dropped. */
  readonly trim: boolean;
  /** The white space from the line's start to a tag is dropped. */
  readonly lstrip: boolean;
}

/** A text cut at its marks; `offset` is where the source begins in the text. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output' | 'tag'; readonly source: string; readonly offset: number };

const opening = /\{[{%#]/g;
const rawStart = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})/y;
const rawEnd = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
const space = /\s*/y;
const newline = /\r?\n|\r/y;

const skip = (pattern: RegExp, text: string, from: number): number => {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
};

/**
 * Cuts a template at its `{{ }}` and `{% %}`; comments and the white space that the marks take away are gone, `{% raw %}` is
 * text. Line ends become `\n`. Rule: the lexer of Jinja 3.1. Throws ExpressionError where a mark is never closed.
 */
export const cut = (text: string, start: number, { trim, lstrip }: BlockSpace): readonly Piece[] => {
  const pieces: Piece[] = [];
  let isLineStart = true;

  const addText = (found: string, sign: string | undefined, isTag: boolean): void => {
    const lineStart = found.lastIndexOf('\n') + 1;
    const isBlank = (lineStart > 0 || isLineStart) && found.slice(lineStart).trim() === '';
    const kept =
      sign === '-' ? found.trimEnd() : lstrip && isTag && sign !== '+' && isBlank ? found.slice(0, lineStart) : found;
    if (kept !== '') pieces.push({ kind: 'text', text: kept.replaceAll(/\r\n?/g, '\n') });
  };
  /** Where the text goes on after a mark that ends at `end` and was closed with `sign`. */
  const after = (end: number, sign: string | undefined, isTag: boolean): number => {
    const next = sign === '-' ? skip(space, text, end) : isTag && trim && sign !== '+' ? skip(newline, text, end) : end;
    isLineStart = text[next - 1] === '\n';
    return next;
  };
  /** Takes a `{% raw %}` at `index` up to its end; undefined: there is none. */
  const raw = (index: number): number | undefined => {
    const body = skip(rawStart, text, index);
    if (body === index) return undefined;
    rawEnd.lastIndex = body;
    const end = rawEnd.exec(text);
    if (!end) throw syntax("'{% raw %}' is never closed: '{% endraw %}' is missing", index, 2);
    isLineStart = text[body - 1] === '\n';
    addText(text.slice(body, end.index), end[1], true);
    return after(rawEnd.lastIndex, end[2], true);
  };

  let at = start;
  for (;;) {
    opening.lastIndex = at;
    const match = opening.exec(text);
    if (!match) break;
    const { index } = match;
    const sign = /[-+]/.exec(text[index + 2] ?? '')?.[0];
    addText(text.slice(at, index), sign, match[0] !== '{{');
    if (match[0] === '{#') {
      const close = text.indexOf('#}', index + 2);
      if (close === -1) throw syntax("'{#' is never closed: '#}' is missing", index, 2);
      at = after(close + 2, text[close - 1], true);
      continue;
    }
    const isTag = match[0] === '{%';
    const afterRaw = isTag ? raw(index) : undefined;
    if (afterRaw !== undefined) {
      at = afterRaw;
      continue;
    }
    const offset = index + (sign ? 3 : 2);
    const close = expressionEnd(text, offset, isTag ? '%}' : '}}');
    const last = close > offset ? text[close - 1] : undefined;
    const isSigned = last === '-' || (isTag && last === '+');
    pieces.push({ kind: isTag ? 'tag' : 'output', source: text.slice(offset, isSigned ? close - 1 : close), offset });
    at = after(close + 2, isSigned ? last : undefined, isTag);
  }
  addText(text.slice(at), undefined, false);
  return pieces;
};
