import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/diagnostics.ts';
import { afterwards, marking, tasksOn } from './bind-modules.ts';
import { compile, nothingYet, places, playWith, siteOf } from './site.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { Item, Scope } from '../../src/playbook/types.ts';
import type { Hosts } from './site.ts';

const hosts: Hosts = { one: { vars: { x: 'b', secret: 'hunter2' } }, two: {} };

const itemsOf = (tasks: string, scope: Scope = nothingYet, keys = ''): readonly Item[] =>
  tasksOn(siteOf(playWith(tasks, keys), { hosts, modules: marking, limit: 'one' }), 'one', hosts)
    .at(-1)!
    .items(scope);
/** Where the n-th task's text has this word, as `places` writes it. */
const at = (task: string, word: string, code: string, length = word.length): string =>
  `4:${task.lastIndexOf(word) + 7}+${length} ${code}`;
const errorsOf = (task: string, keys = '') =>
  compile(playWith(`    - ${task}\n`, keys), { hosts, modules: marking, limit: 'one' }).diagnostics.filter(
    ({ severity }) => severity === 'error',
  );

describe('labels', () => {
  it('are the items as text, or what loop_control says of them', () => {
    const loop = 'loop: [{name: a}, b, 3]';
    expect(itemsOf(`    - {any: {}, ${loop}}\n`).map(({ label }) => label)).toEqual(['{"name":"a"}', 'b', '3']);
    const label = '"{{ item.name | default(item) }} of {{ x }}"';
    expect(itemsOf(`    - {any: {}, ${loop}, loop_control: {label: ${label}}}\n`).map((item) => item.label)).toEqual([
      'a of b',
      'b of b',
      '3 of b',
    ]);
  });
  it('without a loop there is none', () => {
    expect(itemsOf('    - {any: {}}\n')[0]).not.toHaveProperty('label');
  });
  it('that name what does not exist are errors before the run', () => {
    const task = (loop: string): string => `{any: {}, loop: ${loop}, loop_control: {label: "{{ item }} {{ nope }}"}}`;
    for (const written of [task('[1]'), task('"{{ facts.disks }}"')])
      expect(places(errorsOf(written))).toEqual([at(written, 'nope', 'undefined-variable')]);
  });
  it('make a task late, like its parameters', () => {
    const text = playWith('    - {any: {}, loop: [1], loop_control: {label: "{{ facts.kernel }}"}}\n');
    const [task] = tasksOn(siteOf(text, { hosts, modules: marking }), 'one', hosts);
    expect([...task!.needs.params]).toEqual(['facts']);
    expect(task!.items(afterwards([], { kernel: '6.1' }))[0]!.label).toBe('6.1');
  });
});

describe('the environment', () => {
  const environment = (written: string, keys = ''): readonly (readonly [string, string])[] => [
    ...itemsOf(`    - {any: {}, environment: ${written}}\n`, nothingYet, keys)[0]!.environment,
  ];
  it("has texts as Python's str() spells them", () => {
    expect(environment('{A: yes, B: null, C: 1.5, D: [a, 1], E: "{{ x }}", F: "", G: "{{ x == 1 }}"}')).toEqual([
      ['A', 'True'],
      ['B', 'None'],
      ['C', '1.5'],
      ['D', "['a', 1]"],
      ['E', 'b'],
      ['F', ''],
      ['G', 'False'],
    ]);
  });
  it('comes from maps and templates of maps, later ones winning', () => {
    expect(environment('[{A: 1, B: 2}, "{{ proxy }}"]', '  vars: {proxy: {B: 3, C: 4}}\n')).toEqual([
      ['A', '1'],
      ['B', '3'],
      ['C', '4'],
    ]);
    expect(environment('"{{ proxy }}"', '  vars: {proxy: {B: 3}}\n')).toEqual([['B', '3']]);
  });
  it('is empty where nothing is said, and leaves out what is omitted', () => {
    expect([...itemsOf('    - {any: {}}\n')[0]!.environment]).toEqual([]);
    expect(environment('{A: "{{ nope | default(omit) }}", B: 1}')).toEqual([['B', '1']]);
    expect(environment('"{{ nope | default(omit) }}"')).toEqual([]);
  });
  it('knows the item', () => {
    const items = itemsOf('    - {any: {}, loop: [1, 2], environment: {N: "{{ item }}"}}\n');
    expect(items.map((item) => item.environment.get('N'))).toEqual(['1', '2']);
  });
  it.each<[string, string, string]>([
    ['a bad name', '{a-b: 1}', '4:32+3 bad-name'],
    ['a name from nowhere', '{A: "{{ nope }}"}', '4:39+4 undefined-variable'],
    ['a late text beside it', '{A: "{{ facts.kernel ~ nope }}"}', '4:54+4 undefined-variable'],
    ['no map', '"{{ x }}"', '4:31+9 wrong-type'],
    ['no map in the list', '[{A: 1}, "{{ x }}"]', '4:40+9 wrong-type'],
  ])('%s is an error before the run', (_, written, place) => {
    expect(places(errorsOf(`{any: {}, environment: ${written}}`))).toEqual([
      place.replace(/:(\d+)/, (_all, at) => `:${at - 1}`),
    ]);
  });
});

describe('delegate_to', () => {
  const delegate = (written: string, more = ''): string | undefined =>
    itemsOf(`    - {any: {}, delegate_to: ${written}${more}}\n`)[0]!.delegateTo;
  it('is a host of the inventory, or localhost', () => {
    expect(delegate('two')).toBe('two');
    expect(delegate('localhost')).toBe('localhost');
    expect(delegate('"{{ groups.all[1] }}"')).toBe('two');
    expect(delegate('"{{ item }}"', ', loop: [two]')).toBe('two');
    expect(delegate('"{{ nope | default(omit) }}"')).toBeUndefined();
  });
  it('of another name is an error before the run', () => {
    const [typo] = errorsOf('{any: {}, delegate_to: twoo}');
    expect([places([typo!]), typo!.hint]).toEqual([['4:30+4 unknown-host'], "did you mean 'two'?"]);
    expect(places(errorsOf('{any: {}, delegate_to: "{{ x }}"}'))).toEqual(['4:30+9 unknown-host']);
    expect(places(errorsOf('{any: {}, delegate_to: "{{ nope }}"}'))).toEqual(['4:34+4 undefined-variable']);
    expect(places(errorsOf('{any: {}, delegate_to: "{{ groups.all }}"}'))).toEqual(['4:30+18 wrong-type']);
  });
  it('of a skipped task is no error', () => {
    expect(errorsOf('{any: {}, delegate_to: twoo, when: x == "c"}')).toEqual([]);
  });
  it('that is known late is checked late', () => {
    const tasks = '    - {any: {}, register: r}\n    - {any: {}, delegate_to: "{{ r.stdout }}"}\n';
    expect(itemsOf(tasks, afterwards([['r', { stdout: 'two' }]]))[0]!.delegateTo).toBe('two');
    expect(() => itemsOf(tasks, afterwards([['r', { stdout: 'three' }]]))).toThrow(/has no host 'three' on one/);
  });
});

describe('what a task says of its result', () => {
  const judge = (keys: string, what: 'changed' | 'failed' | 'until', result: Value, scope: Scope = nothingYet) =>
    itemsOf(`    - {any: {}, register: before}\n    - {any: {}, ${keys}}\n`, scope)[0]!.judge(what, result);
  it('is nothing where it says nothing', () => {
    expect(judge('register: r', 'changed', {})).toBeUndefined();
    expect(judge('register: r, failed_when: false', 'changed', {})).toBeUndefined();
  });
  it('sees the result under the name of its register', () => {
    expect(judge('register: r, changed_when: r.rc == 3', 'changed', { rc: 3 })).toBe(true);
    expect(judge('register: r, changed_when: r.rc == 3', 'changed', { rc: 0 })).toBe(false);
    expect(judge('register: r, failed_when: "\'bad\' in r.stdout"', 'failed', { stdout: 'a bad one' })).toBe(true);
    expect(judge('changed_when: false', 'changed', {})).toBe(false);
  });
  it('is ANDed, up to the first that does not hold', () => {
    expect(judge('register: r, failed_when: [r.rc is defined, r.rc > 1]', 'failed', {})).toBe(false);
    expect(judge('register: r, failed_when: [r.rc is defined, r.rc > 1]', 'failed', { rc: 2 })).toBe(true);
  });
  it('sees the result over everything of that name: an earlier result, -e', () => {
    const scope = afterwards([['before', { rc: 7 }]]);
    expect(judge('register: before, failed_when: before.rc == 7', 'failed', { rc: 0 }, scope)).toBe(false);
    const text = playWith('    - {any: {}, register: r, failed_when: r.rc == 1}\n');
    const site = siteOf(text, { hosts, modules: marking, extra: { r: 'extra' } });
    expect(tasksOn(site, 'one', hosts)[0]!.items(nothingYet)[0]!.judge('failed', { rc: 1 })).toBe(true);
  });
  it('without a register does not see it', () => {
    const scope = afterwards([['before', { rc: 7 }]]);
    expect(judge('failed_when: before.rc == 7', 'failed', { rc: 0 }, scope)).toBe(true);
  });
  it('sees what is registered at the moment it is asked, and the item', () => {
    const registered = new Map<string, Value>();
    const items = itemsOf(
      '    - {any: {}, register: before}\n    - {any: {}, loop: [1, 2], register: r, changed_when: before.rc == item}\n',
      { ...nothingYet, registered },
    );
    registered.set('before', { rc: 2 });
    expect(items.map((item) => item.judge('changed', {}))).toEqual([false, true]);
  });
  it('that cannot be told is an error on the host', () => {
    expect(() => judge('register: r, failed_when: r.rc == 0', 'failed', {})).toThrow(InputError);
    expect(() => judge('register: r, changed_when: r.rc > "a"', 'changed', { rc: 1 })).toThrow(/no order.* on one/);
  });
  it.each(['failed', 'changed', 'skipped', 'succeeded', 'success'])('a result is %s', (test) => {
    const holds = { failed: { failed: true }, changed: { changed: true }, skipped: { skipped: true } };
    const result = test in holds ? holds[test as keyof typeof holds] : { failed: false };
    expect(judge(`register: r, failed_when: r is ${test}`, 'failed', result)).toBe(true);
    expect(judge(`register: r, failed_when: r is not ${test}`, 'failed', result)).toBe(false);
  });
  it.each([
    '{any: {}, register: r, changed_when: nope.rc == 0}',
    '{any: {}, register: r, failed_when: [r.rc == 0, facts.kernel == nope]}',
    '{any: {value: "{{ facts.kernel }}"}, register: r, changed_when: nope}',
    '{command: {}, register: r, until: nope.rc == 0}',
  ])('%s: a name that does not exist is an error before the run', (task) => {
    expect(places(errorsOf(task))).toEqual([at(task, 'nope', 'undefined-variable')]);
  });
  it('names in it that conditions ask about may not exist', () => {
    expect(errorsOf('{any: {}, register: r, changed_when: nope.rc == 0, when: nope is defined}')).toEqual([]);
    expect(errorsOf('{any: {}, register: r, changed_when: [nope is defined, nope.rc == 0]}')).toEqual([]);
  });
});

describe('omit', () => {
  const params = (written: string, scope: Scope = nothingYet): Value =>
    itemsOf(`    - {any: {}, register: r}\n    - {any: ${written}}\n`, scope)[0]!.params;
  it('leaves out a parameter', () => {
    expect(params('{value: "{{ nope | default(omit) }}", other: 1}')).toEqual({ other: 1 });
    expect(params('{value: "{{ x | default(omit) }}"}')).toEqual({ value: 'b' });
    expect(params('{value: "{{ r.nope | default(omit) }}"}', afterwards([['r', {}]]))).toEqual({});
  });
  it('also inside of maps and lists, written or made', () => {
    expect(params('{value: {a: "{{ omit }}", b: [1, "{{ omit }}", {c: "{{ omit }}"}]}}')).toEqual({
      value: { b: [1, {}] },
    });
    expect(params('{value: "{{ [1, omit, {\'a\': omit}] }}"}')).toEqual({ value: [1, {}] });
  });
  it('of a parameter that must be there is an error', () => {
    const task = '{put: {more: [{file: "{{ nope | default(omit) }}"}]}}';
    expect(places(errorsOf(task))).toEqual([at(task, '{file', 'missing-parameter', 36)]);
  });
});

describe('no_log', () => {
  it.each([
    '{put: {mode: "{{ [secret] }}"}, no_log: true}',
    '{put: {more: "{{ [{secret: 1}] }}"}, no_log: true}',
    '{put: {more: "{{ [{\'file\': [secret]}] }}"}, no_log: true}',
    '{put: {src: "{{ secret }}"}, no_log: true}',
    '{put: {mode: "{{ {}[secret] }}"}, no_log: true}',
    '{put: {mode: "{{ secret + 1 }}"}, no_log: true}',
    '{any: {}, loop: "{{ secret }}", no_log: true}',
    '{any: {}, delegate_to: "{{ secret }}", no_log: true}',
    '{any: {}, environment: "{{ {secret: 1} | combine({\'-\' ~ secret: 2}) }}", no_log: true}',
  ])('%s does not show the value', (task) => {
    const errors = errorsOf(task);
    expect(errors.length).toBeGreaterThan(0);
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });
  it('says what was expected all the same', () => {
    const [error] = errorsOf('{put: {mode: "{{ [secret] }}"}, no_log: true}');
    expect(error!.message).toBe("'mode' must be a text (its value is hidden: no_log) on one");
  });
  it('without it, values are shown', () => {
    expect(JSON.stringify(errorsOf('{put: {mode: "{{ [secret] }}"}}'))).toContain('hunter2');
  });
});
