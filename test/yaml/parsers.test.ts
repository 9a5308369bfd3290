import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../src/yaml/document.ts';
import type { Node } from '../../src/yaml/document.ts';
import { yamlText } from './documents.ts';
import { missing, outlineOf, readByOther } from './outlines.ts';
import type { Outline } from './outlines.ts';

// What a text means does not depend on who reads it: other parsers of YAML see the same tree, at the same places.

const read = (text: string): Outline | undefined => {
  const { document, diagnostics } = readYaml('file.yml', text);
  if (diagnostics.length > 0) return undefined;
  return document ? outlineOf(document) : missing;
};

const root = path.join(import.meta.dirname, '..', '..');
const files = ['inventories', 'playbooks', 'modules', 'test'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => path.join(folder, name)),
);

describe('the parser that explains errors', () => {
  it('sees the same tree in every file of the repository that is sound and merges no maps', () => {
    const texts = files.map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
    const outlines = texts.map(({ file, text }) => ({ file, text, outline: read(text) }));
    const sound = outlines.filter(({ text, outline }) => outline && !/<<\s*:/.test(text));
    expect(sound.length).toBeGreaterThan(50);
    for (const { file, text, outline } of sound) expect(outline, file).toEqual(readByOther(text));
  });

  it('takes the same texts, and sees the same trees in them', () => {
    let sound = 0;
    fc.assert(
      fc.property(yamlText, (text) => {
        const outline = read(text);
        expect(outline).toEqual(readByOther(text));
        if (outline) sound++;
      }),
      { numRuns: 1000 },
    );
    expect(sound).toBeGreaterThan(400);
  });
});

type Typed =
  readonly Typed[] | { readonly entries: readonly (readonly [string, Typed])[] } | { type: string; text: string };
const typed = (node: Node): Typed => {
  if (node.kind === 'sequence') return node.items.map(typed);
  if (node.kind === 'map') return { entries: node.entries.map(({ key, value }) => [key, typed(value)]) };
  return { type: node.value === null ? 'null' : typeof node.value, text: node.source };
};

/** What PyYAML makes of each text, null where it refuses; undefined where there is none. */
const askPyYaml = (texts: readonly string[]): readonly ({ readonly tree: Typed | null } | null)[] | undefined => {
  const input = JSON.stringify(texts);
  const script = path.join(import.meta.dirname, 'pyyaml.py');
  const { error, status, stdout, stderr } = spawnSync('python3', [script], { input, encoding: 'utf8', maxBuffer: 1e9 });
  if (error || status === 77) return undefined;
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

describe('PyYAML', () => {
  it('gives the same values and types wherever it takes a text', ({ skip }) => {
    const texts = fc.sample(yamlText, 1000);
    const answers = askPyYaml(texts);
    if (!answers) return skip('needs python3 with PyYAML');
    const taken = texts.flatMap((text, index) => (answers[index] ? [{ text, answer: answers[index] }] : []));
    expect(taken.length).toBeGreaterThan(300);
    for (const { text, answer } of taken) {
      const { document, diagnostics } = readYaml('file.yml', text);
      expect(diagnostics, text).toEqual([]);
      expect(document ? typed(document) : null, text).toEqual(answer.tree);
    }
  });
});
