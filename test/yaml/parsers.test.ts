import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ParsedNode } from 'yaml';
import { readYaml } from '../../src/yaml/document.ts';
import type { Node } from '../../src/yaml/document.ts';
import { yamlText } from './documents.ts';

// What a text means does not depend on who reads it: other parsers of YAML see the same tree, at the same places.

/** A tree with what both sides know of each value; a missing one stands nowhere in particular. */
type Outline = readonly [
  where: string,
  what: string | readonly Outline[] | readonly (readonly [string, string, Outline])[],
];

const ours = (node: Node): Outline => {
  const { line, column, length } = node.position;
  const where = `${line}:${column}`;
  if (node.kind === 'sequence') return [where, node.items.map(ours)];
  if (node.kind === 'map')
    return [
      where,
      node.entries.map(({ key, keyPosition, value }) => [
        key,
        `${keyPosition.line}:${keyPosition.column}`,
        ours(value),
      ]),
    ];
  return node.source === '' ? ['', ''] : [`${where} ${length} ${node.style}`, node.source];
};

/** The same from the parser that explains errors; undefined where it finds one. */
const theirs = (text: string): Outline | undefined => {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, schema: 'failsafe', uniqueKeys: false, logLevel: 'error' });
  if (document.errors.length > 0) return undefined;
  const anchors = new Map<string, Outline>();
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${line}:${col}`;
  };
  const outline = (node: ParsedNode): Outline => {
    if (isAlias(node)) return anchors.get(node.source)!;
    const [start, end] = node.range;
    const seen = ((): Outline => {
      if (isSeq(node)) return [at(start), node.items.map((item) => outline(item as ParsedNode))];
      if (isMap(node))
        return [
          at(start),
          node.items.map(({ key, value }) => {
            const name = key as ParsedNode;
            const content = isScalar(name) ? name.source! : String(outline(name)[1]);
            return [content, at(name.range[0]), value ? outline(value as ParsedNode) : ['', '']];
          }),
        ];
      if (node.source === '') return ['', ''];
      const newline = text.indexOf('\n', start);
      const style = node.type === 'PLAIN' ? 'plain' : node.type?.startsWith('BLOCK') ? 'block' : 'quoted';
      return [`${at(start)} ${(newline === -1 ? end : Math.min(end, newline)) - start} ${style}`, node.source!];
    })();
    if (node.anchor) anchors.set(node.anchor, seen);
    return seen;
  };
  return document.contents ? outline(document.contents) : ['', ''];
};

const read = (text: string): Outline | undefined => {
  const { document, diagnostics } = readYaml('file.yml', text);
  if (diagnostics.length > 0) return undefined;
  return document ? ours(document) : ['', ''];
};

const root = path.join(import.meta.dirname, '..', '..');
const files = ['inventories', 'playbooks', 'modules', 'test'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => path.join(folder, name)),
);

describe('readYaml and the parser that explains its errors', () => {
  it.each(files)('see the same tree in %s', (file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    expect(read(text)).toEqual(theirs(text));
  });
  it('see the same tree in every text that both take', () => {
    let taken = 0;
    fc.assert(
      fc.property(yamlText, (text) => {
        const [here, there] = [read(text), theirs(text)];
        if (here === undefined || there === undefined) return;
        taken++;
        expect(here).toEqual(there);
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(1000);
  });
});
