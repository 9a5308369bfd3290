import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionError } from '../../../src/playbook/expressions/errors.ts';
import { fileReferences, references } from '../../../src/playbook/expressions/references.ts';
import { render, renderFile } from '../../../src/playbook/expressions/render.ts';
import { expression, templateFile } from './generated.ts';
import { lookupOf, tableLookup } from './lookup.ts';

const big = 'x'.repeat(50_000);
const lookup = lookupOf({ big, m: { x: 1 }, l: [1, 2, 3] });
const codeOf = (run: () => unknown): string => {
  try {
    return `no error: ${String(JSON.stringify(run())).slice(0, 60)}`;
  } catch (error) {
    if (error instanceof ExpressionError) return error.code;
    throw error;
  }
};
/** Milliseconds; far above what a machine under load needs for a budget. */
const longest = 10_000;
const timed = (run: () => string): string => {
  const start = performance.now();
  const code = run();
  expect(performance.now() - start).toBeLessThan(longest);
  return code;
};

describe('nothing runs on', () => {
  it.each([
    '{% for i in range(10 ** 12) %}{% endfor %}',
    '{% for i in range(2000) %}{% for j in range(2000) %}{% for k in range(2000) %}x{% endfor %}{% endfor %}{% endfor %}',
    '{% for i in range(1000000) %}{{ big }}{% endfor %}',
    '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
    '{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}',
    "{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    '{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}',
    '{% set x = [] %}{% set _ = x.append(x) %}{{ x }}',
    '{% set x = {} %}{% set _ = x.update({"x": x}) %}{{ x | to_json }}',
    '{% set x = [] %}{% set _ = x.append(x) %}{{ x | flatten }}',
    "{% for i in range(100000) %}{{ ('a' * 22) is match('(a+)+b') }}{% endfor %}",
    '{{ [0, 1] | product(repeat=40) | list }}',
    '{{ range(30) | list | permutations | list | length }}',
    '{{ big | list | combinations(3) | list | length }}',
    '{{ "x" | center(10 ** 12) }}',
    '{{ "x".ljust(10 ** 12) }}',
    '{{ "x" | indent(10 ** 12, first=true) }}',
    '{{ l | batch(10 ** 12, 0) | list }}',
    '{{ l | slice(10 ** 12) | list }}',
    '{{ "x" | comment(prefix_count=10 ** 12) }}',
    '{{ (big | list) | map("comment", decoration=big) | list | length }}',
    "{{ (big * 100) | regex_replace('x', big) }}",
    "{{ ('- ' * 200) ~ 'x' | from_yaml }}{{ (big * 100) | list | to_nice_yaml | length }}",
  ])('%s', (text) => {
    expect(timed(() => codeOf(() => renderFile(text, lookup)))).toMatch(/^(expression-too-large|bad-value)$/);
    expect(timed(() => codeOf(() => render(`${text} `, lookup)))).toMatch(/^(expression-too-large|bad-value)$/);
  });

  it.each<[string, string]>([
    ['newlines', `${'\n'.repeat(200_000)}x`],
    ['blanks', `${' '.repeat(200_000)}{{- 1 -}}${' '.repeat(200_000)}{{ 2 }}`],
    ['comments', `{#${' '.repeat(20)}#}\n  `.repeat(20_000)],
    ['statements that stay open', '{% if 1 %}'.repeat(20_000)],
    ['raw blocks that stay open', '{% raw %}'.repeat(20_000)],
    ['comments that stay open', '{#'.repeat(50_000)],
    ['braces', '{'.repeat(100_000)],
    ['expressions', '{{ 1 }}x\n'.repeat(5_000)],
    ['a long name', `{{ ${'a'.repeat(15_000)} }}`],
    ['a long statement', `{% for x in [${'1,'.repeat(9_000)}] %}{% endfor %}`],
  ])('many %s', (_, text) => {
    expect(timed(() => codeOf(() => renderFile(text, lookup)))).toMatch(/no error|bad-expression|undefined-variable/);
    expect(timed(() => codeOf(() => fileReferences(text)))).toMatch(/no error/);
  });

  it.each<[string, string]>([
    ["{{ x ~ 'y/' | dirname | length }}", '/'.repeat(100_000)],
    ['{{ x % {} }}', '%('.repeat(50_000)],
    ["{{ (x ~ 'y') | from_yaml_all }}", '\n'.repeat(50_000)],
    ["{{ (x ~ 'y') | int }}{{ (x ~ 'y') | float }}{{ x | human_to_bytes }}", '1'.repeat(100_000)],
    ['{{ x }}{{ x | from_json }}', '['.repeat(100_000)],
    ["{{ 'a' is match(x) }}", '['.repeat(9_000)],
    ['[{{ x }}', "'''".repeat(30_000)],
    ['{{ x.format() }}', '{'.repeat(100_000)],
    ['{{ x | b64decode }}', '='.repeat(100_000)],
    ["{{ ('1.1.1-' ~ x ~ '!') is version('1.0.0', '==', version_type='semver') }}", 'a.'.repeat(50_000)],
    ['{{ x | title | wordcount }}{{ x | from_yaml }}', '- '.repeat(50_000)],
  ])('texts of one kind: %s', (text, x) => {
    const names = lookupOf({}, { x });
    expect(timed(() => codeOf(() => render(text, names)))).toMatch(/no error|bad-value|expression-too-large/);
  });
});

describe('prototypes cannot be reached', () => {
  it.each([
    "{{ '{0.__class__}'.format(m) }}",
    "{{ '{0[constructor]}'.format(m) }}",
    "{{ '{m.__proto__}'.format(m=m) }}",
    "{{ '%(constructor)s' % m }}",
    "{{ namespace(a=1)['__proto__'] }}",
    '{{ namespace(a=1).constructor }}',
    "{% for i in l %}{{ loop['constructor'] }}{% endfor %}",
    '{% for i in l %}{{ loop.__proto__ }}{% endfor %}',
    "{{ 'constructor' | extract(m) }}",
    "{{ ['__proto__'] | map('extract', m) | list }}",
    "{{ [m] | groupby('__proto__') }}",
    "{{ [m] | rekey_on_member('constructor') }}",
    "{{ [m] | subelements('__proto__') }}",
    '{{ dict(a=1).hasOwnProperty }}',
  ])('%s is undefined', (text) => expect(codeOf(() => renderFile(text, lookup))).toBe('undefined-variable'));

  it.each([
    "{% set d = {} %}{% set _ = d.update({'__proto__': {'polluted': 1}}) %}{{ d }}",
    "{% set d = {} %}{% set _ = d.setdefault('__proto__', {}).update(polluted=1) %}",
    '{% set __proto__ = 1 %}{% set constructor = 2 %}{{ __proto__ }}{{ constructor }}',
    "{% set ns = namespace() %}{% set ns.__proto__ = {'polluted': 1} %}{{ ns.polluted | default('') }}",
    '{% macro f(__proto__, constructor) %}{{ constructor }}{% endmacro %}{{ f(1, 2) }}',
    '{% for __proto__ in l %}{{ __proto__ }}{% endfor %}',
    "{{ dict(__proto__={'polluted': 1}) }}{{ dict([['__proto__', {'polluted': 1}]]) }}",
    "{{ '__proto__: {polluted: 1}' | from_yaml }}",
    "{{ [{'k': '__proto__', 'polluted': 1}] | rekey_on_member('k') }}",
    "{{ {'__proto__': {'polluted': 1}} | to_yaml | from_yaml }}",
    '{"__proto__": {"polluted": 1}}{{ "" }}',
  ])('%s leaves them alone', (text) => {
    codeOf(() => renderFile(text, lookup));
    codeOf(() => render(text, lookup));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

const words = [
  'for',
  'in',
  'if',
  'elif',
  'else',
  'endif',
  'endfor',
  'set',
  'endset',
  'macro',
  'endmacro',
  'raw',
  'endraw',
];
const marks = [
  '{%',
  '%}',
  '{%-',
  '-%}',
  '+%}',
  '{{',
  '}}',
  '{#',
  '#}',
  '\n',
  ' ',
  '=',
  ',',
  '(',
  ')',
  '[',
  ']',
  '.',
  '|',
  '~',
  '%',
  '*',
  '**',
];
const operands = [
  'a',
  'l',
  'm',
  'x',
  'ns',
  'loop',
  'range(3)',
  'namespace(a=1)',
  'dict(a=1)',
  "lookup('env', 'SITE')",
  'omit',
  '1e3',
  '0x1f',
  "'%s'",
  'x.append(1)',
  'f(1)',
  '[]',
  '{}',
  'upper',
  'default',
  'map',
  'is',
  'defined',
  '__proto__',
  'constructor',
];
const pieces = fc
  .array(fc.constantFrom(...words, ...marks, ...operands), { maxLength: 20 })
  .map((parts) => parts.join(' '));
const statements = fc
  .array(
    fc.oneof(
      pieces,
      fc.tuple(fc.constantFrom(...words), pieces).map(([word, rest]) => `{% ${word} ${rest} %}`),
      fc.constantFrom(
        '{% for i in l %}',
        '{% endfor %}',
        '{% if a %}',
        '{% else %}',
        '{% endif %}',
        '{% set x %}',
        '{% endset %}',
        '{% macro f(x) %}',
        '{% endmacro %}',
        '{{ f(1) }}',
        '{{ x }}',
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('any template', () => {
  const isOurs = (run: () => unknown): void => {
    codeOf(run);
  };
  it.each<[string, fc.Arbitrary<string>, number]>([
    ['statements put together', statements, 3000],
    ['files as they should be', templateFile, 300],
    ['expressions as they should be', expression.map((text) => `x{{ ${text} }}`), 1000],
  ])('renders or is refused in our words: %s', (_, texts, numRuns) => {
    fc.assert(
      fc.property(texts, (text) => {
        isOurs(() => renderFile(text, tableLookup));
        isOurs(() => render(text, tableLookup));
      }),
      { numRuns },
    );
  });
  it('with a few characters changed', () => {
    const good = templateFile.filter((text) => text.length > 20);
    const change = fc.tuple(fc.nat(100), fc.nat(3), fc.constantFrom('', '{', '}', '%', '-', "'", '\\', '#', '\n', 'x'));
    fc.assert(
      fc.property(good, fc.array(change, { minLength: 1, maxLength: 4 }), (text, changes) => {
        const changed = changes.reduce((so, [at, cut, put]) => so.slice(0, at) + put + so.slice(at + cut), text);
        isOurs(() => renderFile(changed, tableLookup));
        expect(Array.isArray(fileReferences(changed)) && Array.isArray(references(changed))).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });
  it('errors point into the text', () => {
    fc.assert(
      fc.property(statements, (text) => {
        try {
          renderFile(text, tableLookup);
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          if (error.offset !== undefined && error.variable === undefined)
            expect(error.offset >= 0 && error.offset <= text.length).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
  it('without marks stays as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }).filter((text) => !/\{[{%#]|\r|^#jinja2:/.test(text)),
        (text) => renderFile(text, tableLookup) === text,
      ),
    );
  });
});
