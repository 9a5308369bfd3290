import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { modules } from '../modules/registry.ts';
import { setsNothing } from './conformance/examples.ts';
import { shellTextsBuilt } from './shell-rule.ts';

// The rules of the tree (ARCHITECTURE.md), each with its reason. What a linter can say is in .oxlintrc.json.

const root = path.join(import.meta.dirname, '..');

interface Source {
  /** From the checkout. */
  readonly name: string;
  readonly text: string;
}

const sourcesOf = (folder: string, extension: RegExp): readonly Source[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ name: path.relative(root, file), text: readFileSync(file, 'utf8') }));

const isCode = /\.(ts|tsx|mjs)$/;
const program = [...sourcesOf('src', isCode), ...sourcesOf('modules', isCode)];
const tests = sourcesOf('test', isCode);
const shellScripts = [...sourcesOf('src', /\.sh$/), ...sourcesOf('test', /\.sh$/)];

interface Import {
  readonly from: string;
  /** A file of the checkout, or a package. */
  readonly to: string;
  readonly isType: boolean;
  /** Only when it is needed. */
  readonly isLazy: boolean;
}

const statement =
  /^(?:import|export)\s+(type\s+)?([^;']*?)\s*from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
const areTypes = (names: string): boolean =>
  /^\{.*\}$/s.test(names) &&
  names
    .slice(1, -1)
    .split(',')
    .every((name) => name.trim() === '' || /^\s*type\s/.test(name));

const importsOf = ({ name, text }: Source): readonly Import[] =>
  [...text.matchAll(statement)].map(([, type, names = '', from, bare, lazy]) => {
    const target = (from ?? bare ?? lazy)!.replace(/\?raw$/, '');
    return {
      from: name,
      to: target.startsWith('.') ? path.join(path.dirname(name), target) : target,
      isType: type !== undefined || areTypes(names),
      isLazy: lazy !== undefined,
    };
  });
const imports = program.flatMap(importsOf);

const isFile = (target: string): boolean => /^(src|modules)\//.test(target);
/** `src/engine/stage.ts` belongs to `engine`, `src/cli.ts` to `cli`, `modules/ksm/index.ts` to `modules`. */
const stageOf = (name: string): string => {
  const [top = '', next = ''] = name.split('/');
  return top === 'modules' ? 'modules' : next.replace(/\..*$/, '');
};
const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
const show = ({ from, to }: Import): string => `${from} imports ${to}`;

describe('the checkout', () => {
  it('has at its top what the user chose, documents, and what configures tools: whatever else lies there was left by mistake', () => {
    const ignored = readFileSync(path.join(root, '.gitignore'), 'utf8').split('\n');
    const known =
      /^(src|modules|playbooks|inventories|test|bench|docs|(package|package-lock|tsconfig)\.json|[A-Z]+\.md|vitest\.config\.ts|\.ci|\.git.*|\.(oxlint|prettier)[\w.]*)$/;
    const left = readdirSync(root).filter((name) => !known.test(name) && !ignored.includes(`${name}/`));
    expect(left).toEqual([]);
  });
});

describe('modules', () => {
  const folders = readdirSync(path.join(root, 'modules'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

  it('import the contract and their own folder: a module can be read, tried and thrown away by itself', () => {
    const foreign = imports
      .filter(({ from }) => from.startsWith('modules/') && from !== 'modules/registry.ts')
      .filter(({ from, to }) => to !== 'src/contract/index.ts' && path.dirname(to) !== path.dirname(from));
    expect(foreign.map(show)).toEqual([]);
  });

  it('are found by their folder, and named like it', () => {
    expect([...modules.keys()].sort()).toEqual(folders);
    expect([...modules].filter(([kind, module]) => module.kind !== kind)).toEqual([]);
  });

  it.each(folders)('%s has its evidence, its cases and its examples: what cannot be shown is not done', (kind) => {
    const folder = path.join(root, 'modules', kind);
    const files = ['index.ts', 'README.md', 'cases', ...(setsNothing.has(kind) ? [] : ['example.yaml'])];
    for (const name of files) expect(existsSync(path.join(folder, name)), `${kind}/${name}`).toBe(true);
    expect(readdirSync(path.join(folder, 'cases')).filter((name) => name.endsWith('.yaml'))).not.toEqual([]);
    const others = readdirSync(folder).filter((name) => !/^(\w|-)+\.ts$|^(README\.md|example\.yaml|cases)$/.test(name));
    expect(others, 'a module is one flat folder').toEqual([]);
  });
});

describe('stages', () => {
  /** What each may import as values, and as types alone. Errors of an earlier stage are classes, and so are values. */
  const allowed: Readonly<Record<string, { readonly values: readonly string[]; readonly types?: readonly string[] }>> =
    {
      diagnostics: { values: [], types: ['diagnostic-codes'] },
      'diagnostic-codes': { values: [] },
      raw: { values: [] },
      'natural-order': { values: [] },
      contract: { values: ['natural-order'] },
      yaml: { values: ['diagnostics'], types: ['inventory'] },
      inventory: { values: ['diagnostics', 'yaml'] },
      playbook: { values: ['diagnostics', 'contract', 'yaml'], types: ['inventory'] },
      connect: { values: ['diagnostics', 'contract'], types: ['inventory'] },
      engine: { values: ['diagnostics', 'contract', 'connect'], types: ['inventory', 'playbook', 'report'] },
      report: { values: ['diagnostics', 'natural-order'] },
      record: { values: ['diagnostics'], types: ['contract', 'report'] },
      // The lab writes the files of a tuned host through the stores, so that they are what is read back.
      lab: { values: ['diagnostics', 'contract', 'engine'] },
      commands: {
        values: [
          'diagnostics',
          'diagnostic-codes',
          'contract',
          'yaml',
          'inventory',
          'playbook',
          'connect',
          'engine',
          'report',
          'record',
          'lab',
          'modules',
        ],
      },
      cli: { values: ['commands', 'diagnostics', 'report'] },
      modules: { values: ['contract'] },
    };
  const between = imports
    .filter(({ from, to }) => isFile(to) && !from.endsWith('.mjs'))
    .filter(({ from, to }) => stageOf(from) !== stageOf(to));

  it('know only the stages before them: each can be tested, and replaced, by itself', () => {
    const known = new Set(program.filter(({ name }) => !name.endsWith('.mjs')).map(({ name }) => stageOf(name)));
    expect([...known].filter((stage) => !(stage in allowed))).toEqual([]);
    const forbidden = between.filter(({ from, to, isType }) => {
      const { values, types = [] } = allowed[stageOf(from)]!;
      return !values.includes(stageOf(to)) && !(isType && types.includes(stageOf(to)));
    });
    expect(forbidden.map(show)).toEqual([]);
  });

  it('name in the table only what they use: a permission that nobody needs is forgotten', () => {
    const unused = Object.entries(allowed).flatMap(([stage, { values, types = [] }]) =>
      [...values, ...types]
        .filter((other) => !between.some(({ from, to }) => stageOf(from) === stage && stageOf(to) === other))
        .map((other) => `${stage} → ${other}`),
    );
    expect(unused).toEqual([]);
  });

  /** The first way back to where it began; none: undefined. */
  const cycleIn = (edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined => {
    const done = new Set<string>();
    const visit = (node: string, way: readonly string[]): readonly string[] | undefined => {
      if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
      if (done.has(node)) return undefined;
      for (const next of edges.get(node) ?? []) {
        const found = visit(next, [...way, node]);
        if (found) return found;
      }
      done.add(node);
      return undefined;
    };
    for (const node of edges.keys()) {
      const found = visit(node, []);
      if (found) return found;
    }
    return undefined;
  };
  const graphOf = (
    edges: readonly Import[],
    name: (file: string) => string,
  ): ReadonlyMap<string, ReadonlySet<string>> => {
    const graph = new Map<string, Set<string>>();
    for (const { from, to } of edges.filter((one) => isFile(one.to) && !one.isType)) {
      if (name(from) === name(to)) continue;
      graph.set(name(from), (graph.get(name(from)) ?? new Set()).add(name(to)));
    }
    return graph;
  };

  it('are not imported in a circle: what is loaded first would depend on who asks', () => {
    expect(
      cycleIn(
        new Map([
          ['a', new Set(['b'])],
          ['b', new Set(['c'])],
          ['c', new Set(['b'])],
        ]),
      ),
    ).toEqual(['b', 'c', 'b']);
    expect(cycleIn(graphOf(imports, stageOf)), 'stages').toBeUndefined();
    const eager = imports.filter(({ isLazy }) => !isLazy);
    expect(cycleIn(graphOf(eager, (file) => file)), 'files').toBeUndefined();
  });
});

describe('packages', () => {
  /** Who may know each. */
  const users: Readonly<Record<string, readonly string[]>> = {
    typebox: ['contract'],
    yaml: ['yaml', 'commands'],
    'js-yaml': ['yaml'],
    '@huggingface/jinja': ['playbook'],
    ajv: ['playbook'],
    ssh2: ['connect', 'lab'],
    'ssh-config': ['connect'],
    'p-limit': ['connect', 'engine', 'commands'],
    ink: ['report'],
    react: ['report'],
    commander: ['cli', 'commands'],
    esbuild: ['build'],
  };
  const outside = imports.filter(({ to }) => !isFile(to) && !to.startsWith('.'));

  it('are known where their work is done: ssh2 by connect (and the lab, which is the other side), ink by the reporters', () => {
    const forbidden = outside
      .filter(({ to }) => !to.startsWith('node:'))
      .filter(({ from, to }) => !users[packageOf(to)]?.includes(stageOf(from)));
    expect(forbidden.map(show)).toEqual([]);
  });

  it('of Node are not for modules and the contract: they are pure, so that every plan can be replayed', () => {
    const impure = outside.filter(
      ({ from, to }) => to.startsWith('node:') && ['modules', 'contract'].includes(stageOf(from)),
    );
    expect(impure.map(show)).toEqual([]);
  });

  it('for the live view are loaded for it alone: start-up is felt at every call', () => {
    const isView = (name: string): boolean => ['ink', 'react'].includes(packageOf(name)) || name.endsWith('.tsx');
    const eager = imports.filter(({ from, to, isLazy, isType }) => !isView(from) && isView(to) && !isLazy && !isType);
    expect(eager.map(show)).toEqual([]);
    // And by a name that the test sees.
    expect(imports.some(({ to, isLazy }) => packageOf(to) === 'ink' && isLazy)).toBe(true);
  });
});

/** `FILE:LINE` of every match in code, comments aside. */
const places = (sources: readonly Source[], pattern: RegExp): readonly string[] =>
  sources.flatMap(({ name, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        !/^\s*(\/\/|\*|\/\*)/.test(line) && pattern.test(line) ? [`${name}:${index + 1}`] : [],
      ),
  );
const except = (sources: readonly Source[], isExempt: (name: string) => boolean): readonly Source[] =>
  sources.filter(({ name }) => !isExempt(name));
/** Scripts that run before there is a build. */
const isScript = (name: string): boolean => name.endsWith('.mjs');

describe('code', () => {
  it('prints in reporters, commands and the command line alone: data and talk must not mix', () => {
    const isPrinting = (name: string): boolean =>
      isScript(name) || ['report', 'commands', 'cli'].includes(stageOf(name));
    expect(places(except(program, isPrinting), /\bconsole\.|\bprocess\.std(out|err)\b/)).toEqual([]);
  });

  it('ends the process in cli.ts alone: elsewhere something may still be open, or unsaid', () => {
    const isTop = (name: string): boolean => isScript(name) || name === 'src/cli.ts';
    expect(places(except(program, isTop), /\bprocess\.(exit|abort)\(/)).toEqual([]);
  });

  it('builds no text for a shell outside of src/connect/shell: one quoting function is enough to check', () => {
    const makers = ['quote', 'script', 'prelude'].map((name) => `src/connect/shell/${name}.ts`);
    const elsewhere = except(program, (name) => makers.includes(name) || name.endsWith('.mjs'));
    /** Each with its reason. */
    const known: Readonly<Record<string, string>> = {
      'src/connect/become.ts': 'the mark by which sudo is known to have let us in: 32 hexadecimal digits of our own',
      'src/connect/stream.ts': 'ProxyCommand, which ssh_config(5) makes text for a shell',
      'src/lab/server.ts': 'the other side: a simulated sshd runs what it is sent',
      'modules/command/index.ts': 'what a playbook gives as `shell` is text for a shell',
    };
    const built = elsewhere.flatMap(({ name, text }) =>
      shellTextsBuilt(text, name.endsWith('.tsx') ? 'tsx' : 'ts').map((place) => `${name}:${place}`),
    );
    expect(built.filter((place) => known[place.split(':')[0]!] === undefined)).toEqual([]);
    expect(new Set(built.map((place) => place.split(':')[0]))).toEqual(new Set(Object.keys(known)));
    expect(
      places(
        except(elsewhere, (name) => name.startsWith('src/connect/shell/')),
        /\bquote\(/,
      ),
    ).toEqual([]);
  });

  it('is written for people: no file is longer than 350 lines', () => {
    // A table of expressions and what they give, made to be read line by line.
    const isTable = (name: string): boolean => name === 'test/playbook/expressions/truth-table.ts';
    const long = except([...program, ...tests, ...shellScripts], isTable)
      .map(({ name, text }) => ({ name, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 350);
    expect(long).toEqual([]);
  });

  it('leaves nothing for later and switches no check off: what is open is an issue, not a comment', () => {
    const words = new RegExp(['TO' + 'DO', 'FIX' + 'ME', '@ts-' + 'ignore', '@ts-' + 'nocheck'].join('|'));
    const found = [...program, ...tests, ...shellScripts].flatMap(({ name, text }) => (words.test(text) ? [name] : []));
    expect(found).toEqual([]);
  });
});
