import { tokenize } from '@huggingface/jinja';
import { syntax } from './scan.ts';
import { blankStrings } from './strings.ts';
import type { Escapes } from './strings.ts';

/** What the library's tokenizer gives, as far as it is used here. */
interface LibraryToken {
  readonly value: string;
  readonly type: string;
}
const libraryTokens: (source: string) => readonly LibraryToken[] = tokenize;

export interface Token extends LibraryToken {
  /** Characters from the start of the expression. */
  readonly offset: number;
  /** Length in the source. */
  readonly length: number;
  /** How many brackets are open around it. */
  readonly depth: number;
}

const opening = new Set(['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket']);
const closing = new Set(['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket']);
const keywords = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else']);

/** The library's tokens with the places that it does not keep. */
const locate = (source: string, escapes: Escapes): readonly Token[] => {
  const { blanked, strings } = blankStrings(source, escapes);
  const foreign = /\{[%#{]|[%#]\}/.exec(blanked);
  if (foreign) throw syntax(`unexpected '${foreign[0]}'`, foreign.index, 2);
  const space = /\s*/y;
  let offset = 0;
  let depth = 0;
  let string = 0;
  return libraryTokens(`{{ ${blanked} }}`)
    .slice(1, -1)
    .map(({ value, type }) => {
      space.lastIndex = offset;
      space.exec(blanked);
      offset = space.lastIndex;
      const length = value.length + (type === 'StringLiteral' ? 2 : 0);
      if (type === 'NumericLiteral' && /^[+-]?0\d/.test(value))
        throw syntax('a number does not begin with 0', offset, length);
      if (closing.has(type)) depth--;
      const token = { value: type === 'StringLiteral' ? strings[string++]! : value, type, offset, length, depth };
      if (opening.has(type)) depth++;
      offset += length;
      return token;
    });
};

/** The parser gives names back without their places, so each name carries its own. */
const separator = '@';
export const nameAndOffset = (tagged: string): { readonly name: string; readonly offset: number } => {
  const at = tagged.lastIndexOf(separator);
  return { name: tagged.slice(0, at), offset: Number(tagged.slice(at + 1)) };
};
const tagged = (token: Token, prefix = ''): Token => ({
  ...token,
  value: `${prefix}${token.value}${separator}${token.offset}`,
});

const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.type === 'Identifier' && words.includes(token.value);
const isKeyword = (token: Token | undefined): boolean => token?.type === 'Identifier' && keywords.has(token.value);

const beginsOperand = (token: Token | undefined): boolean =>
  token !== undefined &&
  !isKeyword(token) &&
  (['Identifier', 'NumericLiteral', 'StringLiteral'].includes(token.type) || opening.has(token.type));

/** The index after the operand that begins at `index`: a name, literal or bracket with its `.x`, `[x]` and `(x)`. */
const operandEnd = (tokens: readonly Token[], index: number): number => {
  const afterBracket = (from: number): number =>
    tokens.findIndex((token, at) => at > from && token.depth === tokens[from]!.depth && closing.has(token.type)) + 1;
  let end = opening.has(tokens[index]!.type) ? afterBracket(index) : index + 1;
  for (;;) {
    const type = tokens[end]?.type;
    if (type === 'Dot') end += 2;
    else if (type === 'OpenParen' || type === 'OpenSquareBracket') end = afterBracket(end);
    else return Math.min(end, tokens.length);
  }
};

/** Prefixes that tell a test from a filter once `x is even` has become `x | is:even`. */
export const testPrefix = 'is:';
export const negatedPrefix = 'isnot:';

/**
 * The library's parser takes tests without arguments only and gives `in` no place among comparisons. So `x is match('a')` is
 * handed to it as the filter `is:match`, which binds the same in Jinja, and `in` as a comparison operator.
 */
const arrange = (tokens: readonly Token[]): Token[] => {
  const arranged: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const isAttribute = tokens[index - 1]?.type === 'Dot';
    if (token.type !== 'Identifier') arranged.push(token);
    else if (isAttribute) arranged.push(tagged(token));
    else if (token.value === 'is') {
      const isNegated = isWord(tokens[index + 1], 'not');
      index += isNegated ? 2 : 1;
      const name = tokens[index];
      if (name?.type !== 'Identifier') throw syntax("a test's name belongs after 'is'", token.offset, token.length);
      arranged.push({ ...token, type: 'Pipe' }, tagged(name, isNegated ? negatedPrefix : testPrefix));
      const first = tokens[index + 1];
      if (!beginsOperand(first) || first!.type === 'OpenParen') continue;
      const end = operandEnd(tokens, index + 1);
      const operand = tokens.slice(index + 1, end);
      arranged.push({ ...first!, type: 'OpenParen' }, ...arrange(operand), { ...operand.at(-1)!, type: 'CloseParen' });
      index = end - 1;
    } else if (token.value === 'in' || (token.value === 'not' && isWord(tokens[index + 1], 'in'))) {
      if (token.value === 'not') index++;
      arranged.push({ ...token, type: 'ComparisonBinaryOperator', value: token.value === 'in' ? 'in' : 'not in' });
    } else arranged.push(isKeyword(token) ? token : tagged(token));
  }
  return arranged;
};

/** Two operands side by side, which the library's parser would take as list elements without a comma. */
const refuseNeighbours = (tokens: readonly Token[]): void => {
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    const isEnd =
      before !== undefined &&
      !isKeyword(before) &&
      (['Identifier', 'NumericLiteral', 'StringLiteral'].includes(before.type) || closing.has(before.type));
    const isStart = beginsOperand(token) && token.type !== 'OpenParen' && token.type !== 'OpenSquareBracket';
    if (isEnd && isStart && !(before.type === 'StringLiteral' && token.type === 'StringLiteral'))
      throw syntax('an operator or a comma is missing here', token.offset, token.length);
  }
};

/** An expression's tokens, ready for the library's parser. Throws ExpressionError on characters that Jinja does not know. */
export const tokensOf = (source: string, escapes: Escapes): readonly Token[] => {
  let located;
  try {
    located = locate(source, escapes);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const character = /^Unexpected character: (.)$/su.exec(error.message)?.[1];
    const offset = character === undefined ? -1 : blankStrings(source, escapes).blanked.indexOf(character);
    throw syntax(character === undefined ? 'this is no expression' : `unexpected '${character}'`, Math.max(0, offset));
  }
  const tokens = arrange(located);
  refuseNeighbours(tokens);
  return tokens;
};
