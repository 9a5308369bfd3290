import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { defineModule, Scalar, Switch, Type } from '../../src/contract/index.ts';
import { matchHosts } from '../../src/inventory/patterns.ts';
import { compileSite } from '../../src/playbook/compile.ts';
import { createSources } from '../../src/yaml/files.ts';
import type { AnyModule } from '../../src/contract/index.ts';
import type { CompileOptions } from '../../src/playbook/compile.ts';
import type { Diagnostic } from '../../src/diagnostics.ts';
import type { Host, Inventory, Value, Variable } from '../../src/inventory/types.ts';
import type { HostPlay, Scope, Site } from '../../src/playbook/types.ts';

const plan = { observe: () => ({}), plan: () => [] };

const governor = defineModule({
  kind: 'cpu',
  summary: 'a governor',
  params: Type.Object({
    governor: Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String())]),
    boost: Type.Optional(Switch('turbo')),
    min_khz: Type.Optional(Type.Integer({ minimum: 0, maximum: 9_000_000 })),
  }),
  stores: [],
  removable: true,
  ...plan,
});
const kernel = defineModule({
  kind: 'kernel_line',
  summary: 'kernel arguments',
  params: Type.Object({ present: Type.Array(Type.String()) }),
  stores: [],
  removable: true,
  canary: true,
  check: ({ present }) =>
    present.filter((word) => word.includes(' ')).map((word) => ({ param: 'present', message: `${word} has a space` })),
  ...plan,
});
const merging = defineModule({
  kind: 'merge',
  summary: 'page merging',
  params: Type.Object({
    run: Type.Union([Switch('on or off'), Type.Literal('unmerge')]),
    owners: Type.Optional(Type.Union([Type.Literal('stop'), Type.Literal('conflict')])),
  }),
  stores: [],
  removable: false,
  ...plan,
});
const limits = defineModule({
  kind: 'limits',
  summary: 'sysctl-like',
  params: Type.Object({
    values: Type.Record(Type.String(), Type.Union([Scalar('value'), Type.Object({ min: Type.Number() })])),
  }),
  stores: [],
  removable: true,
  ...plan,
});
const shell = defineModule({
  kind: 'program',
  summary: 'a program',
  params: Type.Object({ argv: Type.Array(Type.String()) }),
  stores: [],
  removable: false,
  ...plan,
});

const command = defineModule({
  kind: 'command',
  summary: 'a command that is tried again',
  params: Type.Object({ argv: Type.Optional(Type.Array(Type.String())), shell: Type.Optional(Type.String()) }),
  stores: [],
  removable: false,
  ...plan,
});
const debug = defineModule({
  kind: 'debug',
  summary: 'a text',
  params: Type.Object({ msg: Type.String() }),
  stores: [],
  removable: false,
  ...plan,
});
const facts = defineModule({
  kind: 'set_fact',
  summary: 'variables',
  params: Type.Record(Type.String(), Type.Unknown()),
  stores: [],
  removable: false,
  learns: (written) => written,
  ...plan,
});

export const modules: ReadonlyMap<string, AnyModule> = new Map<string, AnyModule>(
  [governor, kernel, merging, limits, shell, command, debug, facts].map((module) => [module.kind, module]),
);

/** Where a made-up inventory variable stands. */
export const inventoryPosition = { file: 'hosts.yml', line: 7, column: 3, length: 4 };

const variablesOf = (values: Readonly<Record<string, Value>>, origin: string): ReadonlyMap<string, Variable> =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, position: inventoryPosition, origin }]));

export interface Hosts {
  readonly [name: string]: { readonly groups?: readonly string[]; readonly vars?: Readonly<Record<string, Value>> };
}

export const inventoryOf = (hosts: Hosts): Inventory => {
  const names = Object.keys(hosts);
  const groups = [...new Set(names.flatMap((name) => hosts[name]!.groups ?? []))];
  const made = names.map((name): [string, Host] => [
    name,
    {
      name,
      groups: [...(hosts[name]!.groups ?? [])].sort(),
      variables: variablesOf(hosts[name]!.vars ?? {}, 'group all'),
      connection: { connection: 'ssh', address: name, sshArguments: [] },
    },
  ]);
  const members = (group: string): readonly string[] => names.filter((name) => hosts[name]!.groups?.includes(group));
  return {
    sources: ['hosts.yml'],
    hosts: new Map(made),
    groups: new Map(
      [
        { name: 'all', children: groups, hosts: names },
        { name: 'ungrouped', children: [], hosts: [] },
        ...groups.map((name) => ({ name, children: [], hosts: members(name) })),
      ].map((group) => [group.name, group]),
    ),
  };
};

export const threeHosts: Hosts = {
  kvm01: { groups: ['kvm'], vars: { governor: 'performance', cstate: 1 } },
  kvm02: { groups: ['kvm'], vars: { governor: 'powersave', cstate: 2 } },
  rp01: { groups: ['brokers'], vars: { governor: 'performance', cstate: 1 } },
};

type Options = Partial<Omit<CompileOptions, 'extraVars'>> & {
  readonly hosts?: Hosts;
  readonly extra?: Readonly<Record<string, Value>>;
};

/** Compiles one playbook text, `site.yml`. */
export const compile = (text: string, { hosts = threeHosts, extra = {}, ...options }: Options = {}) =>
  compileSite({
    files: ['site.yml'],
    inventory: inventoryOf(hosts),
    modules,
    extraVars: variablesOf(extra, '-e'),
    sources: { read: () => text },
    matchHosts,
    ...options,
  });

/** Each diagnostic as `line:column+length code`, for comparisons. */
export const places = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map(({ code, position }) =>
    position ? `${position.line}:${position.column}+${position.length ?? '-'} ${code}` : code,
  );

/** A site that compiled, or a failure that shows why not. */
export const siteOf = (text: string, options: Options = {}): Site => {
  const { site, diagnostics } = compile(text, options);
  if (!site) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return site;
};

/** Files in a folder of their own, which is removed after the test; the first is the playbook. */
export const folderOf = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-site-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
};

/** Compiles `site.yml` of such a folder; the files of diagnostics are relative to it. */
export const compileFolder = (files: Readonly<Record<string, string>>, options: Options = {}) => {
  const folder = folderOf(files);
  const { site, diagnostics } = compile('', {
    files: [path.join(folder, 'site.yml')],
    sources: createSources(),
    ...options,
  });
  const shorten = (text: string): string => text.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
  return {
    site,
    folder,
    diagnostics: diagnostics.map(({ message, hint, position, ...rest }) => ({
      ...rest,
      message: shorten(message),
      ...(hint !== undefined && { hint: shorten(hint) }),
      ...(position && { position: { ...position, file: shorten(position.file) } }),
    })),
  };
};

/** One play of a site on one host. */
export const bound = (site: Site, host: string, play = 0, hosts: Hosts = threeHosts): HostPlay =>
  site.bind(site.plays[play]!, inventoryOf(hosts).hosts.get(host)!);

export const nothingYet: Scope = { registered: new Map(), unknown: new Map() };

/** A play with these task lines, at column 5. */
export const playWith = (tasks: string, keys = ''): string => `- name: Play\n  hosts: all\n${keys}  tasks:\n${tasks}`;
