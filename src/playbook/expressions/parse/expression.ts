import { float } from '../data.ts';
import { libraryTree } from './library.ts';
import { ExpressionError, located } from '../errors.ts';
import { expressionEnd, syntax } from './scan.ts';
import { unqualified } from '../qualified.ts';
import { arrangedTokens, nameAndOffset, negatedPrefix, testPrefix, tokensOf, tuplePrefix } from './tokens.ts';
import type { Binary, LibraryNode } from './library.ts';
import type { Escapes } from './literals.ts';
import type { Token } from './tokens.ts';
import type { Arguments, Comparand, Expression, Operator, Relation } from '../syntax.ts';

const literals = new Map<string, null | boolean>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

const deepest = 200;
const relations = new Set(['==', '!=', '<', '<=', '>', '>=', 'in', 'not in']);
const additive = new Set(['+', '-', '~']);

/** `a op b op c` of one bracket level and one family of operators, which the library nests to the left, as a row. */
const rowOf = (
  node: Binary,
  family: ReadonlySet<string>,
): { first: LibraryNode; rest: { operator: Token; operand: LibraryNode }[] } => {
  const rest = [];
  let first: LibraryNode = node;
  while (
    first.type === 'BinaryExpression' &&
    family.has(first.operator.value) &&
    first.operator.depth === node.operator.depth
  ) {
    rest.unshift({ operator: first.operator, operand: first.right });
    first = first.left;
  }
  return { first, rest };
};

const operation = (operator: Token, left: Expression, right: Expression): Expression => ({
  kind: 'arithmetic',
  operator: operator.value as Operator,
  left,
  right,
  offset: operator.offset,
});

const translate = (node: LibraryNode, depth = 0): Expression => {
  if (depth > deepest) throw syntax('this expression is nested too deeply');
  const inner = (child: LibraryNode): Expression => translate(child, depth + 1);
  const optional = (child: LibraryNode | undefined): Expression | undefined => child && inner(child);

  const argumentsOf = (nodes: readonly LibraryNode[]): Arguments => {
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    const spreads: { spread?: Expression; spreadNamed?: Expression } = {};
    for (const argument of nodes) {
      if (argument.type === 'KeywordArgumentExpression')
        named.push([nameAndOffset(argument.key.value).name, inner(argument.value)]);
      else if (argument.type === 'SpreadExpression') spreads.spread = inner(argument.argument);
      else if (argument.type === 'KeywordSpreadExpression') spreads.spreadNamed = inner(argument.argument);
      else positional.push(inner(argument));
    }
    return { positional, named, ...spreads };
  };

  const binary = (node: Binary): Expression => {
    const { value: operator, offset } = node.operator;
    if (operator === 'and' || operator === 'or')
      return { kind: 'logic', operator, left: inner(node.left), right: inner(node.right), offset };
    if (relations.has(operator)) {
      const { first, rest } = rowOf(node, relations);
      const comparands = rest.map(({ operator: { value, offset }, operand }): Comparand => ({
        relation: value as Relation,
        operand: inner(operand),
        offset,
      }));
      return { kind: 'comparison', first: inner(first), rest: comparands, offset };
    }
    if (additive.has(operator)) return sum(node);
    return operation(node.operator, inner(node.left), inner(node.right));
  };

  /** `~` binds tighter than `+` and `-` in Jinja, and alike in the library. */
  const sum = (node: Binary): Expression => {
    const { first, rest } = rowOf(node, additive);
    const terms = [{ operator: node.operator, term: inner(first) }];
    for (const { operator, operand } of rest) {
      const last = terms.at(-1)!;
      if (operator.value === '~') last.term = operation(operator, last.term, inner(operand));
      else terms.push({ operator, term: inner(operand) });
    }
    return terms.map(({ term }) => term).reduce((left, right, index) => operation(terms[index]!.operator, left, right));
  };

  const filter = (operand: LibraryNode, filter: LibraryNode): Expression => {
    const name = filter.type === 'CallExpression' ? filter.callee : filter;
    if (name.type !== 'Identifier') throw syntax('only a name, perhaps with arguments, can stand after |');
    const { name: full, offset } = nameAndOffset(name.value);
    const prefix = [testPrefix, negatedPrefix].find((prefix) => full.startsWith(prefix));
    return {
      kind: prefix === undefined ? 'filter' : 'test',
      name: unqualified(full.slice(prefix?.length ?? 0)),
      negated: prefix === negatedPrefix,
      operand: inner(operand),
      arguments: argumentsOf(filter.type === 'CallExpression' ? filter.args : []),
      offset,
    };
  };

  const call = (callee: LibraryNode, args: readonly LibraryNode[]): Expression => {
    if (callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier') {
      const { name, offset } = nameAndOffset(callee.property.value);
      return { kind: 'method', object: inner(callee.object), name, arguments: argumentsOf(args), offset };
    }
    if (callee.type !== 'Identifier') throw syntax('only a function, a macro or a method can be called');
    const { name, offset } = nameAndOffset(callee.value);
    if (name !== tuplePrefix) return { kind: 'call', name, arguments: argumentsOf(args), offset };
    const { positional, named } = argumentsOf(args);
    if (named.length > 0) throw syntax("unexpected '='", offset);
    return { kind: 'tuple', items: positional };
  };

  const memberOf = (object: LibraryNode, property: LibraryNode, computed: boolean): Expression => {
    if (property.type === 'SliceExpression')
      return {
        kind: 'slice',
        object: inner(object),
        start: optional(property.start),
        stop: optional(property.stop),
        step: optional(property.step),
      };
    const holder = inner(object);
    if (computed || property.type !== 'Identifier')
      return { kind: 'member', object: holder, key: inner(property), offset: holder.offset };
    const { name, offset } = nameAndOffset(property.value);
    return { kind: 'member', object: holder, key: { kind: 'literal', value: name }, offset };
  };

  switch (node.type) {
    case 'Identifier': {
      const { name, offset } = nameAndOffset(node.value);
      return literals.has(name) ? { kind: 'literal', value: literals.get(name)! } : { kind: 'name', name, offset };
    }
    case 'StringLiteral':
      return { kind: 'literal', value: node.value };
    case 'IntegerLiteral':
      if (!Number.isSafeInteger(node.value)) throw syntax('this number is too large to be exact');
      return { kind: 'literal', value: node.value + 0 };
    case 'FloatLiteral':
      return { kind: 'literal', value: float(node.value) };
    case 'ArrayLiteral':
      return { kind: 'list', items: node.value.map(inner) };
    case 'ObjectLiteral':
      return { kind: 'map', entries: [...node.value].map(([key, value]) => [inner(key), inner(value)]) };
    case 'MemberExpression':
      return memberOf(node.object, node.property, node.computed);
    case 'CallExpression':
      return call(node.callee, node.args);
    case 'UnaryExpression': {
      const { value, offset } = node.operator;
      const operand = inner(node.argument);
      return value === 'not'
        ? { kind: 'not', operand, offset }
        : { kind: 'sign', operator: value === '-' ? '-' : '+', operand, offset };
    }
    case 'BinaryExpression':
      return binary(node);
    case 'FilterExpression':
      return filter(node.operand, node.filter);
    case 'SelectExpression':
      return { kind: 'choice', condition: inner(node.test), yes: inner(node.lhs), no: undefined };
    case 'Ternary':
      return { kind: 'choice', condition: inner(node.condition), yes: inner(node.trueExpr), no: inner(node.falseExpr) };
    default:
      throw syntax('* and ** spread the arguments of a call, and nothing else');
  }
};

const brace = (value: string, type: Token['type']): Token => ({ value, type, offset: 0, length: 0, depth: 0 });

/** The last token that the parser looked at: where it gave up. */
const furthest = (tokens: readonly Token[]): number => {
  let last = 0;
  const watched = new Proxy([...tokens], {
    get: (target, key, receiver) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) last = Math.max(last, Number(key));
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  try {
    libraryTree(watched);
  } catch {
    return last;
  }
  return last;
};

/** Runs what reports offsets into a piece of text, and moves them to where the piece stands. */
const shifted = <T>(offset: number, run: () => T): T => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError) error.offset = (error.offset ?? 0) + offset;
    throw error;
  }
};

/** The tokens of an expression that stands at `base` in its text, with offsets into the text. */
export const locatedTokens = (source: string, escapes: Escapes, base: number): readonly Token[] =>
  shifted(base, () => {
    expressionEnd(source, 0);
    return tokensOf(source, escapes);
  }).map((token) => ({ ...token, offset: token.offset + base }));

/**
 * A Jinja expression without braces as a tree; `base` is where it stands in its text. Throws ExpressionError, with offsets
 * into the text, where it is malformed.
 */
export const parseExpression = (source: string, escapes: Escapes, base = 0): Expression => {
  if (source.trim() === '') throw syntax('an expression is missing here', base);
  const arranged = arrangedTokens(locatedTokens(source, escapes, base));
  const tokens = [brace('{{', 'OpenExpression'), ...arranged, brace('}}', 'CloseExpression')];
  let body: readonly LibraryNode[] | undefined;
  try {
    ({ body } = libraryTree(tokens));
  } catch {
    body = undefined;
  }
  if (body?.length !== 1) {
    const token = tokens[furthest(tokens)];
    if (!token || token.type === 'CloseExpression')
      throw syntax('the expression ends too early', base + source.trimEnd().length);
    const start = token.offset - base;
    const found = source.slice(start, start + token.length);
    const hint = found === '=' ? 'compare with ==' : undefined;
    throw syntax(`unexpected '${found}'`, token.offset, token.length, hint);
  }
  const [tree] = body;
  return located(base, () => translate(tree!));
};
