import { describe, expect, it } from 'vitest';
import { afterwards, marking, tasksOn, unknown } from './bind-modules.ts';
import { compile, nothingYet, places, playWith, siteOf } from './site.ts';
import type { Evaluated, Judged } from '../../src/contract/index.ts';
import type { Scope } from '../../src/playbook/types.ts';
import type { Hosts } from './site.ts';

const hosts: Hosts = { one: { vars: { x: 'b', n: 3 } }, two: { vars: { x: 'c', n: 3 } } };

const last = (tasks: string, host = 'one') =>
  tasksOn(siteOf(playWith(tasks), { hosts, modules: marking }), host, hosts).at(-1)!;
const paramsOf = <T>(tasks: string, scope: Scope = nothingYet, host = 'one'): T =>
  last(tasks, host).items(scope)[0]!.params as unknown as T;
const that = (written: string, scope: Scope = nothingYet, host = 'one'): readonly Judged[] =>
  paramsOf<{ that: readonly Judged[] }>(`    - {any: {}, register: r}\n    - claim: {that: ${written}}\n`, scope, host)
    .that;
const told = (written: string, scope: Scope = nothingYet): Evaluated =>
  paramsOf<{ var: Evaluated }>(`    - {any: {}, register: r}\n    - tell: {var: ${written}}\n`, scope).var;
const errorsOf = (task: string) =>
  compile(playWith(`    - ${task}\n`), { hosts, modules: marking }).diagnostics.filter(
    ({ severity }) => severity === 'error',
  );

describe('conditions as parameters', () => {
  it('come with their answers', () => {
    expect(that('n == 3')).toEqual([{ text: 'n == 3', holds: true }]);
    expect(that('[n == 3, n > 4, true]')).toEqual([
      { text: 'n == 3', holds: true },
      { text: 'n > 4', holds: false },
      { text: 'true', holds: true },
    ]);
    expect(that('false')).toEqual([{ text: 'false', holds: false }]);
  });
  it('are asked of each host', () => {
    expect(that('x == "b"', nothingYet, 'one')[0]!.holds).toBe(true);
    expect(that('x == "b"', nothingYet, 'two')[0]!.holds).toBe(false);
  });
  it('are code, not templates: braces in a text stay', () => {
    expect(that("\"'{{' in '{{ x }}'\"")).toEqual([{ text: "'{{' in '{{ x }}'", holds: true }]);
  });
  it('may lean on those before them', () => {
    expect(that('[nope is defined, nope.rc == 0]')).toEqual([{ text: 'nope is defined', holds: false }]);
    expect(that('[r.rc is defined, r.rc == 0]', afterwards([['r', {}]]))).toEqual([
      { text: 'r.rc is defined', holds: false },
    ]);
  });
  it('need what they use, and wait for it', () => {
    const task = last('    - {any: {}, register: r}\n    - claim: {that: [r is changed, facts.virt == "kvm"]}\n');
    expect([...task.needs.params].sort()).toEqual(['facts', 'registered']);
    expect(task.waitsFor(unknown('r'))).toBe('first');
    const { that: judged } = task.items(afterwards([['r', { changed: true }]], { virt: 'none' }))[0]!
      .params as unknown as { that: readonly Judged[] };
    expect(judged.map(({ holds }) => holds)).toEqual([true, false]);
  });
  it('know the item', () => {
    const items = last('    - {claim: {that: item == n}, loop: [1, 3]}\n').items(nothingYet);
    expect(items.map(({ params }) => (params as unknown as { that: readonly Judged[] }).that[0]!.holds)).toEqual([
      false,
      true,
    ]);
  });
  it('remote text in them is data', () => {
    const scope = afterwards([['r', { stdout: 'true or nope' }]]);
    expect(that('r.stdout == "true"', scope)).toEqual([{ text: 'r.stdout == "true"', holds: false }]);
  });
  it.each<[string, string, string]>([
    ['a name that does not exist', '{claim: {that: nope == 1}}', '4:22+4 undefined-variable'],
    ['one of several, late', '{claim: {that: [n == 3, facts.virt == nope]}}', '4:45+4 undefined-variable'],
    ['beside a late one', '{claim: {that: [facts.virt == x, nope == 1]}}', '4:40+4 undefined-variable'],
    ['malformed', '{claim: {that: n = 3}}', '4:24+1 bad-expression'],
    ['with braces', '{claim: {that: "{{ n == 3 }}"}}', '4:23+2 bad-expression'],
    ['what has no order', '{claim: {that: n > "a"}}', '4:24+1 bad-value'],
    ['no condition', '{claim: {that: {a: 1}}}', '4:22+6 wrong-type'],
    ['an empty list', '{claim: {that: []}}', '4:22+2 bad-value'],
    ['a list in a list', '{claim: {that: [[n]]}}', '4:23+3 wrong-type'],
  ])('%s is an error before the run', (_, task, place) => {
    expect(places(errorsOf(task))).toEqual([place]);
  });
  it('of a skipped task may be wrong', () => {
    expect(errorsOf('{claim: {that: nope == 1}, when: n == 4}')).toEqual([]);
    expect(errorsOf('{claim: {that: nope == 1}, when: nope is defined}')).toEqual([]);
  });
});

describe('expressions as parameters', () => {
  it('come with their values, of any type', () => {
    expect(told('n')).toEqual({ text: 'n', value: 3 });
    expect(told('"[x, n] | length"')).toEqual({ text: '[x, n] | length', value: 2 });
    expect(told('r', afterwards([['r', { rc: 0 }]]))).toEqual({ text: 'r', value: { rc: 0 } });
  });
  it('may have none', () => {
    expect(told('nope')).toEqual({ text: 'nope', value: undefined });
    expect(told('nope.a.b')).toEqual({ text: 'nope.a.b', value: undefined });
    expect(told('r.nope', afterwards([['r', { rc: 0 }]]))).toEqual({ text: 'r.nope', value: undefined });
    expect(errorsOf('{tell: {var: facts.kernel ~ nope}}')).toEqual([]);
  });
  it('need what they use', () => {
    expect([...last('    - tell: {var: facts.kernel}\n').needs.params]).toEqual(['facts']);
    expect(last('    - {any: {}, register: r}\n    - tell: {var: r}\n').waitsFor(unknown('r'))).toBe('first');
  });
  it.each<[string, string, string]>([
    ['malformed', '{tell: {var: n +}}', '4:23+1 bad-expression'],
    ['with braces', '{tell: {var: "{{ n }}"}}', '4:21+2 bad-expression'],
    ['of wrong values', '{tell: {var: n + x}}', '4:22+1 bad-value'],
    ['no text', '{tell: {var: 5}}', '4:20+1 wrong-type'],
  ])('%s are errors before the run', (_, task, place) => {
    expect(places(errorsOf(task))).toEqual([place]);
  });
  it('errors say what is wanted', () => {
    expect(errorsOf('{tell: {var: [n]}}')[0]!.message).toBe(`'var' must be an expression, not ["n"]`);
    expect(errorsOf('{claim: {that: {a: 1}}}')[0]!.message).toBe(
      `'that' must be a condition or a list of conditions, not {"a":1}`,
    );
  });
});
