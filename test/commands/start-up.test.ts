import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout, createFolder, type Folder, program } from './fixture.ts';

// Start-up is felt at every call. Counted is what is loaded: time depends on the machine.

const dist = path.dirname(program);

let folder: Folder;
beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** The files of ours and of packages that Node ran during a call: its coverage record names each. */
const loadedBy = async (...words: readonly string[]): Promise<readonly string[]> => {
  const record = mkdtempSync(path.join(folder.path, 'coverage-'));
  const { exitCode } = await folder.start(words, { NODE_V8_COVERAGE: record });
  expect(exitCode).toBe(0);
  const [name = ''] = readdirSync(record);
  const { result } = JSON.parse(readFileSync(path.join(record, name), 'utf8')) as Coverage;
  rmSync(record, { recursive: true });
  // Modules have addresses, the scripts of the program the names of their files.
  const files = result.map(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : path.join(dist, url)));
  return files.filter((file) => file !== program && existsSync(file));
};

const packages = (files: readonly string[]): readonly string[] => [
  ...new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])),
];

/** The packages whose code is in these files of the bundle; a file's map names what it was made of. */
const bundled = (files: readonly string[]): readonly string[] =>
  packages(files.flatMap((file) => (JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] }).sources));

const site = ['playbooks/site.yml', '-i', 'inventories/lab.yml'];

describe('start-up', () => {
  it.each([['--version'], ['--help'], ['help', 'run']])('%s %s loads the command line alone', async (...words) => {
    const files = await loadedBy(...words.filter((word) => word !== undefined));
    expect(packages(files)).toEqual([]);
    // commander is most of it; the compiler with YAML and schemas would be eight times as much.
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThan(100_000);
  });

  it('validate loads what a sound site needs, and no SSH, live view, schema compiler or second YAML parser', async () => {
    const files = await loadedBy('validate', ...site);
    expect(packages(files)).toEqual([]);
    // Of ajv two functions that compiled schemas call, of typebox the types that schemas are made of.
    expect([...bundled(files)].sort()).toEqual(['@huggingface/jinja', 'ajv', 'commander', 'js-yaml', 'typebox']);
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThan(950_000);
  });

  it('a plan in a pipe loads no live view', async () => {
    folder.write('here.yml', 'all: { hosts: { here: { ansible_connection: local } } }\n');
    folder.write('here-site.yml', "- name: Here\n  hosts: all\n  tasks: [{ command: { argv: ['true'] } }]\n");
    expect(packages(await loadedBy('plan', 'here-site.yml', '-i', 'here.yml'))).toEqual([]);
  });

  it('runs bytecode: V8 takes that of each script', async () => {
    const check = `
      import { readFileSync } from 'node:fs';
      import { Script } from 'node:vm';
      import { setV8Flags } from ${JSON.stringify(path.join(checkout, 'src/launch/v8-flags.mjs'))};
      setV8Flags();
      for (const file of process.argv.slice(1)) {
        const text = readFileSync(file, 'latin1');
        const taken = (cachedData) => !new Script(text, { filename: file, cachedData }).cachedDataRejected;
        const bytecode = readFileSync(file + '.bytecode');
        if (!taken(bytecode)) console.log(file, 'is compiled at each start');
        if (taken(bytecode.subarray(0, 100))) console.log(file, 'has bytecode that is whatever');
      }`;
    const scripts = readdirSync(dist).filter((name) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(5);
    const { stdout, stderr } = await execa(process.execPath, [
      '--input-type=module',
      '-e',
      check,
      ...scripts.map((name) => path.join(dist, name)),
    ]);
    expect(stdout + stderr).toBe('');
  });

  it('is a program that a link calls', async () => {
    const link = path.join(folder.path, 'perfplay');
    symlinkSync(program, link);
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { stdout } = await execa(process.execPath, [link, '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
