import { ExpressionError } from '../errors.ts';

const closers = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);
const deepest = 50;
const longest = 20_000;
const lexeme = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[(){}[\]]|['"]|[^'"(){}[\]]+/gsy;

/** What closes a `{{` or a `{%`. */
export type End = '}}' | '%}';

/**
 * Where the expression that begins at `start` ends: at the first `end` outside of quotes and brackets, or at the end of the
 * text where no `end` is given. Throws where quotes or brackets do not match; after that the parser meets only balanced texts
 * of a sane size.
 */
export const expressionEnd = (text: string, start: number, end?: End): number => {
  const open: { readonly closer: string; readonly offset: number }[] = [];
  lexeme.lastIndex = start;
  for (let match = lexeme.exec(text); match; match = lexeme.exec(text)) {
    const [found] = match;
    const offset = match.index;
    if (lexeme.lastIndex - start > longest) throw syntax(`an expression has at most ${longest} characters`, start);
    if (end && open.length === 0 && found === '}') {
      if (end === '}}' && text[offset + 1] === '}') return offset;
      if (end === '%}' && text[offset - 1] === '%' && offset > start) return offset - 1;
    }
    const closer = closers.get(found);
    if (closer) open.push({ closer, offset });
    else if (found === "'" || found === '"') throw syntax(`this ${found} is never closed`, offset);
    else if (found.length === 1 && ')}]'.includes(found) && open.pop()?.closer !== found)
      throw syntax(`unexpected '${found}'`, offset);
    if (open.length > deepest) throw syntax('brackets are nested too deeply', offset);
  }
  const unclosed = open.at(-1);
  if (unclosed) throw syntax(`this bracket is never closed: '${unclosed.closer}' is missing`, unclosed.offset);
  const begin = text.lastIndexOf('{', start) - (end === '}}' ? 1 : 0);
  if (end) throw syntax(`'${text.slice(begin, begin + 2)}' is never closed: '${end}' is missing`, begin, 2);
  return text.length;
};

export const syntax = (message: string, offset?: number, length = 1, hint?: string): ExpressionError =>
  new ExpressionError('bad-expression', message, { offset, length, hint });
