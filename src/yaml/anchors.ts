import type { Node } from './nodes.ts';
import { deepest } from './syntax.ts';

/** Nodes that aliases may add to a document in all. */
const mostAliased = 500_000;

interface Anchor {
  readonly node: Node;
  /** Of the whole tree, aliases followed. */
  readonly nodes: number;
  readonly height: number;
}

/** Why an alias stands for nothing. */
export type AliasProblem = 'unknown-anchor' | 'alias-cycle' | 'yaml-depth' | 'alias-expansion';

export interface Anchors {
  /** Reads a node at a depth and keeps it under its anchor's name, where it has one. */
  readonly keep: (name: string | undefined, depth: number, read: () => Node) => Node;
  /** What an alias at a depth stands for. */
  readonly follow: (name: string, depth: number) => Node | AliasProblem;
}

/** The anchors of one document, and how much their aliases add to it: a few lines of aliases can stand for billions. */
export const createAnchors = (): Anchors => {
  const anchors = new Map<string, Anchor | 'open'>();
  let nodes = 0;
  let reached = 0;
  let aliased = 0;
  return {
    keep: (name, depth, read) => {
      const outer = { nodes, reached };
      [nodes, reached] = [1, depth];
      if (name !== undefined) anchors.set(name, 'open');
      const node = read();
      if (name !== undefined) anchors.set(name, { node, nodes, height: reached - depth });
      [nodes, reached] = [outer.nodes + nodes, Math.max(outer.reached, reached)];
      return node;
    },
    follow: (name, depth) => {
      const anchor = anchors.get(name);
      if (anchor === undefined) return 'unknown-anchor';
      if (anchor === 'open') return 'alias-cycle';
      if (depth + anchor.height > deepest) return 'yaml-depth';
      reached = Math.max(reached, depth + anchor.height);
      nodes += anchor.nodes;
      aliased += anchor.nodes;
      return aliased > mostAliased ? 'alias-expansion' : anchor.node;
    },
  };
};

/** What is said once, however many aliases go too far. */
export const aliasLimits: ReadonlySet<AliasProblem> = new Set(['yaml-depth', 'alias-expansion']);

/** What is wrong with an alias. */
export const aliasProblems: Readonly<Record<AliasProblem, (name: string) => string>> = {
  'unknown-anchor': (name) => `no anchor &${name} stands above this alias`,
  'alias-cycle': (name) => `*${name} stands inside its own anchor`,
  'yaml-depth': (name) => `*${name} nests lists and maps too deeply`,
  'alias-expansion': () => `aliases make this document larger than ${mostAliased} values`,
};
