import { ExpressionError } from '../expressions/errors.ts';
import { isOmitted } from './omit.ts';
import { references } from '../expressions/references.ts';
import { hasTemplate, render } from '../expressions/render.ts';
import { toValue } from '../../yaml/document.ts';
import type { Value } from '../../inventory/types.ts';
import type { Node, ScalarNode } from '../../yaml/document.ts';
import type { Reference } from '../expressions/references.ts';
import type { Lookup } from '../expressions/render.ts';
import type { IsLate } from './needs.ts';
import type { Path } from './places.ts';

/** How a tree is rendered. */
export interface Rendering {
  readonly lookup: Lookup;
  /** Whether a text with these names has no value yet; without it, everything has. */
  readonly isLate?: IsLate | undefined;
  readonly failed: (error: ExpressionError, node: ScalarNode) => void;
  /** Trees that are taken as they are. */
  readonly isVerbatim?: (path: Path) => boolean;
}

export interface RenderedNode {
  readonly value: Value;
  /** The paths of the texts that have no value: those that failed, and those that are late, which stay as they are. */
  readonly unknown: readonly Path[];
  /** The trees that were taken as they are. */
  readonly verbatim: readonly { readonly path: Path; readonly node: Node }[];
}

const known = new WeakMap<ScalarNode, readonly Reference[]>();
const referencesAt = (node: ScalarNode, text: string): readonly Reference[] => {
  const found = known.get(node) ?? references(text);
  known.set(node, found);
  return found;
};

/** What the function gives; undefined where an expression fails, of which `failed` hears. */
export const attempt = <T>(run: () => T, failed: (error: ExpressionError) => void): T | undefined => {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    failed(error);
    return undefined;
  }
};

const isKept = (value: Value): boolean => !isOmitted(value);

/** A value without what `omit` stands for, at any depth. */
const withoutOmitted = (value: Value): Value => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Value[]).filter(isKept).map(withoutOmitted);
  const map: Record<string, Value> = Object.create(null);
  for (const [key, item] of Object.entries(value)) if (isKept(item)) map[key] = withoutOmitted(item);
  return map;
};

/**
 * Renders a tree, each text that fails a problem of its own. What comes to `omit` is left out of its map or list; a whole tree
 * that comes to it stays `omit`. Rule: Ansible's executor/task_executor.py, remove_omit.
 */
export const renderNode = (root: Node, { lookup, isLate, failed, isVerbatim }: Rendering): RenderedNode => {
  const unknown: Path[] = [];
  const verbatim: { readonly path: Path; readonly node: Node }[] = [];
  const visit = (node: Node, path: Path): Value => {
    if (isVerbatim?.(path)) {
      verbatim.push({ path, node });
      return toValue(node);
    }
    if (node.kind === 'sequence') {
      const list: Value[] = [];
      for (const item of node.items) {
        const value = visit(item, [...path, list.length]);
        if (isKept(value)) list.push(value);
      }
      return list;
    }
    if (node.kind === 'map') {
      const map: Record<string, Value> = Object.create(null);
      for (const entry of node.entries) {
        const value = visit(entry.value, [...path, entry.key]);
        if (isKept(value)) map[entry.key] = value;
      }
      return map;
    }
    const { value } = node;
    if (typeof value !== 'string' || !hasTemplate(value)) return value;
    if (isLate?.(referencesAt(node, value))) {
      unknown.push(path);
      return value;
    }
    const rendered = attempt(
      () => render(value, lookup),
      (error) => {
        unknown.push(path);
        failed(error, node);
      },
    );
    return rendered === undefined ? null : withoutOmitted(rendered);
  };
  return { value: visit(root, []), unknown, verbatim };
};
