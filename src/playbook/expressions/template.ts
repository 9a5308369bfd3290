import { cut } from './parse/cut.ts';
import { ExpressionError } from './errors.ts';
import { blankLiterals } from './parse/literals.ts';
import { checkNames } from './names.ts';
import { parseExpression } from './parse/expression.ts';
import { expressionEnd, syntax } from './parse/scan.ts';
import { parseStatements } from './parse/statements.ts';
import { newlinesAtEnd } from './text.ts';
import type { BlockSpace } from './parse/cut.ts';
import type { Block, Expression } from './syntax.ts';

/** A parsed text, and how many newlines it ends with: those that rendering takes away are put back. */
export interface Template {
  readonly block: Block;
  readonly newlines: number;
}

const ansibleSpace: BlockSpace = { trim: true, lstrip: false };

/** Jinja drops the last newline of its source before anything else. */
const withoutLastNewline = (text: string): string => text.replace(/(?:\r\n|[\r\n])$/, '');

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

/** A value's text as statements. Throws ExpressionError at the first thing that is malformed, offsets into the text. */
export const parseTemplate = remember((text): Template => ({
  block: parseStatements(cut(withoutLastNewline(text), 0, ansibleSpace), 'quotes'),
  newlines: newlinesAtEnd(text),
}));

const header = '#jinja2:';
const settings = new Map<string, keyof BlockSpace>([
  ['trim_blocks', 'trim'],
  ['lstrip_blocks', 'lstrip'],
]);

/** What the first line `#jinja2: trim_blocks: False, lstrip_blocks: True` says. */
const readHeader = (line: string): Partial<BlockSpace> => {
  const space: { -readonly [key in keyof BlockSpace]?: boolean } = {};
  let offset = header.length;
  for (const pair of line.slice(header.length).split(',')) {
    const at = offset + pair.search(/\S|$/);
    const [, name = '', value = ''] = /^\s*([^:\s]*)\s*:\s*(.*?)\s*$/s.exec(pair) ?? [];
    const key = settings.get(name);
    if (!key)
      throw syntax(`'${pair.trim()}' cannot be set here`, at, pair.trim().length, 'trim_blocks and lstrip_blocks can');
    if (value !== 'True' && value !== 'False')
      throw syntax(`${name} is True or False, not '${value}'`, at, pair.trim().length);
    space[key] = value === 'True';
    offset += pair.length + 1;
  }
  return space;
};

const parseFileWith = (text: string, space: BlockSpace): Template => {
  const source = withoutLastNewline(text);
  const line = source.startsWith(header) ? /^[^\n]*/.exec(source)![0] : undefined;
  const set = { ...space, ...(line !== undefined && readHeader(line)) };
  const start = line === undefined ? 0 : line.length + 1;
  return { block: parseStatements(cut(source, start, set), 'python'), newlines: newlinesAtEnd(text) };
};
const fileParsers = [true, false].flatMap((trim) =>
  [true, false].map((lstrip) => ({ trim, lstrip, parse: remember((text) => parseFileWith(text, { trim, lstrip })) })),
);

/** A template file's text as statements. Its first line may set `trim_blocks` and `lstrip_blocks`. Throws ExpressionError. */
export const parseFile = (text: string, space: Partial<BlockSpace> = {}): Template => {
  const { trim, lstrip } = { ...ansibleSpace, ...space };
  return fileParsers.find((parser) => parser.trim === trim && parser.lstrip === lstrip)!.parse(text);
};

/** A `when`: an expression without braces. Throws ExpressionError. */
export const parseCondition = remember((text): Expression => {
  expressionEnd(text, 0);
  const braces = blankLiterals(text, 'python').blanked.indexOf('{{');
  if (braces === -1) {
    const parsed = parseExpression(text, 'python');
    checkNames(parsed);
    return parsed;
  }
  const lone = /^\s*\{\{-?\s*(.*?)\s*-?\}\}\s*$/s.exec(text)?.[1];
  throw new ExpressionError('bad-expression', 'a condition is an expression already and takes no braces', {
    offset: braces,
    length: 2,
    hint: lone === undefined ? 'drop the braces' : `drop the braces: ${lone}`,
  });
});
