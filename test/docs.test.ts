import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommandLine } from '../src/commands/command-line.ts';
import { createMask } from '../src/report/mask.ts';
import { openSite } from '../src/commands/load.ts';
import { tasksOf } from '../src/playbook/sequence.ts';

// What people copy out of the documents must work.

const root = path.join(import.meta.dirname, '..');
const documents = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'docs/ansible.md', 'docs/reboots.md'];
const textOf = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const files = (folder: string): readonly string[] =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => `${folder}/${name}`);

const playbooksInText = documents.flatMap((document) =>
  [...textOf(document).matchAll(/```yaml\n(# file: (\S+)\n[^]*?)```/g)].map(([, text = '', name = '']) => ({
    name: `${document}: ${name}`,
    text,
  })),
);

let folder: string;
const before = process.cwd();
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'perfplay-docs-'));
  process.chdir(root);
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

/** Each task in the YAML blocks of the modules' READMEs: a module's key at the beginning of a line, and what belongs to it. */
const tasksInReadmes = readdirSync(path.join(root, 'modules')).flatMap((kind) => {
  const readme = path.join('modules', kind, 'README.md');
  if (!existsSync(path.join(root, readme))) return [];
  return [...textOf(readme).matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, text = '']) =>
    text.split(/^(?=\w)/m).map((task) => ({ name: `${readme}: ${task.split('\n')[0]}`, task })),
  );
});

describe('tasks in the documents', () => {
  it.each(tasksInReadmes)('$name', ({ task }) => {
    const [, file] = /\b(?:src|source): ([\w./-]+)/.exec(task) ?? [];
    if (file !== undefined) writeFileSync(path.join(folder, file), '');
    const playbook = path.join(folder, 'task.yml');
    writeFileSync(playbook, `- hosts: kvm01\n  tasks:\n    - ${task.trimEnd().replaceAll('\n', '\n      ')}\n`);
    expect(openSite(playbook, { inventory: ['inventories/lab.yml'] }).site.plays).toHaveLength(1);
  });
});

describe('playbooks', () => {
  it.each(playbooksInText)('$name compiles', ({ text }) => {
    const file = path.join(folder, 'site.yml');
    writeFileSync(file, text);
    const { site } = openSite(file, { inventory: ['inventories/lab.yml'] });
    expect(tasksOf(site.plays[0]?.sequence ?? []).length).toBeGreaterThan(0);
  });

  it('of the README are found', () => {
    expect(playbooksInText.length).toBeGreaterThan(0);
  });

  it.each(files('playbooks').flatMap((playbook) => files('inventories').map((inventory) => ({ playbook, inventory }))))(
    '$playbook compiles with $inventory',
    ({ playbook, inventory }) => {
      expect(openSite(playbook, { inventory: [inventory] }).site.plays.length).toBeGreaterThan(0);
    },
  );
});

const commandLines = documents.flatMap((document) =>
  [...textOf(document).matchAll(/(?:^ {4}|`)perfplay ([^`\n]*)/gm)].map(([, words = '']) => ({
    document,
    words: words.replace(/\s{2,}#?.*$|\s#.*$/, '').trim(),
  })),
);

describe('command lines', () => {
  const program = createCommandLine({
    print: { data: () => undefined, talk: () => undefined, mask: createMask() },
    columns: 80,
    signal: new AbortController().signal,
    halt: new AbortController().signal,
    exit: () => undefined,
  });

  it.each(commandLines)('$document: perfplay $words', ({ words }) => {
    const [name, ...rest] = words.split(/\s+/);
    const command = program.commands.find((one) => one.name() === name);
    expect(command, `the command ${name}`).toBeDefined();
    for (const word of rest.filter((one) => one.startsWith('-')))
      expect(
        command!.options.some(({ short, long }) => short === word || long === word),
        word,
      ).toBe(true);
  });
});
