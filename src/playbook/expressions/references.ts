import { ExpressionError } from './errors.ts';
import { parseCondition, parseFile, parseTemplate } from './template.ts';
import { children } from './walk.ts';
import type { Value } from '../../inventory/types.ts';
import type { BlockSpace } from './parse/cut.ts';
import type { Block, Expression, Statement, Target } from './syntax.ts';

/** A name that an expression uses. */
export interface Reference {
  readonly name: string;
  /** The literal keys after it: `a.b['c']` has `b`, `c`. */
  readonly path: readonly string[];
  /** Under `default` or `is defined`, or where such a test has been asked first: it may be undefined. */
  readonly isGuarded: boolean;
  /** Characters from the start of the text. */
  readonly offset: number;
}

const guards = new Set(['default', 'd', 'defined', 'undefined']);
type Names = ReadonlySet<string>;

/** A name with its literal keys, or undefined for anything else. */
const chain = (
  node: Expression,
): { readonly name: string; readonly path: readonly string[]; readonly offset: number } | undefined => {
  if (node.kind === 'name') return { name: node.name, path: [], offset: node.offset };
  if (node.kind !== 'member') return undefined;
  const object = chain(node.object);
  if (!object || node.key.kind !== 'literal') return undefined;
  return { ...object, path: [...object.path, String(node.key.value)] };
};

/** The names that are guarded anywhere in an expression: what is evaluated after it may lean on that. */
const guardedIn = (found: readonly Reference[], before: Names): Names => {
  const names = found.filter(({ isGuarded }) => isGuarded).map(({ name }) => name);
  return names.length === 0 ? before : new Set([...before, ...names]);
};

const collect = (node: Expression, guarded: Names, isInGuard = false): readonly Reference[] => {
  const found = chain(node);
  if (found) return [{ ...found, isGuarded: isInGuard || guarded.has(found.name) }];
  const isGuard = (node.kind === 'filter' || node.kind === 'test') && guards.has(node.name);
  if (node.kind === 'logic') {
    const left = collect(node.left, guarded);
    return [...left, ...collect(node.right, guardedIn(left, guarded))];
  }
  if (node.kind === 'choice') {
    const condition = collect(node.condition, guarded);
    const after = guardedIn(condition, guarded);
    return [...collect(node.yes, after), ...condition, ...(node.no ? collect(node.no, after) : [])];
  }
  return children(node).flatMap((child) =>
    collect(child, guarded, (isGuard && child === node.operand) || (isInGuard && node.kind === 'member')),
  );
};

const namesOf = (target: Target): readonly string[] =>
  target.kind === 'names' ? target.targets.flatMap(namesOf) : target.kind === 'name' ? [target.name] : [];

/**
 * The names that statements use and do not define themselves. What they define goes into `own`; what only a branch defines is
 * guarded from there on.
 */
const collectBlock = (block: Block, own: Set<string>, before: Names): readonly Reference[] => {
  let guarded = before;
  const within = (names: readonly string[]): Set<string> => new Set([...own, ...names]);
  const used = (node: Expression | undefined, names: Names = own): readonly Reference[] =>
    node ? collect(node, guarded).filter(({ name }) => !names.has(name)) : [];

  const ofStatement = (node: Statement): readonly Reference[] => {
    switch (node.kind) {
      case 'text':
        return [];
      case 'output':
        return used(node.expression);
      case 'if': {
        const found: Reference[] = [];
        const branch = (body: Block): void => {
          const inner = within([]);
          found.push(...collectBlock(body, inner, guarded));
          guarded = new Set([...guarded, ...[...inner].filter((name) => !own.has(name))]);
        };
        for (const { condition, body } of node.branches) {
          const asked = used(condition);
          found.push(...asked);
          guarded = guardedIn(asked, guarded);
          branch(body);
        }
        branch(node.otherwise);
        return found;
      }
      case 'for': {
        const names = [...namesOf(node.target), 'loop'];
        return [
          ...used(node.iterable),
          ...used(node.condition, within(names)),
          ...collectBlock(node.body, within(names), guarded),
          ...collectBlock(node.otherwise, within([]), guarded),
        ];
      }
      case 'set': {
        const found = used(node.value);
        for (const name of namesOf(node.target)) own.add(name);
        return found;
      }
      case 'capture': {
        const found = collectBlock(node.body, within([]), guarded);
        own.add(node.name);
        return [...found, ...used(node.filter)];
      }
      case 'macro': {
        const names = node.parameters.map(({ name }) => name);
        return [
          ...node.parameters.flatMap(({ otherwise }) => used(otherwise, within(names))),
          ...collectBlock(node.body, within(names), guarded),
        ];
      }
    }
  };
  return block.flatMap(ofStatement);
};

const none: Names = new Set();

const wellFormed = (run: () => readonly Reference[]): readonly Reference[] => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
};

/** The names that a value's text uses, in order; none of a malformed one. */
export const references = (text: string): readonly Reference[] =>
  wellFormed(() => collectBlock(parseTemplate(text).block, new Set(), none));

/** The names that a template file uses. */
export const fileReferences = (text: string, space: Partial<BlockSpace> = {}): readonly Reference[] =>
  wellFormed(() => collectBlock(parseFile(text, space).block, new Set(), none));

/** The names that a condition uses. */
export const conditionReferences = (text: string): readonly Reference[] =>
  wellFormed(() => collect(parseCondition(text), none));

const known = new WeakMap<object, readonly Reference[]>();

/** The names used anywhere in a tree of values. */
export const referencesIn = (value: Value): readonly Reference[] => {
  if (typeof value === 'string') return /\{[{%]/.test(value) ? references(value) : [];
  if (typeof value !== 'object' || value === null) return [];
  const found =
    known.get(value) ??
    (Array.isArray(value) ? (value as readonly Value[]) : Object.values(value)).flatMap(referencesIn);
  known.set(value, found);
  return found;
};
