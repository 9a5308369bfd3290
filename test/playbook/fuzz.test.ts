import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, playWith } from './site.ts';
import type { Value } from '../../src/inventory/types.ts';

const keys = [
  'name',
  'hosts',
  'tasks',
  'handlers',
  'vars',
  'serial',
  'when',
  'loop',
  'register',
  'notify',
  'tags',
  'become',
  'apply',
  'state',
  'cpu',
  'merge',
  'limits',
  'kernel_line',
  'governor',
  'run',
  'values',
  'present',
  '__proto__',
  'constructor',
  'block',
  'rescue',
  'always',
  'roles',
  'role',
  'pre_tasks',
  'vars_files',
  'import_tasks',
  'import_role',
  'import_playbook',
  'meta',
  'listen',
  'environment',
  'loop_control',
  'loop_var',
  'until',
  'failed_when',
  'timeout',
  'delegate_to',
  'run_once',
  'set_fact',
  'a',
];
const scalars: readonly Value[] = [
  'all',
  'kvm',
  'nobody',
  'performance',
  '{{ governor }}',
  '{{ nope }}',
  '{{ facts.kernel }}',
  '{{ item }}',
  '{{ broken',
  '{{ }}',
  'on',
  '50%',
  1,
  0,
  -1,
  2.5,
  null,
  true,
  '',
  'a == 1',
  'toString',
  '__proto__',
];
const tree: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...scalars),
    fc.array(tie('node'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...keys), tie('node')), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).node;

const plays = fc.array(
  fc.record(
    {
      name: fc.constantFrom('P', 1),
      hosts: fc.constantFrom('all', 'kvm', 'all:!kvm', '~k', '[0]', ['kvm', 'brokers']),
      tasks: fc.array(
        fc.oneof(
          tree,
          fc.record({ block: fc.array(tree, { maxLength: 2 }), rescue: tree, always: tree, vars: tree, when: tree }),
          fc.record({ set_fact: tree, environment: tree, loop_control: tree, loop: tree }),
          fc.record(
            { cpu: tree, when: tree, loop: tree, register: tree, tags: tree, notify: tree },
            { requiredKeys: ['cpu'] },
          ),
        ),
        { maxLength: 3 },
      ),
      vars: tree,
      serial: tree,
      roles: tree,
      handlers: fc.array(fc.record({ name: fc.constant('h'), cpu: tree, listen: tree }, { requiredKeys: ['cpu'] })),
      environment: tree,
    },
    { requiredKeys: ['hosts', 'tasks'] },
  ),
  { maxLength: 2 },
);

const isAnswered = (text: string): void => {
  const { site, diagnostics } = compile(text);
  expect(site === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  for (const { message, code } of diagnostics)
    expect(`${code}: ${message}`).not.toMatch(/(?<!is |-)undefined\b(?!-)|\[object|NaN/);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
};

describe('whatever is written, compile answers', () => {
  it('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), isAnswered), { numRuns: 300 });
  });
  it('any tree', () => {
    fc.assert(
      fc.property(tree, (value) => isAnswered(JSON.stringify(value))),
      { numRuns: 300 },
    );
  });
  it('plays with anything in them', () => {
    fc.assert(
      fc.property(plays, (value) => isAnswered(JSON.stringify(value))),
      { numRuns: 500 },
    );
  });
  it('a good playbook with a few characters changed', () => {
    const good = playWith(
      '    - {name: "T {{ governor }}", cpu: {governor: "{{ governor }}"}, when: [cstate == 1], loop: [a], register: r, tags: x}\n',
    );
    const change = fc.tuple(fc.nat(good.length), fc.nat(4), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        isAnswered(changes.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), good));
      }),
      { numRuns: 500 },
    );
  });
});
