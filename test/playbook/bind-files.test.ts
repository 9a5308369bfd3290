import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { afterwards, marking, tasksOn, unknown } from './bind-modules.ts';
import { compile, compileFolder, folderOf, nothingYet, playWith } from './site.ts';
import type { Hosts } from './site.ts';
import type { Scope } from '../../src/playbook/types.ts';

interface Put {
  readonly src?: { readonly path: string; readonly text: string };
  readonly template?: { readonly path: string; readonly text: string };
  readonly more?: readonly { readonly file: { readonly text: string } }[];
}

const hosts: Hosts = { one: { vars: { x: 'b' } }, two: { vars: { x: 'c' } } };
const inRole = '- {name: P, hosts: all, roles: [r]}\n';
type Files = Readonly<Record<string, string>>;

/** What the last task gets on a host. */
const put = (files: Files, scope: Scope = nothingYet, host = 'one'): Put & { readonly folder: string } => {
  const { site, diagnostics, folder } = compileFolder(files, { hosts, modules: marking });
  if (!site) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return { ...(tasksOn(site, host, hosts).at(-1)!.items(scope)[0]!.params as unknown as Put), folder };
};
const taskOf = (files: Files) => tasksOn(compileFolder(files, { hosts, modules: marking }).site!, 'one', hosts).at(-1)!;
const errorsOf = (files: Files) =>
  compileFolder(files, { hosts, modules: marking })
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code, message, hint, position }) => ({
      at: `${position?.file}:${position?.line}:${position?.column}`,
      code,
      message,
      hint,
    }));

describe('where a file is looked for', () => {
  const task = (written: string): Files => ({ 'site.yml': playWith(`    - put: ${written}\n`) });
  const ofRole = (written: string): Files => ({ 'site.yml': inRole, 'roles/r/tasks/main.yml': `- put: ${written}\n` });
  it("a role's files/, the role, the playbook's files/, the playbook's folder", () => {
    const places = ['roles/r/files/a', 'roles/r/a', 'files/a', 'a'];
    for (const [first] of places.entries()) {
      const there = Object.fromEntries(places.slice(first).map((place) => [place, `in ${place}`]));
      const { src, folder } = put({ ...ofRole('{src: a}'), ...there });
      expect(src).toEqual({ path: path.join(folder, places[first]!), text: `in ${places[first]}` });
    }
  });
  it('templates/ for templates', () => {
    const there = { 'templates/a': 'template', 'files/a': 'file', a: 'plain' };
    expect(put({ ...task('{template: a, src: a}'), ...there })).toMatchObject({
      template: { text: 'template' },
      src: { text: 'file' },
    });
    expect(put({ ...ofRole('{template: a}'), 'roles/r/templates/a': 'role', ...there }).template!.text).toBe('role');
  });
  it('below these folders, and beside them', () => {
    expect(put({ ...task('{src: sub/a}'), 'files/sub/a': '1' }).src!.text).toBe('1');
    expect(put({ ...task('{src: ../files/a}'), 'files/a': '2' }).src!.text).toBe('2');
  });
  it('an absolute path is taken as it is', () => {
    const folder = folderOf({ a: 'absolute' });
    expect(put({ ...task(`{src: ${folder}/a}`), a: 'beside' }).src).toEqual({ path: `${folder}/a`, text: 'absolute' });
  });
  it('a path may be a template, of the item too', () => {
    expect(put({ ...task('{src: "{{ x }}.conf"}'), 'b.conf': 'of b', 'c.conf': '' }).src!.text).toBe('of b');
    const files = { 'site.yml': playWith('    - {put: {src: "{{ item }}"}, loop: [a, c]}\n'), a: '1', c: '2' };
    const items = taskOf(files).items(nothingYet);
    expect(items.map(({ params }) => (params as unknown as Put).src!.text)).toEqual(['1', '2']);
  });
  it('files in lists, and in values that variables bring', () => {
    expect(put({ ...task('{more: [{file: a}]}'), a: '1' }).more![0]!.file.text).toBe('1');
    const made = { 'site.yml': playWith('    - put: {more: "{{ list }}"}\n', '  vars: {list: [{file: a}]}\n'), a: '2' };
    expect(put(made).more![0]!.file.text).toBe('2');
  });
});

describe('what is in a file', () => {
  /** The task that puts the file `a` of a folder. */
  const taskIn = (folder: string) => {
    const text = playWith('    - put: {src: a}\n');
    const { site } = compile(text, { files: [path.join(folder, 'site.yml')], hosts, modules: marking });
    return tasksOn(site!, 'one', hosts)[0]!;
  };
  const textOf = (task: ReturnType<typeof taskIn>): string =>
    (task.items(nothingYet)[0]!.params as unknown as Put).src!.text;
  it('is bytes, one character each', () => {
    const folder = folderOf({});
    const bytes = Buffer.from([0, 0xff, 0xc3, 0xa4, 0x0a]);
    writeFileSync(path.join(folder, 'a'), bytes);
    expect(Buffer.from(textOf(taskIn(folder)), 'latin1')).toEqual(bytes);
  });
  it('is read once in a run', () => {
    const folder = folderOf({ a: 'first' });
    const task = taskIn(folder);
    writeFileSync(path.join(folder, 'a'), 'second');
    expect(textOf(task)).toBe('first');
  });
  it("is seen by the module's own check", () => {
    const errors = errorsOf({ 'site.yml': playWith('    - put: {src: a}\n'), a: 'refused' });
    expect(errors.map(({ code, message }) => [code, message])).toEqual([['bad-value', "'src': is refused"]]);
  });
});

describe('templates', () => {
  const site = (more = ''): Files => ({ 'site.yml': playWith(`    - put: {template: a.j2${more}}\n`) });
  it('are rendered for the host, as UTF-8 bytes', () => {
    const files = { ...site(), 'a.j2': 'x is {{ x }}: ä on {{ inventory_hostname }}\n' };
    const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
    expect(put(files).template!.text).toBe(utf8('x is b: ä on one\n'));
    expect(put(files, nothingYet, 'two').template!.text).toBe(utf8('x is c: ä on two\n'));
  });
  it('have statements', () => {
    const files = { ...site(), 'a.j2': '{% for n in [1, 2] %}\n{{ n }}{{ x }}\n{% endfor %}\nend' };
    expect(put(files).template!.text).toBe('1b\n2b\nend');
  });
  it('need what they use', () => {
    const task = taskOf({ ...site(), 'a.j2': 'kernel {{ facts.kernel }}' });
    expect([...task.needs.params]).toEqual(['facts']);
    const { template } = task.items(afterwards([], { kernel: '6.1' }))[0]!.params as unknown as Put;
    expect(template!.text).toBe('kernel 6.1');
    const registered = {
      'site.yml': playWith('    - {any: {}, register: r}\n    - put: {template: a}\n'),
      a: '{{ r.rc }}',
    };
    expect([...taskOf(registered).needs.params]).toEqual(['registered']);
    expect(taskOf(registered).waitsFor(unknown('r'))).toBe('first');
    expect(taskOf(registered).waitsFor(unknown('other'))).toBeUndefined();
  });
  it('may need anything where the path is late', () => {
    const text = playWith('    - {any: {}, register: r}\n    - put: {template: "{{ facts.os.id }}.j2"}\n');
    const task = taskOf({ 'site.yml': text, 'debian.j2': '{{ r.rc }}' });
    expect([...task.needs.params].sort()).toEqual(['facts', 'registered']);
    const { template } = task.items(afterwards([['r', { rc: 3 }]], { os: { id: 'debian' } }))[0]!
      .params as unknown as Put;
    expect(template!.text).toBe('3');
    expect(task.waitsFor({ ...unknown('r'), facts: { os: { id: 'debian' } } })).toBe('first');
  });
  it('hosts with other values have their own, though the parameters are the same', () => {
    const files = { ...site(), 'a.j2': '{{ y }}' };
    const vars = { 'site.yml': playWith('    - put: {template: a.j2}\n', '  vars: {y: "{{ x }}!"}\n') };
    expect(put({ ...files, ...vars }).template!.text).toBe('b!');
    expect(put({ ...files, ...vars }, nothingYet, 'two').template!.text).toBe('c!');
  });
  it('what fails in one is told at its line, for the hosts that it is of', () => {
    const files = { ...site(), 'templates/a.j2': 'first\n  {{ nope }}\n' };
    expect(errorsOf(files)).toMatchObject([
      { at: 'templates/a.j2:2:6', code: 'undefined-variable', message: "'nope' is undefined on one and two" },
    ]);
    expect(errorsOf({ ...site(), 'a.j2': '{{ x }}\n{{ facts.kernel ~ nope }}' })).toMatchObject([
      { at: 'a.j2:2:19', code: 'undefined-variable' },
    ]);
    expect(errorsOf({ ...site(), 'a.j2': 'a\n{% if x %}\n' })).toMatchObject([{ code: 'bad-expression' }]);
  });
  it('of a skipped task may lack what they use', () => {
    const text = playWith('    - {put: {template: a.j2}, when: x == "no"}\n');
    expect(errorsOf({ 'site.yml': text, 'a.j2': '{{ nope }}' })).toEqual([]);
  });
  it('that are no UTF-8 text are refused', () => {
    const folder = folderOf({});
    writeFileSync(path.join(folder, 'a'), Buffer.from([0xff, 0xfe]));
    const [error] = errorsOf({ 'site.yml': playWith(`    - put: {template: ${folder}/a}\n`) });
    expect([error!.code, error!.message]).toEqual(['unreadable-file', `'template': ${folder}/a is not UTF-8 text`]);
  });
});

describe('files that are not there', () => {
  it('are errors at the parameter, with where was looked and the nearest name', () => {
    const files = {
      'site.yml': inRole,
      'roles/r/tasks/main.yml': '- put: {src: sysctl.conf}\n',
      'files/sysctl.cnf': '',
    };
    expect(errorsOf(files)).toEqual([
      {
        at: 'roles/r/tasks/main.yml:1:14',
        code: 'missing-file',
        message: "'src': there is no file 'sysctl.conf'",
        hint: "did you mean 'sysctl.cnf'? looked in roles/r/files/, roles/r/, roles/r/tasks/files/, roles/r/tasks/, files/, ",
      },
    ]);
  });
  it('are late errors where the path is late', () => {
    const task = taskOf({ 'site.yml': playWith('    - put: {src: "{{ facts.os.id }}"}\n') });
    expect(() => task.items(afterwards([], { os: { id: 'debian' } }))).toThrow(/there is no file 'debian' on one/);
  });
  it('folders, large files and what may not be read are refused', () => {
    const large = 'x'.repeat(1024 * 1024);
    const text = (name: string): string => playWith(`    - put: {src: ${name}}\n`);
    expect(errorsOf({ 'site.yml': text('sub'), 'sub/a': '' })[0]!.message).toContain('it is a folder');
    expect(errorsOf({ 'site.yml': text('a'), a: `${large}x` })).toMatchObject([{ code: 'file-too-large' }]);
    expect(errorsOf({ 'site.yml': text('a'), a: large })).toEqual([]);
    expect(errorsOf({ 'site.yml': text('/dev/zero') })[0]!.message).toContain('no regular file');
  });
  const isRoot = process.getuid?.() === 0;
  it.skipIf(isRoot)(`a file without permission${isRoot ? ' (skipped: root may read all)' : ''}`, () => {
    const folder = folderOf({ a: '' });
    chmodSync(path.join(folder, 'a'), 0);
    expect(errorsOf({ 'site.yml': playWith(`    - put: {src: ${folder}/a}\n`) })[0]!.message).toContain('permission');
  });
});

describe('lookup', () => {
  it("reads files beside the task's, and the environment", () => {
    process.env['PERFPLAY_TEST_WORD'] = 'word';
    const text = playWith(
      "    - any: {value: \"{{ lookup('file', 'key') ~ lookup('env', 'PERFPLAY_TEST_WORD') }}\"}\n",
    );
    const { site } = compileFolder({ 'site.yml': text, 'files/key': 'ä\n' }, { hosts, modules: marking });
    delete process.env['PERFPLAY_TEST_WORD'];
    expect(tasksOn(site!, 'one', hosts)[0]!.items(nothingYet)[0]!.params).toEqual({ value: 'äword' });
  });
  it('for another host is done beside the playbook', () => {
    const vars = { y: "{{ lookup('file', inventory_hostname ~ '.key') }}" };
    const both: Hosts = { one: { vars }, two: { vars } };
    const text = playWith('    - any: {value: "{{ hostvars.two.y }}"}\n');
    const { site } = compileFolder(
      { 'site.yml': text, 'two.key': '2', 'one.key': '1' },
      { hosts: both, modules: marking },
    );
    expect(tasksOn(site!, 'one', both)[0]!.items(nothingYet)[0]!.params).toEqual({ value: '2' });
  });
});
