import { tokenize } from '@huggingface/jinja';
import { blankLiterals } from './literals.ts';
import { syntax } from './scan.ts';
import type { Escapes } from './literals.ts';

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
  const { blanked, strings, numerals } = blankLiterals(source, escapes);
  const foreign = /\{[%#{]|[%#]\}/.exec(blanked);
  if (foreign) throw syntax(`unexpected '${foreign[0]}'`, foreign.index, 2);
  const space = /\s*/y;
  let offset = 0;
  let depth = 0;
  let string = 0;
  let number = 0;
  let before = '';
  const meaning = ({ type, value }: LibraryToken): string => {
    if (type === 'StringLiteral') return strings[string++]!;
    if (type !== 'NumericLiteral' || before === 'Dot') return value;
    return `${/^[+-]?/.exec(value)![0]}${numerals[number++]!}`;
  };
  return libraryTokens(`{{ ${blanked} }}`)
    .slice(1, -1)
    .map((found) => {
      const { type } = found;
      space.lastIndex = offset;
      space.exec(blanked);
      offset = space.lastIndex;
      const length = found.value.length + (type === 'StringLiteral' ? 2 : 0);
      if (closing.has(type)) depth--;
      const token = { value: meaning(found), type, offset, length, depth };
      if (opening.has(type)) depth++;
      offset += length;
      before = type;
      return token;
    });
};

/** The tokens of an expression as they stand in it. Throws ExpressionError on characters that Jinja does not know. */
export const tokensOf = (source: string, escapes: Escapes): readonly Token[] => {
  try {
    return locate(source, escapes);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const character = /^Unexpected character: (.)$/su.exec(error.message)?.[1];
    const offset = character === undefined ? -1 : blankLiterals(source, escapes).blanked.indexOf(character);
    throw syntax(character === undefined ? 'this is no expression' : `unexpected '${character}'`, Math.max(0, offset));
  }
};

/** The parser gives names back without their places, so each name carries its own. */
const separator = '@';
export const nameAndOffset = (tagged: string): { readonly name: string; readonly offset: number } => {
  const at = tagged.lastIndexOf(separator);
  return { name: tagged.slice(0, at), offset: Number(tagged.slice(at + 1)) };
};
const tagged = (token: Token, prefix = ''): Token => ({
  ...token,
  type: 'Identifier',
  value: `${prefix}${token.value}${separator}${token.offset}`,
});

/** Prefixes that tell a test from a filter once `x is even` has become `x | is:even`, and a tuple from a call. */
export const testPrefix = 'is:';
export const negatedPrefix = 'isnot:';
export const tuplePrefix = 'tuple:';

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.type === 'Identifier' && words.includes(token.value);
const isKeyword = (token: Token | undefined): boolean => token?.type === 'Identifier' && keywords.has(token.value);

const beginsOperand = (token: Token | undefined): boolean =>
  token !== undefined &&
  !isKeyword(token) &&
  (['Identifier', 'NumericLiteral', 'StringLiteral'].includes(token.type) || opening.has(token.type));
const endsOperand = (token: Token | undefined): boolean =>
  token !== undefined &&
  !isKeyword(token) &&
  (['Identifier', 'NumericLiteral', 'StringLiteral'].includes(token.type) || closing.has(token.type));

/** The index after the bracket that opens at `from` is closed. */
const afterBracket = (tokens: readonly Token[], from: number): number =>
  tokens.findIndex((token, at) => at > from && token.depth === tokens[from]!.depth && closing.has(token.type)) + 1;

/** The index after the operand that begins at `index`: a name, literal or bracket with its `.x`, `[x]` and `(x)`. */
const operandEnd = (tokens: readonly Token[], index: number): number => {
  let end = opening.has(tokens[index]!.type) ? afterBracket(tokens, index) : index + 1;
  for (;;) {
    const type = tokens[end]?.type;
    if (type === 'Dot') end += 2;
    else if (type === 'OpenParen' || type === 'OpenSquareBracket') end = afterBracket(tokens, end);
    else return Math.min(end, tokens.length);
  }
};

/** The name of a filter or test at `index`, `ansible.builtin.` and all, as one token. */
const dottedName = (tokens: readonly Token[], index: number): { readonly token: Token; readonly end: number } => {
  let end = index + 1;
  while (tokens[end]?.type === 'Dot' && tokens[end + 1]?.type === 'Identifier') end += 2;
  const parts = tokens.slice(index, end);
  const last = parts.at(-1)!;
  const value = parts.map((part) => part.value).join('');
  return { token: { ...parts[0]!, value, length: last.offset + last.length - parts[0]!.offset }, end };
};

/**
 * The library's parser takes tests without arguments only, gives `in` no place among comparisons and knows neither `(a,)` nor
 * `()`. So `x is match('a')` is handed to it as the filter `is:match`, which binds the same in Jinja, `in` as a comparison
 * operator, and a tuple as a call of `tuple:`.
 */
const arrange = (tokens: readonly Token[]): Token[] => {
  const arranged: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const before = tokens[index - 1];
    if (token.type === 'OpenParen' && !endsOperand(before)) {
      const close = afterBracket(tokens, index) - 1;
      const isTuple =
        close === index + 1 ||
        tokens.slice(index, close).some(({ type, depth }) => type === 'Comma' && depth === token.depth + 1);
      if (isTuple) arranged.push(tagged({ ...token, value: '' }, tuplePrefix));
      arranged.push(token);
    } else if (token.type !== 'Identifier') arranged.push(token);
    else if (before?.type === 'Dot') arranged.push(tagged(token));
    else if (before?.type === 'Pipe') {
      const { token: name, end } = dottedName(tokens, index);
      if (tokens[end]?.type === 'OpenSquareBracket')
        throw syntax("unexpected '['", tokens[end].offset, 1, 'put the filter and what it works on into brackets');
      arranged.push(tagged(name));
      index = end - 1;
    } else if (token.value === 'is') {
      const isNegated = isWord(tokens[index + 1], 'not');
      index += isNegated ? 2 : 1;
      if (tokens[index]?.type !== 'Identifier')
        throw syntax("a test's name belongs after 'is'", token.offset, token.length);
      const { token: name, end: afterName } = dottedName(tokens, index);
      index = afterName - 1;
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
    const isStart = beginsOperand(token) && token.type !== 'OpenParen' && token.type !== 'OpenSquareBracket';
    if (endsOperand(before) && isStart && !(before!.type === 'StringLiteral' && token.type === 'StringLiteral'))
      throw syntax('an operator or a comma is missing here', token.offset, token.length);
  }
};

/** Tokens ready for the library's parser; commas outside of brackets make a tuple. */
export const arrangedTokens = (located: readonly Token[]): readonly Token[] => {
  const arranged = arrange(located);
  refuseNeighbours(arranged.filter(({ value }) => !value.startsWith(tuplePrefix)));
  const [first] = located;
  if (!first || !located.some(({ type, depth }) => type === 'Comma' && depth === 0)) return arranged;
  const bracket = { ...first, value: '', length: 0 };
  return [
    tagged(bracket, tuplePrefix),
    { ...bracket, type: 'OpenParen' },
    ...arranged,
    { ...located.at(-1)!, type: 'CloseParen', length: 0 },
  ];
};
