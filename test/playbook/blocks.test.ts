import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { compile, places, playWith, siteOf } from './site.ts';
import type { Part, Sequence, Task } from '../../src/playbook/types.ts';

const sequenceOf = (text: string, options: Parameters<typeof siteOf>[1] = {}): Sequence<Task> =>
  siteOf(text, options).plays[0]!.sequence;
const namesOf = (sequence: Sequence<Task>): readonly string[] => tasksOf(sequence).map(({ name }) => name);
/** A sequence as it is written: names, blocks as lists, `!` for a flush. */
type Shape = string | { readonly [kind: string]: readonly Shape[] };
const shapeOf = (sequence: Sequence<Task>): readonly Shape[] =>
  sequence.map((part: Part<Task>): Shape => {
    if (part.kind === 'task') return part.task.name;
    if (part.kind === 'flush-handlers') return '!';
    if (part.kind === 'reboot') return { drain: shapeOf(part.drain), undrain: shapeOf(part.undrain) };
    return { block: shapeOf(part.block), rescue: shapeOf(part.rescue), always: shapeOf(part.always) };
  });
const errorsOf = (text: string): readonly string[] => places(compile(text).diagnostics);

const nested = playWith(`    - name: outer
      block:
        - {name: a, debug: {msg: a}}
        - block:
            - {name: b, debug: {msg: b}}
          rescue:
            - {name: c, debug: {msg: c}}
            - block: [{name: d, debug: {msg: d}}]
              always: [{name: e, debug: {msg: e}}]
        - block:
            - {name: f, debug: {msg: f}}
      always:
        - {name: g, debug: {msg: g}}
    - {name: h, debug: {msg: h}}
`);

describe('a block', () => {
  it('stays one where something follows from its failure, and is its tasks where not', () => {
    expect(shapeOf(sequenceOf(nested))).toEqual([
      {
        block: ['a', { block: ['b'], rescue: ['c', { block: ['d'], rescue: [], always: ['e'] }], always: [] }, 'f'],
        rescue: [],
        always: ['g'],
      },
      'h',
    ]);
  });

  it('numbers its tasks in the order of the file', () => {
    const ids = tasksOf(sequenceOf(nested)).map(({ name, id }) => `${name} ${id}`);
    expect(ids).toEqual(['a 0.0', 'b 0.1', 'c 0.2', 'd 0.3', 'e 0.4', 'f 0.5', 'g 0.6', 'h 0.7']);
  });

  it('knows which tasks mend a failure', () => {
    const text = playWith(
      `    - block: [{debug: {msg: a}}]
      rescue: [{debug: {msg: "{{ ansible_failed_task.name }}"}}]
`,
    );
    expect(compile(text).diagnostics).toEqual([]);
    expect(errorsOf(text.replace('rescue', 'always'))).toEqual(['5:34+19 undefined-variable']);
  });

  it('hands down all it says, and what stands nearer to the task wins', () => {
    const [first, second, third] = tasksOf(
      sequenceOf(
        playWith(
          `    - block:
        - {name: one, debug: {msg: x}}
        - name: two
          debug: {msg: x}
          become: false
          become_user: db
          ignore_errors: false
          ignore_unreachable: false
          any_errors_fatal: false
          no_log: false
          run_once: false
          timeout: 7
          delegate_to: rp01
          unsupported: fail
          apply: boot
          notify: []
          tags: own
          when: own
          environment: {A: task, C: task}
      rescue:
        - {name: three, debug: {msg: x}}
      become: true
      become_user: app
      ignore_errors: true
      ignore_unreachable: true
      any_errors_fatal: true
      no_log: true
      run_once: true
      timeout: 5
      delegate_to: kvm02
      unsupported: skip
      apply: running
      notify: again
      tags: [block]
      when: outer
      environment: {A: block, B: block}
`,
          '  vars: {own: true, outer: true}\n  tags: play\n  environment: {A: play, D: play}\n' +
            '  handlers: [{name: again, debug: {msg: x}}]\n',
        ),
      ),
    );
    const shared = {
      become: true,
      becomeUser: 'app',
      ignoreErrors: true,
      ignoreUnreachable: true,
      anyErrorsFatal: true,
      noLog: true,
      runOnce: true,
      timeout: 5,
      delegateTo: { source: 'kvm02' },
      unsupported: 'skip',
      apply: 'running',
      notify: ['again'],
      tags: ['play', 'block'],
      when: [{ text: 'outer' }],
      environment: { source: { A: 'block', B: 'block', D: 'play' } },
    };
    expect(first).toMatchObject(shared);
    expect(third).toMatchObject({ name: 'three', ...shared });
    expect(second).toMatchObject({
      become: false,
      becomeUser: 'db',
      ignoreErrors: false,
      ignoreUnreachable: false,
      anyErrorsFatal: false,
      noLog: false,
      runOnce: false,
      timeout: 7,
      delegateTo: { source: 'rp01' },
      unsupported: 'fail',
      apply: 'boot',
      notify: [],
      tags: ['play', 'block', 'own'],
      when: [{ text: 'outer' }, { text: 'own' }],
      environment: { source: { A: 'task', B: 'block', C: 'task', D: 'play' } },
    });
  });

  it('has its conditions asked before those of its tasks, so that these may lean on them', () => {
    const text = playWith(
      `    - block:
        - {debug: {msg: x}, when: maybe.deep == 1}
      when: maybe is defined
`,
    );
    expect(compile(text).diagnostics).toEqual([]);
  });

  it('keeps an environment that is a template beside others as a list, of which the later wins', () => {
    const [task] = tasksOf(
      sequenceOf(
        playWith(
          '    - {debug: {msg: x}, environment: ["{{ proxy }}", {B: task}]}\n',
          '  vars: {proxy: {A: 1}}\n  environment: {A: play}\n',
        ),
      ),
    );
    expect(task!.environment!.source).toEqual([{ A: 'play' }, '{{ proxy }}', { B: 'task' }]);
  });

  it('vanishes with its tasks where tags leave nothing to do', () => {
    const text = playWith(
      `    - block: [{name: a, debug: {msg: x}, tags: a}]
      rescue: [{name: b, debug: {msg: x}, tags: b}]
      always: [{name: c, debug: {msg: x}, tags: c}]
`,
    );
    const left = (...tags: readonly string[]) => shapeOf(sequenceOf(text, { tags }));
    expect(left('a', 'b')).toEqual([{ block: ['a'], rescue: ['b'], always: [] }]);
    expect(left('c')).toEqual([{ block: [], rescue: [], always: ['c'] }]);
    expect(left('b')).toEqual([]);
  });

  it.each([
    ['a rescue alone', 'rescue: []', '4:7+10 missing-key'],
    ['a key of tasks', 'block: []\n      loop: [1]', '5:7+4 not-supported'],
    ['its result', 'block: []\n      register: r', '5:7+8 not-supported'],
    ['a key that nobody knows', 'block: []\n      recsue: []', '5:7+6 unknown-key'],
    ['a map of tasks', 'block: {debug: {msg: x}}', '4:14+17 wrong-type'],
  ])('is refused with %s', (_, keys, place) => {
    expect(errorsOf(playWith(`    - ${keys}\n`))).toContain(place);
  });
});

describe('the sections of a play', () => {
  const play = (keys: string): string => `- hosts: all\n${keys}`;
  const section = (name: string, ...tasks: readonly string[]): string =>
    `  ${name}:\n${tasks.map((task) => `    - ${task}\n`).join('')}`;
  const task = (name: string, keys = ''): string => `{name: ${name}, debug: {msg: x}${keys}}`;
  const handlers = section('handlers', task('h'));

  it('run in their order, wherever they stand, with handlers after each', () => {
    const text = play(
      section('post_tasks', task('z')) + handlers + section('tasks', task('m')) + section('pre_tasks', task('a')),
    );
    expect(shapeOf(sequenceOf(text))).toEqual(['a', '!', 'm', '!', 'z', '!']);
  });
  it('flush once at the end, and not without handlers', () => {
    const both = section('pre_tasks', task('a')) + section('tasks', task('m'));
    expect(shapeOf(sequenceOf(play(both + handlers)))).toEqual(['a', '!', 'm', '!']);
    expect(shapeOf(sequenceOf(play(both)))).toEqual(['a', 'm']);
    expect(shapeOf(sequenceOf(play(handlers)))).toEqual([]);
  });
  it('flush where a task says so', () => {
    const flush = '{meta: flush_handlers}';
    const text = play(section('tasks', task('a'), flush, task('b'), flush) + handlers);
    expect(shapeOf(sequenceOf(text))).toEqual(['a', '!', 'b', '!']);
    const tagged = play(section('tasks', task('a', ', tags: t'), flush, task('b', ', tags: t')) + handlers);
    expect(shapeOf(sequenceOf(tagged, { tags: ['t'] }))).toEqual(['a', 'b', '!']);
    expect(shapeOf(sequenceOf(tagged.replace('flush_handlers', 'flush_handlers, tags: t'), { tags: ['t'] }))).toEqual([
      'a',
      '!',
      'b',
      '!',
    ]);
  });
  it('are named by the play, which is named by its hosts for want of a name', () => {
    expect(siteOf('- hosts: [kvm, brokers]\n').plays[0]!.name).toBe('kvm,brokers');
    expect(siteOf('- {name: P, hosts: kvm}\n').plays[0]!.name).toBe('P');
  });
  it.each([
    ['end_play', '4:14+8 not-supported'],
    ['flush_handler', '4:14+13 not-supported'],
    ['flush_handlers, when: true', '4:30+4 not-supported'],
  ])('have no meta: %s', (action, place) => {
    expect(errorsOf(playWith(`    - {meta: ${action}}\n`))).toEqual([place.replace('4:14', '4:14')]);
  });
});

describe('handlers', () => {
  const play = (handlers: string, notify: string): string =>
    `- hosts: all\n  tasks:\n    - {debug: {msg: x}, notify: ${notify}}\n  handlers:\n${handlers}`;

  it('listen to topics, and need no name then', () => {
    const text = play(
      `    - {name: one, listen: [all, some], debug: {msg: x}}
    - {listen: some, debug: {msg: x}}
    - {name: three, debug: {msg: x}, notify: one}
`,
      '[some, three, all]',
    );
    const { handlers } = siteOf(text).plays[0]!;
    expect(handlers.map(({ id, name, listen }) => [id, name, ...listen])).toEqual([
      ['0.h0', 'one', 'all', 'some'],
      ['0.h1', 'some'],
      ['0.h2', 'three'],
    ]);
  });
  it('are missed by the name of a topic that nobody listens to', () => {
    const text = play('    - {name: one, listen: restart all, debug: {msg: x}}\n', 'restart al');
    const [first] = compile(text).diagnostics;
    expect(first).toMatchObject({ code: 'unknown-handler', hint: "did you mean 'restart all'?" });
  });
  it.each([
    ['a block', '{block: []}', '5:7+11 not-supported'],
    ['an import of a role', '{import_role: {name: r}}', '5:7+24 not-supported'],
    ['without a name', '{debug: {msg: x}}', '5:8+5 missing-key'],
    ['a flush', '{meta: flush_handlers}', '5:14+14 not-supported'],
  ])('cannot be %s', (_, handler, place) => {
    expect(errorsOf(play(`    - ${handler}\n`, '[]'))).toContain(place);
  });
  it('alone listen', () => {
    expect(errorsOf(playWith('    - {debug: {msg: x}, listen: topic}\n'))).toEqual(['4:25+6 not-supported']);
  });
});

describe('what a play says for all its tasks', () => {
  it('is as in Ansible', () => {
    const keys = `  ignore_errors: true
  ignore_unreachable: true
  any_errors_fatal: true
  no_log: true
  run_once: true
  timeout: 30
  gather_facts: false
`;
    const [task] = tasksOf(sequenceOf(playWith('    - {debug: {msg: x}}\n', keys)));
    expect(task).toMatchObject({
      ignoreErrors: true,
      ignoreUnreachable: true,
      anyErrorsFatal: true,
      noLog: true,
      runOnce: true,
      timeout: 30,
    });
    expect(namesOf(sequenceOf(playWith('    - {debug: {msg: x}}\n', keys)))).toEqual(['debug']);
  });
});
