import { parseExpression } from './parse.ts';
import { blankStrings } from './strings.ts';
import { expressionEnd, syntax } from './scan.ts';
import { ExpressionError } from './errors.ts';
import type { Expression, TemplatePart } from './syntax.ts';

/** Runs what reports offsets into a piece of text, and moves them to where the piece stands. */
const shifted = <T>(offset: number, run: () => T): T => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError) error.offset = (error.offset ?? 0) + offset;
    throw error;
  }
};

const opening = /\{[{%#]/g;
const raw = /\{%-?\s*raw\s*-?%\}([\s\S]*?)\{%-?\s*endraw\s*-?%\}/y;

const cut = (text: string): readonly TemplatePart[] => {
  const parts: TemplatePart[] = [];
  let end = 0;
  let isTrimmed = false;
  const addText = (found: string, isStripped: boolean): void => {
    const start = isTrimmed ? found.trimStart() : found;
    const kept = isStripped ? start.trimEnd() : start;
    if (kept !== '') parts.push({ kind: 'text', text: kept });
  };
  for (;;) {
    opening.lastIndex = end;
    const match = opening.exec(text);
    addText(text.slice(end, match?.index), match !== null && text[match.index + 2] === '-');
    isTrimmed = false;
    if (!match) return parts;
    const start = match.index;
    if (match[0] === '{#') {
      const close = text.indexOf('#}', start + 2);
      if (close === -1) throw syntax("'{#' is never closed: '#}' is missing", start, 2);
      isTrimmed = text[close - 1] === '-';
      end = close + 2;
    } else if (match[0] === '{%') {
      raw.lastIndex = start;
      const verbatim = raw.exec(text);
      if (!verbatim)
        throw new ExpressionError('bad-expression', '{% %} statements do not work in values', {
          offset: start,
          length: 2,
          hint: 'choose with {{ a if condition else b }}; repeat with filters such as map and join',
        });
      if (verbatim[1]) parts.push({ kind: 'text', text: verbatim[1] });
      end = raw.lastIndex;
    } else {
      const first = start + (text[start + 2] === '-' || text[start + 2] === '+' ? 3 : 2);
      const close = expressionEnd(text, first, true);
      isTrimmed = text[close - 1] === '-' && close > first;
      const source = text.slice(first, isTrimmed ? close - 1 : close);
      parts.push({
        kind: 'expression',
        offset: first,
        expression: shifted(first, () => parseExpression(source, 'quotes')),
      });
      end = close + 2;
    }
  }
};

/** Parsed once, however many hosts and tasks use the same text; emptied when it has grown beyond reason. */
const remember = <T>(parse: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const parsed = parse(text);
    if (known.size > 10_000) known.clear();
    known.set(text, parsed);
    return parsed;
  };
};

/** The text at its `{{ }}` cut into parts. Throws ExpressionError at the first thing that is malformed, offsets into the text. */
export const parseTemplate = remember(cut);

/** A `when`: an expression without braces. Throws ExpressionError. */
export const parseCondition = remember((text: string): Expression => {
  const braces = blankStrings(text, 'python').blanked.indexOf('{{');
  if (braces === -1) return parseExpression(text, 'python');
  const lone = /^\s*\{\{-?\s*(.*?)\s*-?\}\}\s*$/s.exec(text)?.[1];
  throw new ExpressionError('bad-expression', 'a condition is an expression already and takes no braces', {
    offset: braces,
    length: 2,
    hint: lone === undefined ? 'drop the braces' : `drop the braces: ${lone}`,
  });
});
