import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionError } from '../../../src/playbook/expressions/errors.ts';
import { conditionReferences, references } from '../../../src/playbook/expressions/references.ts';
import { evaluateCondition, render } from '../../../src/playbook/expressions/render.ts';
import { lookupOf } from './lookup.ts';
import type { Value } from '../../../src/inventory/types.ts';
import type { Lookup } from '../../../src/playbook/expressions/render.ts';

const variables: Readonly<Record<string, Value>> = {
  a: 1,
  s: 'abc',
  l: [3, 1, 2],
  m: { x: 1 },
  big: 'x'.repeat(50_000),
};
const lookup = lookupOf(variables);
const codeOf = (template: Value, names: Lookup = lookup): string => {
  try {
    return `no error: ${String(JSON.stringify(render(template, names))).slice(0, 60)}`;
  } catch (error) {
    if (error instanceof ExpressionError) return error.code;
    throw error;
  }
};

describe('prototypes cannot be reached', () => {
  it.each([
    '{{ m.__proto__ }}',
    '{{ m.constructor }}',
    "{{ m['constructor']['prototype'] }}",
    '{{ s.constructor }}',
    '{{ s.length }}',
    '{{ l.length }}',
    '{{ l.map }}',
    "{{ l['push'] }}",
    '{{ a.toFixed }}',
    '{{ __proto__ }}',
    '{{ constructor }}',
    '{{ hasOwnProperty }}',
    "{{ [{'x': 1}] | map(attribute='__proto__') | list }}",
    '{{ {}.toString }}',
  ])('%s is undefined', (template) => expect(codeOf(template)).toBe('undefined-variable'));
  it.each(['{{ m | constructor }}', '{{ m | __proto__ }}', '{{ m | toString }}'])('%s is no filter', (template) =>
    expect(codeOf(template)).toBe('unknown-filter'),
  );
  it.each(["{{ s.constructor('x') }}", '{{ l.push(1) }}', '{{ m.hasOwnProperty("x") }}', "{{ s.__proto__('x') }}"])(
    '%s is no method',
    (template) => expect(codeOf(template)).toBe('bad-value'),
  );
  it.each([
    '{{ \'{"__proto__": {"polluted": 1}}\' | from_json }}',
    "{{ {'__proto__': {'polluted': 1}} }}",
    "{{ {} | combine({'__proto__': {'polluted': 1}}, recursive=true) }}",
    "{{ [{'key': '__proto__', 'value': {'polluted': 1}}] | items2dict }}",
    "{{ {'a': {}} | combine({'constructor': {'prototype': {'polluted': 1}}}, recursive=true) }}",
    "{{ 'x' | regex_replace('(?P<__proto__>x)', '') }}",
  ])('%s leaves them alone', (template) => {
    codeOf(template);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('nothing explodes', () => {
  const doubling = lookupOf({
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`v${index + 1}`, [`{{ v${index} }}`, `{{ v${index} }}`]]),
    ),
    v0: 'x',
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`t${index + 1}`, `{{ t${index} }}{{ t${index} }}`]),
    ),
    t0: 'x',
  });
  it.each<[string, Lookup]>([
    ["{{ 'a' * 1000000000 }}", lookup],
    ['{{ [0] * 1000000000 }}', lookup],
    ['{{ (big * 100) * 100 }}', lookup],
    ["{{ big | replace('x', big) }}", lookup],
    ["{{ big | replace('', big) }}", lookup],
    ['{{ big | list | join(big) }}', lookup],
    ["{{ big | regex_replace('x', big) }}", lookup],
    ["{{ ('a' * 30) | regex_search('(a+)+b') }}", lookup],
    ["{{ ('a' * 40) is match('(a|aa)+$x') }}", lookup],
    ['{{ big | list | unique | length ~ (big | list | map("string") | list | union(big | list)) }}', lookup],
    ['{{ v40 }}', doubling],
    ['{{ v40 | to_json }}', doubling],
    ['{{ v40 | string }}', doubling],
    ['{{ v40 | flatten | length }}', doubling],
    ['{{ v40 == v40 }}', doubling],
    ['{{ t40 | length }}', doubling],
  ])('%s', (template, names) => {
    const start = performance.now();
    expect(codeOf(template, names)).toBe('expression-too-large');
    expect(performance.now() - start).toBeLessThan(3000);
  });
  it.each([
    `{{ ${'('.repeat(3000)}1${')'.repeat(3000)} }}`,
    `{{ ${'not '.repeat(1200)}a }}`,
    `{{ ${'-'.repeat(4000)}a }}`,
    `{{ ${'a ~ '.repeat(1200)}a }}`,
    `{{ ${'a | string '.repeat(1)}${'| string '.repeat(500)} }}`,
    `{{ ${'a if a else '.repeat(380)}a }}`,
    `{{ ${'x'.repeat(6000)} }}`,
    `{{ ${' '.repeat(100_000)} }}`,
    `${'{{ a }}'.repeat(3000)}{{ b`,
  ])('deep or long source is refused or evaluated', (template) => {
    const start = performance.now();
    expect(codeOf(template)).toMatch(/bad-expression|undefined-variable|expression-too-large|no error/);
    expect(performance.now() - start).toBeLessThan(2000);
  });
  it('a chain of too many variables is refused', () => {
    const chain = lookupOf(
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`c${index}`, `{{ c${index + 1} }}`])),
    );
    expect(codeOf('{{ c0 }}', chain)).toBe('expression-too-large');
  });
});

const words = [
  'a',
  's',
  'l',
  'm',
  'nope',
  '1',
  '2.5',
  "'x'",
  '"y"',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '.',
  '|',
  '+',
  '-',
  '*',
  '**',
  '/',
  '//',
  '%',
  '~',
  '==',
  '!=',
  '<',
  '>=',
  'and',
  'or',
  'not',
  'in',
  'is',
  'if',
  'else',
  'defined',
  'default',
  'upper',
  'map',
  'select',
  'sort',
  'join',
  'match',
  'true',
  'none',
  '__proto__',
  'x',
  '{{',
  '}}',
  '{%',
  '%}',
  '{#',
  '#}',
  "'",
  '\\',
  '@',
  '=',
];

describe('any text', () => {
  const isOurs = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
    }
  };
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((parts) => parts.join(' ')),
    fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((parts) => `{{ ${parts.join(' ')} }}`),
  );
  it('renders or is refused in our words', () => {
    fc.assert(
      fc.property(anyText, (text) => isOurs(() => render(text, lookup))),
      { numRuns: 3000 },
    );
  });
  it('holds, does not, or is refused in our words', () => {
    fc.assert(
      fc.property(anyText, (text) => isOurs(() => evaluateCondition(text, lookup))),
      { numRuns: 3000 },
    );
  });
  it('has references, perhaps none', () => {
    fc.assert(
      fc.property(anyText, (text) => Array.isArray(references(text)) && Array.isArray(conditionReferences(text))),
      { numRuns: 1000 },
    );
  });
  it('without braces stays as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/\{[{%#]/.test(text)),
        (text) => render(text, lookup) === text,
      ),
    );
  });
  it('of data comes through whole', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const data = lookupOf({}, { value: value as Value });
        expect(JSON.parse(JSON.stringify(render('{{ value }}', data)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
