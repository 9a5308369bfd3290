import { describe, expect, it } from 'vitest';
import { listPlays } from '../../src/playbook/listing.ts';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { compile, compileFolder, places, playWith, siteOf, threeHosts } from './site.ts';
import type { Task } from '../../src/playbook/types.ts';

const taskOf = (keys: string): Task =>
  tasksOf(siteOf(playWith(`    - {command: {argv: [a]}${keys}}\n`)).plays[0]!.sequence)[0]!;
const errorsOf = (line: string) =>
  compile(playWith(`    - ${line}\n`)).diagnostics.filter(({ severity }) => severity === 'error');

describe('a task', () => {
  it('has what Ansible has where nothing is said', () => {
    const task = taskOf('');
    expect(task).toMatchObject({
      loopControl: { variable: 'item' },
      sets: [],
      listen: [],
      retries: 3,
      delay: 5,
      runOnce: false,
      ignoreUnreachable: false,
      anyErrorsFatal: false,
    });
    for (const key of ['changedWhen', 'failedWhen', 'until', 'timeout', 'environment', 'delegateTo', 'role'])
      expect(task).not.toHaveProperty(key);
  });
  it('judges its result', () => {
    const task = taskOf(', changed_when: false, failed_when: [r.rc == 1, r.rc > 2], register: r');
    expect(task.changedWhen).toMatchObject([{ text: 'false' }]);
    expect(task.failedWhen).toMatchObject([{ text: 'r.rc == 1' }, { text: 'r.rc > 2' }]);
    expect(taskOf(', changed_when: []')).not.toHaveProperty('changedWhen');
  });
  it('tries again', () => {
    expect(taskOf(', until: r.rc == 0, register: r, retries: 9, delay: 0.5')).toMatchObject({
      until: [{ text: 'r.rc == 0' }],
      retries: 9,
      delay: 0.5,
    });
  });
  it('names the items of its loop', () => {
    const task = taskOf(', loop: [1], loop_control: {loop_var: disk, index_var: number, label: "disk {{ disk }}"}');
    expect(task.loopControl).toMatchObject({
      variable: 'disk',
      index: 'number',
      label: { source: 'disk {{ disk }}' },
    });
  });
  it('sets what it registers and what its module learns', () => {
    const { plays } = siteOf(
      playWith('    - {set_fact: {a: 1, b: 2}, register: c}\n    - {debug: {msg: "{{ a }}{{ b }}{{ c }}"}}\n'),
    );
    expect(tasksOf(plays[0]!.sequence)[0]!.sets).toEqual(['c', 'a', 'b']);
  });
  it('may take back a time that was set around it', () => {
    const [first, second] = tasksOf(
      siteOf(playWith('    - {debug: {msg: x}}\n    - {debug: {msg: x}, timeout: 0}\n', '  timeout: 5\n')).plays[0]!
        .sequence,
    );
    expect(first!.timeout).toBe(5);
    expect(second).not.toHaveProperty('timeout');
  });

  it.each([
    ['until of what does not act', '{debug: {msg: x}, until: true}', '4:25+5 not-supported', 'register a command'],
    ['retries alone', '{command: {argv: [a]}, retries: 3}', '4:30+7 missing-key', undefined],
    ['retries of no number', '{command: {argv: [a]}, until: x, retries: many}', '4:49+4 wrong-type', undefined],
    ['a negative delay', '{command: {argv: [a]}, until: x, delay: -1}', '4:47+2 wrong-type', undefined],
    ['a template for a number', '{debug: {msg: x}, timeout: "{{ t }}"}', '4:34+9 wrong-type', 'templates do not work'],
    ['a template for a switch', '{debug: {msg: x}, run_once: "{{ t }}"}', '4:35+9 wrong-type', 'templates do not work'],
    ['loop_control alone', '{debug: {msg: x}, loop_control: {loop_var: a}}', '4:39+13 missing-key', undefined],
    ['pause of a loop', '{debug: {msg: x}, loop: [1], loop_control: {pause: 1}}', '4:51+5 not-supported', 'pause:'],
    ['extended', '{debug: {msg: x}, loop: [1], loop_control: {extended: 1}}', '4:51+8 not-supported', 'index_var'],
    ['an unknown control', '{debug: {msg: x}, loop: [1], loop_control: {labl: x}}', '4:51+4 unknown-key', "'label'"],
    [
      'a name that is none',
      '{debug: {msg: x}, loop: [1], loop_control: {loop_var: a-b}}',
      '4:61+3 bad-name',
      undefined,
    ],
    ['a taken name', '{debug: {msg: x}, loop: [1], loop_control: {index_var: groups}}', '4:62+6 bad-name', undefined],
    ['a fact of a name that is none', '{set_fact: {groups: 1}}', '4:19+6 bad-name', undefined],
    ['a word as environment', '{debug: {msg: x}, environment: PATH}', '4:38+4 wrong-type', undefined],
    ['a malformed judgement', '{debug: {msg: x}, failed_when: a = b}', '4:40+1 bad-expression', undefined],
    ['a malformed environment', "{debug: {msg: x}, environment: {A: '{{ b c }}'}}", '4:48+1 bad-expression', undefined],
  ])('is refused with %s', (_, line, place, hint) => {
    const errors = errorsOf(line);
    expect(places(errors)).toContain(place);
    if (hint !== undefined) expect(errors[places(errors).indexOf(place)]!.hint).toContain(hint);
  });
});

describe('tags that no task has', () => {
  const text = '- {hosts: all, tasks: [{debug: {msg: x}, tags: disk}, {debug: {msg: x}, tags: [cpu]}]}\n';
  it('are told, with the nearest, beside those that some have', () => {
    const { diagnostics, site } = compile(text, { tags: ['disk', 'cpus'] });
    expect(site).toBeDefined();
    expect(diagnostics).toEqual([
      {
        code: 'unknown-tag',
        severity: 'warning',
        message: "no task has the tag 'cpus' of -t",
        hint: "did you mean 'cpu'?",
      },
    ]);
    expect(compile(text, { skipTags: ['dsk'] }).diagnostics).toMatchObject([{ hint: "did you mean 'disk'?" }]);
  });
  it('are not those that mean something by themselves', () => {
    const tags = ['all', 'always', 'never', 'tagged', 'untagged'];
    expect(compile(text, { tags }).diagnostics).toEqual([]);
  });
});

describe('a canary', () => {
  const kernel = (keys = ''): string => `{kernel_line: {present: [quiet]}${keys}}`;
  const errorsIn = (keys: string) => places(compile(`- hosts: all\n${keys}`).diagnostics);
  it('is wanted for blocks, handlers and roles too', () => {
    expect(errorsIn(`  tasks: [{block: [{debug: {msg: x}}], always: [${kernel()}]}]\n`)).toEqual(['2:50+11 canary']);
    expect(errorsIn(`  handlers: [{name: h, ${kernel().slice(1)}]\n`)).toEqual(['2:24+11 canary']);
    expect(
      compileFolder({
        'site.yml': '- {hosts: all, roles: [r]}\n',
        'roles/r/tasks/main.yml': `- ${kernel()}\n`,
      }).diagnostics,
    ).toMatchObject([{ code: 'canary', position: { file: 'roles/r/tasks/main.yml' } }]);
  });
  it('is not wanted where one host alone does it', () => {
    expect(errorsIn(`  tasks: [${kernel(', run_once: true')}]\n`)).toEqual([]);
  });
});

describe('what would be done is listed', () => {
  it('by play, with names, tags and hosts', () => {
    const { site } = compileFolder(
      {
        'site.yml': `- name: One
  hosts: kvm
  tags: play
  roles: [{role: r, tags: [b, a]}]
  tasks:
    - block: [{name: "try {{ x }}", debug: {msg: x}}]
      rescue: [{name: mend, debug: {msg: x}}]
    - {debug: {msg: x}, tags: never}
  handlers: [{name: h, debug: {msg: x}}]
- hosts: brokers
`,
        'roles/r/tasks/main.yml': '- {name: t, debug: {msg: x}}\n',
      },
      { hosts: threeHosts, limit: '!kvm02' },
    );
    expect(listPlays(site!)).toEqual([
      {
        name: 'One',
        hosts: ['kvm01'],
        tags: ['a', 'b', 'play'],
        tasks: [
          { name: 'r : t', tags: ['a', 'b', 'play'] },
          { name: 'try {{ x }}', tags: ['play'] },
          { name: 'mend', tags: ['play'] },
        ],
      },
      { name: 'brokers', hosts: ['rp01'], tags: [], tasks: [] },
    ]);
  });
});

describe('a role that is done already', () => {
  const asks = (first: string, second: string) => {
    const { site } = compileFolder({
      'site.yml': `- hosts: all\n  vars: {a: 1, b: 1}\n  roles: [${first}, ${second}]\n`,
      'roles/one/meta/main.yml': 'dependencies: [base]\n',
      'roles/two/meta/main.yml': 'dependencies: [base]\n',
      'roles/base/tasks/main.yml': '- {name: base, debug: {msg: x}}\n',
    });
    return tasksOf(site!.plays[0]!.sequence).length;
  };
  it('is not done again', () => expect(asks('one', 'two')).toBe(1));
  it('is done again where the first time was under a condition that may not have held', () => {
    expect(asks('{role: one, when: a}', 'two')).toBe(2);
    expect(asks('{role: one, when: a}', '{role: two, when: b}')).toBe(2);
    expect(asks('one', '{role: two, when: b}')).toBe(1);
    expect(asks('{role: one, when: a}', '{role: two, when: [a, b]}')).toBe(1);
  });
});
