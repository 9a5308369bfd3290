import { checkNames } from '../names.ts';
import { locatedTokens, parseExpression } from './expression.ts';
import { refusedStatements } from '../refused.ts';
import { syntax } from './scan.ts';
import { isWord } from './tokens.ts';
import { nearest } from '../../../diagnostics.ts';
import type { Piece } from './cut.ts';
import type { Escapes } from './literals.ts';
import type { Block, Branch, Expression, MacroDefinition, Statement, Target } from '../syntax.ts';
import type { Token } from './tokens.ts';

/** `{% word rest %}`. */
interface Tag {
  readonly word: string;
  readonly rest: string;
  readonly offset: number;
  readonly restOffset: number;
}

const deepest = 50;
const known = ['if', 'for', 'set', 'macro', 'raw'];
const inner = new Set(['elif', 'else', 'endif', 'endfor', 'endset', 'endmacro', 'endraw']);

const tagOf = ({ source, offset }: Exclude<Piece, { kind: 'text' }>): Tag => {
  const match = /^\s*([A-Za-z_]\w*)?/.exec(source)!;
  const word = match[1];
  if (word === undefined) throw syntax('a statement begins with a word, such as if or for', offset + match[0].length);
  const length = match[0].length;
  return { word, rest: source.slice(length), offset: offset + length - word.length, restOffset: offset + length };
};

const unknown = ({ word, offset }: Tag): Error => {
  const refused = refusedStatements.get(word);
  if (refused !== undefined) return syntax(`{% ${word} %} is not supported`, offset, word.length, refused);
  const near = nearest(word, [...known, ...inner]);
  const hint = near === undefined ? `there are ${known.join(', ')}` : `did you mean '${near}'?`;
  return syntax(`there is no statement '${word}'`, offset, word.length, hint);
};

const targetOf = (node: Expression, offset: number): Target => {
  if (node.kind === 'name') return { kind: 'name', name: node.name, offset: node.offset };
  if (node.kind === 'tuple')
    return { kind: 'names', targets: node.items.map((item) => targetOf(item, offset)), offset };
  if (node.kind === 'member' && node.object.kind === 'name' && node.key.kind === 'literal')
    return { kind: 'attribute', name: node.object.name, key: String(node.key.value), offset: node.object.offset };
  throw syntax('a name is wanted here, to be given a value', node.offset ?? offset);
};

/**
 * Statements from the pieces of a template. `escapes` says how strings in `{{ }}` are read; those in `{% %}` are read as Python
 * reads them. Throws ExpressionError at the first thing that is malformed.
 */
export const parseStatements = (pieces: readonly Piece[], escapes: Escapes): Block => {
  const macros = new Set(
    pieces.flatMap((piece) => (piece.kind === 'tag' && /^\s*macro\s+(\w+)/.exec(piece.source)?.[1]) || []),
  );
  let next = 0;
  let depth = 0;

  const expression = (source: string, offset: number, read: Escapes = 'python'): Expression => {
    const parsed = parseExpression(source, read, offset);
    checkNames(parsed, macros);
    return parsed;
  };
  /** A statement's text around the first of the words that stands outside of brackets; the whole where none does. */
  const splitAt = (source: string, offset: number, isMark: (token: Token) => boolean) => {
    const tokens = source.trim() === '' ? [] : locatedTokens(source, 'python', offset);
    const mark = tokens.find((token, at) => token.depth === 0 && isMark(token) && tokens[at - 1]?.type !== 'Dot');
    if (!mark) return { before: source, after: undefined, afterOffset: 0 };
    const end = mark.offset + mark.length;
    return { before: source.slice(0, mark.offset - offset), after: source.slice(end - offset), afterOffset: end };
  };
  const nothingAfter = ({ word, rest, restOffset }: Tag): void => {
    if (rest.trim() !== '') throw syntax(`nothing can stand after '${word}'`, restOffset + rest.search(/\S/));
  };

  /** The statements up to one of the words, and the tag that ended them. */
  const blockUntil = (opener: Tag, ends: readonly string[]): { readonly body: Block; readonly end: Tag } => {
    if (++depth > deepest) throw syntax('statements are nested too deeply', opener.offset, opener.word.length);
    const body: Statement[] = [];
    for (;;) {
      const piece = pieces[next++];
      if (!piece) {
        const message = `'{% ${opener.word} %}' is never closed: '{% ${ends.at(-1)} %}' is missing`;
        throw syntax(message, opener.offset, opener.word.length);
      }
      const tag = piece.kind === 'tag' ? tagOf(piece) : undefined;
      if (tag && ends.includes(tag.word)) {
        depth--;
        return { body, end: tag };
      }
      if (tag && inner.has(tag.word)) {
        const hint = `'{% ${opener.word} %}' is still open: '{% ${ends.at(-1)} %}' closes it`;
        throw syntax(`'{% ${tag.word} %}' has no place here`, tag.offset, tag.word.length, hint);
      }
      body.push(tag ? statement(tag) : plain(piece));
    }
  };
  const plain = (piece: Piece): Statement =>
    piece.kind === 'text' ? piece : { kind: 'output', expression: expression(piece.source, piece.offset, escapes) };

  const conditional = (opener: Tag): Statement => {
    const branches: Branch[] = [];
    let tag = opener;
    while (tag.word !== 'endif') {
      if (tag.word === 'else') {
        nothingAfter(tag);
        const { body, end } = blockUntil(opener, ['endif']);
        nothingAfter(end);
        return { kind: 'if', branches, otherwise: body };
      }
      const condition = expression(tag.rest, tag.restOffset);
      const { body, end } = blockUntil(opener, ['elif', 'else', 'endif']);
      branches.push({ condition, body });
      tag = end;
    }
    nothingAfter(tag);
    return { kind: 'if', branches, otherwise: [] };
  };

  const loop = (opener: Tag): Statement => {
    const { before, after, afterOffset } = splitAt(opener.rest, opener.restOffset, (token) => isWord(token, 'in'));
    if (after === undefined)
      throw syntax("'in' is missing: {% for item in list %}", opener.restOffset + opener.rest.trimEnd().length);
    const target = targetOf(parseExpression(before, 'python', opener.restOffset), opener.restOffset);
    const recursive = /\brecursive\s*$/.exec(after);
    if (recursive)
      throw syntax(
        'recursive loops are not supported',
        afterOffset + recursive.index,
        'recursive'.length,
        'write a macro that calls itself',
      );
    const over = splitAt(after, afterOffset, (token) => isWord(token, 'if'));
    const { body, end } = blockUntil(opener, ['else', 'endfor']);
    nothingAfter(end);
    const otherwise = end.word === 'else' ? blockUntil(opener, ['endfor']) : undefined;
    if (otherwise) nothingAfter(otherwise.end);
    return {
      kind: 'for',
      target,
      iterable: expression(over.before, afterOffset),
      condition: over.after === undefined ? undefined : expression(over.after, over.afterOffset),
      body,
      otherwise: otherwise?.body ?? [],
    };
  };

  const assignment = (opener: Tag): Statement => {
    const { rest, restOffset } = opener;
    const { before, after, afterOffset } = splitAt(rest, restOffset, ({ type }) => type === 'Equals');
    const left = parseExpression(before, 'python', restOffset);
    if (after !== undefined)
      return { kind: 'set', target: targetOf(left, restOffset), value: expression(after, afterOffset) };
    let name = left;
    while (name.kind === 'filter') name = name.operand;
    if (name.kind !== 'name') throw syntax('a name is wanted here, to be given a value', restOffset);
    checkNames(left, macros);
    const { body, end } = blockUntil(opener, ['endset']);
    nothingAfter(end);
    return { kind: 'capture', name: name.name, filter: left === name ? undefined : left, body };
  };

  const macro = (opener: Tag): Statement => {
    const head = parseExpression(opener.rest, 'python', opener.restOffset);
    if (head.kind !== 'call') throw syntax('a macro is written {% macro name(parameters) %}', opener.restOffset);
    const { positional, named } = head.arguments;
    const parameters: MacroDefinition['parameters'] = [
      ...positional.map((parameter) => {
        if (parameter.kind === 'name') return { name: parameter.name, otherwise: undefined };
        throw syntax("a macro's parameter is a name", parameter.offset ?? head.offset);
      }),
      ...named.map(([name, otherwise]) => {
        checkNames(otherwise, macros);
        return { name, otherwise };
      }),
    ];
    const { body } = blockUntil(opener, ['endmacro']);
    return { kind: 'macro', name: head.name, parameters, body };
  };

  const readers = new Map([
    ['if', conditional],
    ['for', loop],
    ['set', assignment],
    ['macro', macro],
  ]);
  const statement = (tag: Tag): Statement => {
    const read = readers.get(tag.word);
    if (!read) throw unknown(tag);
    return read(tag);
  };

  const block: Statement[] = [];
  for (let piece = pieces[next++]; piece; piece = pieces[next++]) {
    const tag = piece.kind === 'tag' ? tagOf(piece) : undefined;
    if (tag && inner.has(tag.word))
      throw syntax(`'{% ${tag.word} %}' has no place here: nothing is open`, tag.offset, tag.word.length);
    block.push(tag ? statement(tag) : plain(piece));
  }
  return block;
};
