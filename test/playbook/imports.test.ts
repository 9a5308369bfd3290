import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { compileFolder } from './site.ts';

/** Each diagnostic as `file:line:column code`. */
const placesOf = (files: Readonly<Record<string, string>>, options: Parameters<typeof compileFolder>[1] = {}) =>
  compileFolder(files, options).diagnostics.map(
    ({ code, position }) => `${position ? `${position.file}:${position.line}:${position.column} ` : ''}${code}`,
  );
const firstOf = (files: Readonly<Record<string, string>>) => compileFolder(files).diagnostics[0]!;
const site = (tasks: string, keys = ''): string => `- hosts: all\n${keys}  tasks:\n${tasks}`;
const say = (name: string): string => `- {name: ${name}, debug: {msg: ${name}}}\n`;
const namesOf = (files: Readonly<Record<string, string>>, options: Parameters<typeof compileFolder>[1] = {}) =>
  compileFolder(files, options).site!.plays.flatMap(({ sequence }) => tasksOf(sequence).map(({ name }) => name));

describe('import_tasks', () => {
  it('reports what is wrong in the file at its own lines, behind the files that import it', () => {
    const files = {
      'site.yml': site('    - import_tasks: a.yml\n    - {debug: {msg: x}, nope: 1}\n'),
      'a.yml': '- {debug: {mgs: x}}\n- import_tasks: b.yml\n',
      'b.yml': '- {debug: {msg: "{{ nope }}"}}\n',
    };
    expect(placesOf(files)).toEqual([
      'site.yml:4:25 unknown-key',
      'a.yml:1:4 missing-parameter',
      'a.yml:1:12 unknown-parameter',
      'b.yml:1:21 undefined-variable',
    ]);
  });
  it('names what was searched, and the nearest file', () => {
    const found = firstOf({
      'site.yml': site('    - import_tasks: taks/a.yml\n    - import_tasks: tasks/main.yml\n'),
      'tasks/main.yml': '- import_tasks: setpu.yml\n',
      'tasks/setup.yml': say('s'),
    });
    expect(found).toMatchObject({ code: 'missing-file', message: 'taks/a.yml was not found in .' });
    const { diagnostics } = compileFolder({
      'site.yml': site('    - import_tasks: tasks/main.yml\n'),
      'tasks/main.yml': '- import_tasks: setpu.yml\n',
      'tasks/setup.yml': say('s'),
    });
    expect(diagnostics).toMatchObject([
      {
        message: 'setpu.yml was not found in tasks, .',
        hint: "did you mean 'setup.yml'?",
        position: { file: 'tasks/main.yml', line: 1, column: 17 },
      },
    ]);
  });
  it('refuses circles, and names the way round', () => {
    const { diagnostics } = compileFolder({
      'site.yml': site('    - import_tasks: a.yml\n'),
      'a.yml': '- import_tasks: b.yml\n',
      'b.yml': '- import_tasks: ./a.yml\n',
    });
    expect(diagnostics).toMatchObject([
      {
        code: 'import-circle',
        message: 'files import one another in a circle: site.yml → a.yml → b.yml → a.yml',
        position: { file: 'b.yml', line: 1 },
      },
    ]);
  });
  it('ends where files import each other many times', () => {
    const files: Record<string, string> = { 'site.yml': site('    - import_tasks: f0.yml\n') };
    for (let index = 0; index < 20; index++) files[`f${index}.yml`] = `- import_tasks: f${index + 1}.yml\n`.repeat(3);
    files['f20.yml'] = say('x');
    expect(placesOf(files)).toEqual([expect.stringMatching(/^f\d+\.yml:\d:17 too-many-files$/)]);
  });
  it('takes names from -e alone', () => {
    const files = {
      'site.yml': site('    - import_tasks: "{{ which }}.yml"\n', '  vars: {which: a}\n'),
      'a.yml': say('a'),
    };
    expect(placesOf(files)).toEqual(['site.yml:4:21 undefined-variable']);
    expect(firstOf(files).hint).toContain('given with -e');
    expect(namesOf(files, { extra: { which: 'a' } })).toEqual(['a']);
  });
  it('takes an empty file for no tasks', () => {
    expect(namesOf({ 'site.yml': site('    - import_tasks: a.yml\n'), 'a.yml': '# none yet\n' })).toEqual([]);
  });
  it.each([
    ['a map of tasks', '- import_tasks: a.yml', 'a.yml:1:1 wrong-type', 'name: x\n'],
    ['a text for a task', '- import_tasks: a.yml', 'a.yml:1:3 wrong-type', '- x\n'],
    ['a play for a task', '- import_tasks: a.yml', 'a.yml:1:3 not-supported', '- hosts: all\n'],
    ['no YAML', '- import_tasks: a.yml', 'a.yml:2:1 yaml-syntax', '- {\n'],
    ['ansible-vault', '- import_tasks: a.yml', 'a.yml:1:1 unsupported-vault', '$ANSIBLE_VAULT;1.1;AES256\n'],
    ['a loop', '- {import_tasks: a.yml, loop: [1]}', 'site.yml:3:29 not-supported', say('a')],
    ['its result', '- {import_tasks: a.yml, register: r}', 'site.yml:3:29 not-supported', say('a')],
    ['words of a module', '- {import_tasks: a.yml, debug: {msg: x}}', 'site.yml:3:29 unknown-key', say('a')],
    ['no name', '- import_tasks:', 'site.yml:3:7 wrong-type', say('a')],
    ['a list of names', '- import_tasks: [a.yml]', 'site.yml:3:21 wrong-type', say('a')],
  ])('refuses %s', (_, task, place, text) => {
    const found = placesOf({ 'site.yml': site(`    ${task}\n`), 'a.yml': text });
    expect(found.map((one) => one.replace(/ yaml-.*/, ' yaml-syntax'))).toContain(place);
  });
});

describe('import_playbook', () => {
  const play = '- hosts: kvm\n  tasks:\n    - {debug: {msg: x}}\n';
  it('numbers the plays in the order in which they run', () => {
    const { site: compiled } = compileFolder({
      'site.yml': `${play}- import_playbook: sub/a.yml\n${play}`,
      'sub/a.yml': `${play}- import_playbook: b.yml\n`,
      'sub/b.yml': play,
    });
    expect(compiled!.plays.map(({ index, sequence }) => [index, tasksOf(sequence)[0]!.id])).toEqual([
      [0, '0.0'],
      [1, '1.0'],
      [2, '2.0'],
      [3, '3.0'],
    ]);
  });
  it.each([
    ['a missing file', '- import_playbook: b.yml\n', 'site.yml:1:20 missing-file'],
    ['a circle', '- import_playbook: a.yml\n', 'a.yml:1:20 import-circle'],
    ['other keys', '- import_playbook: a.yml\n  hosts: all\n', 'site.yml:2:3 not-supported'],
    ['unknown keys', '- import_playbook: a.yml\n  wehn: x\n', 'site.yml:2:3 unknown-key'],
    ['nothing', '- import_playbook:\n', 'site.yml:1:3 wrong-type'],
    ['a template that no -e fills', '- import_playbook: "{{ x }}.yml"\n', 'site.yml:1:20 undefined-variable'],
  ])('refuses %s', (_, text, place) => {
    expect(placesOf({ 'site.yml': text, 'a.yml': '- import_playbook: site.yml\n' })).toContain(place);
  });
  it('refuses an empty file', () => {
    expect(placesOf({ 'site.yml': '- import_playbook: a.yml\n', 'a.yml': '' })).toEqual(['a.yml:1:1 empty-playbook']);
  });
});

describe('vars_files', () => {
  const withFiles = (list: string, files: Readonly<Record<string, string>> = {}) => ({
    'site.yml': site('    - {debug: {msg: "{{ a }}{{ b }}"}}\n', `  vars: {a: 1, b: 1}\n  vars_files: ${list}\n`),
    'a.yml': 'a: 2\n',
    ...files,
  });
  it('are read one after the other', () => {
    expect(placesOf(withFiles('[a.yml, "{{ which }}.yml"]', { 'b.yml': 'b: 3\n' }), { extra: { which: 'b' } })).toEqual(
      [],
    );
  });
  it.each([
    ['a missing file', '[b.yml]', 'site.yml:3:16 missing-file'],
    ['nothing to choose from', '[[b.yml, c.yml]]', 'site.yml:3:16 missing-file'],
    ['a template that no -e fills', '["{{ x }}.yml"]', 'site.yml:3:16 undefined-variable'],
    ['a map', '{a: b}', 'site.yml:3:15 wrong-type'],
    ['a file of a list', '[list.yml]', 'list.yml:1:1 wrong-type'],
    ['a name that is none', '[names.yml]', 'names.yml:1:1 bad-name'],
    ['a malformed template', '[bad.yml]', 'bad.yml:1:7 bad-expression'],
  ])('refuse %s', (_, list, place) => {
    const files = { 'list.yml': '- a\n', 'names.yml': 'a-b: 1\n', 'bad.yml': "a: '{{ b'\n" };
    expect(placesOf(withFiles(list, files)).map((one) => one.replace(/^bad.yml:1:\d/, 'bad.yml:1:7'))).toContain(place);
  });
  it('name all that was looked for', () => {
    expect(firstOf(withFiles('[[b.yml, c.yml]]'))).toMatchObject({
      message: 'b.yml and c.yml were not found in vars, .',
    });
  });
});
