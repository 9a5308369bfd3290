import { describe, expect, it } from 'vitest';
import { modules as allModules } from '../../modules/registry.ts';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { compileFolder } from './site.ts';

type Files = Readonly<Record<string, string>>;
const placesOf = (files: Files) =>
  compileFolder(files).diagnostics.map(
    ({ code, position }) => `${position ? `${position.file}:${position.line}:${position.column} ` : ''}${code}`,
  );
const withRoles = (list: string, files: Files = {}): Files => ({
  'site.yml': `- hosts: all\n  roles: ${list}\n`,
  'roles/r/tasks/main.yml': '- {name: t, debug: {msg: x}}\n',
  ...files,
});

describe('a role', () => {
  it('is named in its tasks, handlers and files', () => {
    const { site, folder } = compileFolder(
      withRoles('[r]', {
        'roles/r/tasks/main.yml': '- {name: t, debug: {msg: "{{ role_name }} {{ role_path }}"}, notify: ["r : h"]}\n',
        'roles/r/handlers/main.yml': '- {name: h, debug: {msg: x}}\n',
      }),
    );
    const play = site!.plays[0]!;
    expect(tasksOf(play.sequence)).toMatchObject([{ name: 't', role: 'r', notify: ['r : h'] }]);
    expect(play.handlers).toMatchObject([{ name: 'h', role: 'r', listen: ['r : h'], id: '0.h0' }]);
    expect(folder).not.toBe('');
  });

  it('has its files looked for in itself, its callers, beside its tasks and beside the playbook', () => {
    const { diagnostics } = compileFolder(
      {
        'site.yml': '- {hosts: all, roles: [outer], tasks: [{import_tasks: tasks/own.yml}]}\n',
        'tasks/own.yml': '- file: {path: /x, source: nowhere}\n',
        'roles/outer/tasks/main.yml': '- import_role: {name: inner}\n',
        'roles/inner/tasks/main.yml': '- file: {path: /x, source: nowhere}\n',
      },
      { modules: allModules },
    );
    const searched = diagnostics.map(({ hint }) => hint!.replaceAll(/\S*files\/, /g, '').replace('looked in ', ''));
    // The playbook's folder is the empty text at the end.
    expect(searched).toEqual(['roles/inner/, roles/outer/, roles/inner/tasks/, ', 'tasks/, ']);
  });

  it('gives its handlers by the last of one name; a topic belongs to all', () => {
    const handlers = '- {name: restart, listen: all, debug: {msg: x}}\n';
    const { site } = compileFolder({
      'site.yml': '- hosts: all\n  roles: [one, two]\n  handlers: [{name: restart, debug: {msg: x}}]\n',
      'roles/one/handlers/main.yml': handlers,
      'roles/two/handlers/main.yml': '- {name: restart, debug: {msg: x}}\n',
    });
    expect(site!.plays[0]!.handlers.map(({ name, listen }) => [name, ...listen])).toEqual([
      ['one : restart', 'all'],
      ['two : restart'],
      ['restart'],
    ]);
  });

  it('warns of nothing where a variable is read by another role only', () => {
    const { diagnostics } = compileFolder(
      withRoles('[r, s]', {
        'roles/r/defaults/main.yml': 'wanted: x\n',
        'roles/s/tasks/main.yml': '- {debug: {msg: "{{ wanted }}"}}\n',
      }),
    );
    expect(diagnostics).toEqual([]);
  });

  it('has its variables checked as any: names, templates, and those near to one that is read', () => {
    const found = placesOf(
      withRoles('[{role: r, govenor: x, "a-b": 1}]', {
        'roles/r/tasks/main.yml': '- {debug: {msg: "{{ governor }}{{ deflt }}"}}\n',
        'roles/r/defaults/main.yml': 'governor: ok\ndefalt: "{{ x y }}"\nitem: 1\n',
        'roles/r/vars/main.yml': 'deflt: 0644\n',
      }),
    );
    expect(found).toEqual([
      'site.yml:2:30 unread-variable',
      'site.yml:2:33 bad-name',
      'roles/r/vars/main.yml:1:8 yaml-1.1',
      'roles/r/defaults/main.yml:2:9 unread-variable',
      'roles/r/defaults/main.yml:2:15 bad-expression',
      'roles/r/defaults/main.yml:3:1 bad-name',
    ]);
  });

  it.each<[string, string, Files, string]>([
    ['that is missing', '[s]', {}, 'site.yml:2:11 missing-role'],
    ['of a collection', '[ns.coll.r]', {}, 'site.yml:2:11 missing-role'],
    ['without a name', '[{tags: x}]', {}, 'site.yml:2:11 missing-key'],
    ['that is no name', '[[r]]', {}, 'site.yml:2:11 wrong-type'],
    ['in no list', 'r', {}, 'site.yml:2:10 wrong-type'],
    ['with a key of other places', '[{role: r, tasks_from: x}]', {}, 'site.yml:2:21 not-supported'],
    ['with a key of Ansible', '[{role: r, connection: local}]', {}, 'site.yml:2:21 not-supported'],
    [
      'with a list of defaults',
      '[r]',
      { 'roles/r/defaults/main.yml': '- x\n' },
      'roles/r/defaults/main.yml:1:1 wrong-type',
    ],
    [
      'with a map of tasks',
      '[r]',
      { 'roles/r/tasks/main.yml': 'debug: {msg: x}\n' },
      'roles/r/tasks/main.yml:1:1 wrong-type',
    ],
    [
      'whose dependency is missing',
      '[r]',
      { 'roles/r/meta/main.yml': 'dependencies:\n  - s\n' },
      'roles/r/meta/main.yml:2:5 missing-role',
    ],
    [
      'that depends on itself',
      '[r]',
      { 'roles/r/meta/main.yml': 'dependencies: [s]\n', 'roles/s/meta/main.yml': 'dependencies: [r]\n' },
      'roles/s/meta/main.yml:1:16 role-circle',
    ],
    [
      'that imports itself',
      '[r]',
      { 'roles/r/tasks/main.yml': '- import_role: {name: r}\n' },
      'roles/r/tasks/main.yml:1:23 role-circle',
    ],
    [
      'with an unknown key in its meta',
      '[r]',
      { 'roles/r/meta/main.yml': 'dependancies: []\n' },
      'roles/r/meta/main.yml:1:1 unknown-key',
    ],
    [
      'whose arguments are specified',
      '[r]',
      { 'roles/r/meta/argument_specs.yml': '{}\n' },
      'roles/r/meta/argument_specs.yml:1:1 not-supported',
    ],
  ])('is refused %s', (_, list, files, place) => {
    expect(placesOf(withRoles(list, files))).toContain(place);
  });

  it('that is missing is named with the folders that were searched, and the nearest', () => {
    const { diagnostics } = compileFolder(withRoles('[comon]', { 'roles/common/tasks/main.yml': '[]\n' }));
    expect(diagnostics).toMatchObject([
      { message: "the role 'comon' was not found in roles, .", hint: "did you mean 'common'?" },
    ]);
  });

  it('is told of a folder that is none, and of a misspelt file', () => {
    const { diagnostics } = compileFolder({
      'site.yml': '- hosts: all\n  roles: [files, r]\n',
      'files/x.conf': '',
      'roles/r/tasks/mian.yml': '[]\n',
    });
    expect(diagnostics).toMatchObject([
      {
        code: 'empty-role',
        severity: 'warning',
        message: "the role 'files' does nothing: files/tasks has no main.yml",
      },
      { code: 'empty-role', hint: "did you mean 'mian.yml'?" },
    ]);
  });

  it('is told of a parameter that is a misspelt keyword, and of one that belongs under vars', () => {
    const { diagnostics } = compileFolder(withRoles('[{role: r, wehn: x, user: x}, {role: r, port: 1}]'));
    expect(diagnostics).toMatchObject([
      { code: 'unread-variable', hint: "did you mean 'when'?", position: { column: 27 } },
      { code: 'not-supported', hint: expect.stringContaining('write it under vars') as string },
    ]);
  });

  it('may import another part of itself', () => {
    const { site } = compileFolder(
      withRoles('[r]', {
        'roles/r/tasks/main.yml': '- import_role: {name: r, tasks_from: more}\n',
        'roles/r/tasks/more.yml': '- {name: more, debug: {msg: x}}\n',
      }),
    );
    expect(tasksOf(site!.plays[0]!.sequence).map(({ name }) => name)).toEqual(['more']);
  });
});

describe('import_role', () => {
  const importing = (parameters: string, keys = ''): Files => ({
    'site.yml': `- hosts: all\n  tasks:\n    - {import_role: ${parameters}${keys}}\n`,
    'roles/r/tasks/main.yml': '- {name: t, debug: {msg: x}}\n',
  });
  it.each([
    ['a name alone', 'r', '', '3:21 wrong-type'],
    ['no name', '{tasks_from: x}', '', '3:21 missing-key'],
    ['an unknown role', '{name: s}', '', '3:28 missing-role'],
    ['a missing file', '{name: r, tasks_from: x}', '', '3:43 missing-file'],
    ['a path', '{name: r, tasks_from: a/x}', '', '3:43 bad-value'],
    ['apply', '{name: r, apply: {}}', '', '3:31 not-supported'],
    ['an unknown key', '{name: r, task_from: x}', '', '3:31 unknown-key'],
    ['a loop', '{name: r}', ', loop: [1]', '3:32 not-supported'],
    ['a template that no -e fills', '{name: "{{ x }}"}', '', '3:28 undefined-variable'],
  ])('refuses %s', (_, parameters, keys, place) => {
    expect(placesOf(importing(parameters, keys))).toContain(`site.yml:${place}`);
  });
});
