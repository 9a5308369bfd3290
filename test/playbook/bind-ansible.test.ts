import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Type, defineModule } from '../../src/contract/index.ts';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { createSources } from '../../src/yaml/files.ts';
import { bound, compile, folderOf } from './site.ts';
import type { AnyModule } from '../../src/contract/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { Hosts } from './site.ts';

// The same roles and plays by Ansible and by perfplay: every task says what it sees.

const isMissing = spawnSync('ansible-playbook', ['--version']).status !== 0;

const base = { stores: [], removable: false, observe: () => ({}), plan: () => [] } as const;
const modules: ReadonlyMap<string, AnyModule> = new Map<string, AnyModule>(
  [
    defineModule({ ...base, kind: 'debug', summary: 'a text', params: Type.Object({ msg: Type.String() }) }),
    defineModule({
      ...base,
      kind: 'set_fact',
      summary: 'variables',
      params: Type.Record(Type.String(), Type.Any()),
      learns: (written) => written,
    }),
  ].map((module) => [module.kind, module]),
);

/** Where `x` can be set, and `y` with it. */
const layers = ['default', 'inventory', 'play', 'file', 'role', 'block', 'task', 'fact'] as const;
type Layer = (typeof layers)[number];
/** Layers that say something; some of them by way of the other variable. */
type Saying = Readonly<Record<Layer, 'nothing' | 'text' | 'template'>>;
const saying: fc.Arbitrary<Saying> = fc.record(
  Object.fromEntries(layers.map((layer) => [layer, fc.constantFrom('nothing', 'text', 'template')])) as Record<
    Layer,
    fc.Arbitrary<Saying[Layer]>
  >,
);

/** Lines that set `x` in a layer, and `y` to its name. */
const lines = (
  layer: Layer,
  how: Saying[Layer],
  names: readonly [string, string],
): Readonly<Record<string, string>> => {
  if (how === 'nothing') return {};
  const [x, y] = names;
  return { [x]: how === 'text' ? `x of ${layer}` : `{{ ${y} | default("none") }} by ${layer}`, [y]: `y of ${layer}` };
};
const flow = (map: Readonly<Record<string, unknown>>): string => JSON.stringify(map);

const task = (names: readonly [string, string], where: string, vars: Readonly<Record<string, string>> = {}): string => {
  const msg = `${where} {{ ${names[0]} | default("-") }}/{{ ${names[1]} | default("-") }}`;
  return `{debug: ${flow({ msg })}, vars: ${flow(vars)}}`;
};

/** Play number `index`, its role and files; each has names of its own, for facts outlive a play. */
const filesOf = (said: Saying, index: number): Readonly<Record<string, string>> => {
  const names = [`x${index}`, `y${index}`] as const;
  const of = (layer: Layer) => lines(layer, said[layer], names);
  const role = `roles/r${index}`;
  return {
    [`${role}/defaults/main.yml`]: flow(of('default')),
    [`${role}/vars/main.yml`]: flow(of('role')),
    [`${role}/tasks/main.yml`]: [
      `- ${task(names, `${index} first`)}`,
      `- block:\n    - ${task(names, `${index} block`)}\n    - ${task(names, `${index} task`, of('task'))}\n  vars: ${flow(of('block'))}`,
      ...(said.fact === 'nothing' ? [] : [`- set_fact: ${flow(of('fact'))}`]),
      `- block:\n    - ${task(names, `${index} fact`, of('task'))}\n  vars: ${flow(of('block'))}\n`,
    ].join('\n'),
    [`files${index}.yml`]: flow(of('file')),
    [`play${index}.yml`]: [
      `- name: Play ${index}`,
      '  hosts: all',
      '  gather_facts: false',
      `  vars: ${flow(of('play'))}`,
      `  vars_files: [files${index}.yml]`,
      `  roles: [r${index}]`,
      `  pre_tasks:\n    - ${task(names, `${index} pre`)}`,
      `  post_tasks:\n    - ${task(names, `${index} post`, of('task'))}\n`,
    ].join('\n'),
  };
};

/** What the tasks say when they run one after the other. */
const saidHere = (folder: string, files: readonly string[], hosts: Hosts, host = 'one'): readonly string[] => {
  const { site, diagnostics } = compile('', {
    files: files.map((file) => path.join(folder, file)),
    sources: createSources(),
    hosts,
    modules,
  });
  if (!site) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const registered = new Map<string, Value>();
  return site.plays.flatMap((play) =>
    tasksOf(bound(site, host, play.index, hosts).sequence).flatMap((hostTask) => {
      const items = hostTask.items({ registered, unknown: new Map() }).filter((item) => item.when());
      return items.flatMap((item) => {
        const params = item.params as Readonly<Record<string, Value>>;
        if (hostTask.task.module.kind === 'debug') return [String(params['msg'])];
        for (const [name, value] of Object.entries(params)) registered.set(name, value);
        return [];
      });
    }),
  );
};

const saidByAnsible = (folder: string, files: readonly string[]): readonly string[] => {
  const { stdout, stderr } = spawnSync('ansible-playbook', ['-i', 'hosts.yml', ...files], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ANSIBLE_LOCALHOST_WARNING: 'False', ANSIBLE_NOCOLOR: '1', LC_ALL: 'C.UTF-8' },
  });
  const said = [...stdout.matchAll(/^ +"msg": (".*")$/gm)].map(([, text]) => String(JSON.parse(text!)));
  if (said.length === 0) throw new Error(stderr + stdout);
  return said;
};

describe.skipIf(isMissing)(`precedence${isMissing ? ' (skipped: ansible-playbook is not installed)' : ''}`, () => {
  it('is that of Ansible, over every layer', { timeout: 120_000 }, () => {
    const plays = fc.sample(saying, { numRuns: 16, seed: 7 });
    const files = Object.assign({}, ...plays.map(filesOf)) as Readonly<Record<string, string>>;
    const vars = Object.assign(
      {},
      ...plays.map((said, index) => lines('inventory', said.inventory, [`x${index}`, `y${index}`])),
    ) as Readonly<Record<string, string>>;
    const hosts: Hosts = { one: { vars } };
    const folder = folderOf({
      ...files,
      'hosts.yml': flow({ all: { hosts: { one: { ...vars, ansible_connection: 'local' } } } }),
    });
    const playbooks = plays.map((_, index) => `play${index}.yml`);
    const here = saidHere(folder, playbooks, hosts);
    expect(here.length).toBe(16 * 6);
    expect(here).toEqual(saidByAnsible(folder, playbooks));
  });
});

const names = `- name: Names
  hosts: all
  gather_facts: false
  vars: {list: [{n: a, v: 1}, {n: b}], later: "{{ made | default('not yet') }}", item_of: "{{ d.n }}"}
  roles: [r]
  tasks:
    - debug: {msg: "{{ inventory_hostname }} {{ inventory_hostname_short }} {{ group_names }} {{ groups.all }}"}
    - debug: {msg: "{{ play_hosts }} {{ ansible_play_batch }} {{ ansible_play_hosts }} {{ ansible_check_mode }}"}
    - debug: {msg: "{{ playbook_dir }} {{ role_name | default('none') }} {{ hostvars[inventory_hostname].group_names }}"}
    - debug: {msg: "{{ n }} {{ item_of }} {{ ansible_loop_var }} {{ d.v | default('-') }}"}
      loop: "{{ list }}"
      loop_control: {loop_var: d, index_var: n}
    - {debug: {msg: "is {{ item }}"}, loop: [1, two, null], when: item != 1}
    - {debug: {msg: "{{ nope }}"}, when: [false, nope == 1]}
    - {debug: {msg: never}, loop: "{{ nope }}", when: "list == []"}
    - debug: {msg: "{{ later }}"}
    - set_fact: {made: "{{ item }}", both: "{{ both | default([]) + [item] }}"}
      loop: [1, 2]
    - debug: {msg: "{{ later }} {{ both }}"}
    - set_fact: {kept: {a: 1, b: "{{ nope | default(omit) }}", c: {d: "{{ omit }}"}}, gone: "{{ nope | default(omit) }}"}
    - debug: {msg: "{{ kept }} {{ gone | default('gone') }}"}
    - debug: {msg: "{{ lookup('file', 'word') }} {{ lookup('env', 'PERFPLAY_TEST_WORD') }}"}
`;

describe.skipIf(isMissing)(`names${isMissing ? ' (skipped: ansible-playbook is not installed)' : ''}`, () => {
  it('stand for what they stand for in Ansible', { timeout: 60_000 }, () => {
    const folder = realpathSync(
      folderOf({
        'site.yml': names,
        'roles/r/tasks/main.yml': "- debug: {msg: \"{{ role_name }} {{ role_path }} {{ lookup('file', 'word') }}\"}\n",
        'roles/r/files/word': 'of the role\n',
        'files/word': 'of the playbook\n',
        'hosts.yml': flow({ all: { hosts: { 'one.example.org': { ansible_connection: 'local' } } } }),
      }),
    );
    process.env['PERFPLAY_TEST_WORD'] = 'word';
    onTestFinished(() => void delete process.env['PERFPLAY_TEST_WORD']);
    const here = saidHere(folder, ['site.yml'], { 'one.example.org': {} }, 'one.example.org');
    expect(here.length).toBe(12);
    expect(here).toEqual(saidByAnsible(folder, ['site.yml']));
  });
});
