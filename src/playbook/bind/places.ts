import { get } from '../../yaml/document.ts';
import type { Position } from '../../diagnostics.ts';
import type { Node } from '../../yaml/document.ts';

export type Path = readonly (string | number)[];

/** True where the path leads to the end of the other, or beyond. */
export const startsWith = (path: Path, other: Path): boolean => other.every((key, index) => path[index] === key);

/** The node at the end of the path, or the last one on the way that is there. */
export const nodeAt = (node: Node, path: Path): Node => {
  const [key, ...rest] = path;
  if (key === undefined) return node;
  const next =
    node.kind === 'map' ? get(node, String(key)) : node.kind === 'sequence' ? node.items[Number(key)] : undefined;
  return next ? nodeAt(next, rest) : node;
};

/** Where the key at the end of the path is written; the map itself where it is not. */
export const keyAt = (node: Node, path: Path): Position => {
  const map = nodeAt(node, path.slice(0, -1));
  const entry = map.kind === 'map' ? map.entries.find(({ key }) => key === path.at(-1)) : undefined;
  return entry?.keyPosition ?? map.position;
};

/**
 * The place of some characters of a node's text. Exact where the text stands in the file as it is, on one line without escapes;
 * else the whole node.
 */
export const placeIn = (node: Node, offset: number | undefined, length = 1): Position => {
  const { position } = node;
  if (offset === undefined || node.kind !== 'scalar' || node.style === 'block') return position;
  const quotes = node.style === 'quoted' ? 2 : 0;
  if (position.length !== node.source.length + quotes) return position;
  return { ...position, column: position.column + offset + quotes / 2, length };
};
