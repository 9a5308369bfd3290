import { ExpressionError } from './errors.ts';
import { parseCondition, parseTemplate } from './template.ts';
import { children } from './walk.ts';
import type { Value } from '../../inventory/types.ts';
import type { Expression } from './syntax.ts';

/** A name that an expression uses. */
export interface Reference {
  readonly name: string;
  /** The literal keys after it: `a.b['c']` has `b`, `c`. */
  readonly path: readonly string[];
  /** Under `default` or `is defined`: it may be undefined. */
  readonly isGuarded: boolean;
  /** Characters from the start of the text. */
  readonly offset: number;
}

const guards = new Set(['default', 'd', 'defined', 'undefined']);

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

const collect = (node: Expression, isGuarded: boolean): readonly Reference[] => {
  const found = chain(node);
  if (found) return [{ ...found, isGuarded }];
  const isGuard = (node.kind === 'filter' || node.kind === 'test') && guards.has(node.name);
  return children(node).flatMap((child) =>
    collect(child, (isGuard && child === node.operand) || (isGuarded && node.kind === 'member')),
  );
};

/** The names that a template text uses, in order; none of a malformed one. */
export const references = (text: string): readonly Reference[] =>
  wellFormed(() =>
    parseTemplate(text).flatMap((part) =>
      part.kind === 'text'
        ? []
        : collect(part.expression, false).map((found) => ({ ...found, offset: found.offset + part.offset })),
    ),
  );

/** The names that a condition uses. */
export const conditionReferences = (text: string): readonly Reference[] =>
  wellFormed(() => collect(parseCondition(text), false));

const wellFormed = (run: () => readonly Reference[]): readonly Reference[] => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
};

const known = new WeakMap<object, readonly Reference[]>();

/** The names used anywhere in a tree of values. */
export const referencesIn = (value: Value): readonly Reference[] => {
  if (typeof value === 'string') return /\{\{/.test(value) ? references(value) : [];
  if (typeof value !== 'object' || value === null) return [];
  const found =
    known.get(value) ??
    (Array.isArray(value) ? (value as readonly Value[]) : Object.values(value)).flatMap(referencesIn);
  known.set(value, found);
  return found;
};
