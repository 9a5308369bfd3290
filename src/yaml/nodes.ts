import type { Diagnostic, Position } from '../diagnostics.ts';
import type { Value } from '../inventory/types.ts';
import type { Scalar } from './scalars.ts';

/** A YAML tree of our own: each value with the place where it stands. An aliased value stands where its anchor is. */
export type Node = ScalarNode | MapNode | SequenceNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: Scalar;
  /** The text before it became a value; quotes, escapes and line folds are already resolved. */
  readonly source: string;
  readonly style: 'plain' | 'quoted' | 'block';
  /** YAML 1.1 and 1.2 readers take it for different values: a warning where the value is used. */
  readonly ambiguous?: true;
  readonly position: Position;
}

export interface Entry {
  readonly key: string;
  readonly keyPosition: Position;
  readonly value: Node;
}

export interface MapNode {
  readonly kind: 'map';
  /** In the order of the file; keys are unique. */
  readonly entries: readonly Entry[];
  readonly position: Position;
}

export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: readonly Node[];
  readonly position: Position;
}

/** The value of a map's key, or undefined. */
export const get = (map: MapNode, key: string): Node | undefined =>
  map.entries.find((entry) => entry.key === key)?.value;

/** The tree as a plain value. Maps have no prototype, so that no key can reach one. */
export const toValue = (node: Node): Value => {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'sequence') return node.items.map(toValue);
  const map: Record<string, Value> = Object.create(null);
  for (const { key, value } of node.entries) map[key] = toValue(value);
  return map;
};

/** A warning for each scalar in the tree that YAML 1.1 and 1.2 readers take differently; for values that are used. */
export const ambiguities = (node: Node): readonly Diagnostic[] => {
  if (node.kind === 'sequence') return node.items.flatMap(ambiguities);
  if (node.kind === 'map') return node.entries.flatMap((entry) => ambiguities(entry.value));
  if (!node.ambiguous) return [];
  return [
    {
      code: 'yaml-1.1',
      severity: 'warning',
      message: `${node.source} is ${describe(node.value)} here, as in Ansible (YAML 1.1); YAML 1.2 readers take it for something else`,
      position: node.position,
      hint: `write ${JSON.stringify(node.value)} or "${node.source}", whichever is meant`,
    },
  ];
};

const describe = (value: Scalar): string =>
  typeof value === 'string' ? `the text "${value}"` : `the ${typeof value} ${value}`;
