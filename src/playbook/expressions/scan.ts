import { ExpressionError } from './errors.ts';

const closers = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);
const deepest = 50;
const longest = 5_000;
const lexeme = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[(){}[\]]|['"]|[^'"(){}[\]]+/gsy;

/**
 * Where the expression that begins at `start` ends: at its `}}` when `braced`, else at the end of the text.
 * Throws where quotes or brackets do not match; after that the parser meets only balanced texts of a sane size.
 */
export const expressionEnd = (text: string, start: number, braced: boolean): number => {
  const open: { readonly closer: string; readonly offset: number }[] = [];
  lexeme.lastIndex = start;
  for (let match = lexeme.exec(text); match; match = lexeme.exec(text)) {
    const [found] = match;
    const offset = match.index;
    if (lexeme.lastIndex - start > longest) throw syntax(`an expression has at most ${longest} characters`, start);
    if (braced && open.length === 0 && text.startsWith('}}', offset)) return offset;
    const closer = closers.get(found);
    if (closer) open.push({ closer, offset });
    else if (found === "'" || found === '"') throw syntax(`this ${found} is never closed`, offset);
    else if (found.length === 1 && ')}]'.includes(found) && open.pop()?.closer !== found)
      throw syntax(`unexpected '${found}'`, offset);
    if (open.length > deepest) throw syntax('brackets are nested too deeply', offset);
  }
  const unclosed = open.at(-1);
  if (unclosed) throw syntax(`this bracket is never closed: '${unclosed.closer}' is missing`, unclosed.offset);
  if (braced) throw syntax("'{{' is never closed: '}}' is missing", start - 2, 2);
  return text.length;
};

export const syntax = (message: string, offset?: number, length = 1): ExpressionError =>
  new ExpressionError('bad-expression', message, { offset, length });
