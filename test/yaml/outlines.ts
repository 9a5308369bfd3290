import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ParsedNode } from 'yaml';
import type { Node } from '../../src/yaml/document.ts';

/** A value with its place, length and style. What is missing stands nowhere in particular. */
export type Outline =
  | { readonly text: string; readonly where: string }
  | { readonly items: readonly Outline[]; readonly where: string }
  | { readonly entries: readonly (readonly [key: string, where: string, value: Outline])[]; readonly where: string };

export const missing: Outline = { text: '', where: '' };

/** A tree of ours. */
export const outlineOf = (node: Node): Outline => {
  const { line, column, length } = node.position;
  const where = `${line}:${column}`;
  if (node.kind === 'sequence') return { items: node.items.map(outlineOf), where };
  if (node.kind === 'scalar')
    return node.source === '' ? missing : { text: node.source, where: `${where}+${length} ${node.style}` };
  const entries = node.entries.map(
    ({ key, keyPosition, value }) => [key, `${keyPosition.line}:${keyPosition.column}`, outlineOf(value)] as const,
  );
  return { entries, where };
};

const styleOf = (type: string | undefined): string =>
  type === 'PLAIN' ? 'plain' : type?.startsWith('BLOCK') ? 'block' : 'quoted';

/** The tree of the parser that explains errors; undefined where it finds one. Keys must be unique and scalar. */
export const readByOther = (text: string): Outline | undefined => {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, schema: 'failsafe', uniqueKeys: false, logLevel: 'error' });
  const anchors = new Map<string, Outline>();
  let isSound = document.errors.length === 0;
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${line}:${col}`;
  };
  const bare = (node: Exclude<ParsedNode, { type: 'ALIAS' }>): Outline => {
    const [start, end] = node.range;
    if (isSeq(node)) return { items: node.items.map((item) => outline(item as ParsedNode)), where: at(start) };
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => {
        const name = key as ParsedNode;
        if (!isScalar(name)) isSound = false;
        const word = isScalar(name) ? name.source! : '';
        return [word, at(name.range[0]), value ? outline(value as ParsedNode) : missing] as const;
      });
      return { entries, where: at(start) };
    }
    if (!isScalar(node) || node.source === '') return missing;
    const line = text.slice(start, end).split('\n')[0]!;
    return { text: node.source!, where: `${at(start)}+${line.length} ${styleOf(node.type)}` };
  };
  const outline = (node: ParsedNode): Outline => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (!target) isSound = false;
      return target ?? missing;
    }
    if (node.anchor) anchors.delete(node.anchor);
    const seen = bare(node);
    if (node.anchor) anchors.set(node.anchor, seen);
    return seen;
  };
  const tree = isSound && document.contents ? outline(document.contents) : missing;
  return isSound ? tree : undefined;
};
