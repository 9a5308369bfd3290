import { describe, expect, it } from 'vitest';
import { ExpressionError } from '../../../src/playbook/expressions/errors.ts';
import { evaluateCondition, render } from '../../../src/playbook/expressions/render.ts';
import { deviations } from './deviations.ts';
import { lookupOf, tableLookup as lookup } from './lookup.ts';
import { answerOf, questions } from './questions.ts';
import type { Value } from '../../../src/inventory/types.ts';

const codeOf = (run: () => unknown): string => {
  try {
    return `no error: ${JSON.stringify(run())}`;
  } catch (error) {
    if (error instanceof ExpressionError) return error.code;
    throw error;
  }
};

describe('as Ansible answers', () => {
  it.each(questions)('$kind: $text', (question) => {
    if (question.answer === undefined) expect(() => answerOf(question, lookup)).toThrow(ExpressionError);
    else expect(answerOf(question, lookup)).toEqual(question.answer);
  });
});

describe('listed deviations from Ansible', () => {
  it.each(deviations)('$text: $why', ({ here, ...question }) => {
    if ('code' in here) expect(codeOf(() => answerOf(question, lookup))).toBe(here.code);
    else expect(answerOf(question, lookup)).toEqual(here.value);
  });
});

describe('templates', () => {
  it.each<[string, Value]>([
    ['plain', 'plain'],
    ['{{ a }}', 1],
    ['{{ t }}', true],
    ['{{ n }}', null],
    ['{{ 4 / 2 }}', 2],
    ['{{ l }}', [3, 1, 2]],
    ["{{ {'b': 1, 'a': 2} }}", { b: 1, a: 2 }],
    [' {{ a }}', ' 1'],
    ['{{ a }}\n', 1],
    ['{{ s }}\n', 'abc\n'],
    ['{{ a }}{{ a }}', '11'],
    ['x{{ t }}{{ n }}{{ 4 / 2 }}', 'xTrue2.0'],
    ['x{{ l }}', 'x[3, 1, 2]'],
    ['x{{ m }}', "x{'x': 1, 'y': {'z': 'q'}}"],
    ['x{{ ["it\'s", \'"\', none, true] }}', `x["it's", '"', None, True]`],
    ['a {#- comment -#} b', 'ab'],
    ['a {{- a -}} b', 'a1b'],
    ['{% raw %}{{ a }}{% endraw %}', '{{ a }}'],
    ['{ not a template }', '{ not a template }'],
    ['{{ "}}" }}', '}}'],
    ["{{ {'a': {'b': 1}} }}", { a: { b: 1 } }],
    [String.raw`{{ 'a1' | regex_replace('\d', 'x\\y') }}`, String.raw`ax\y`],
    [String.raw`{{ 'abc' | regex_replace('(b)', '<\1>') }}`, 'a<b>c'],
    [String.raw`{{ 'it\'s' }}`, "it's"],
  ])('%j gives %j', (template, expected) => expect(render(template, lookup)).toEqual(expected));

  it('keep the order of keys', () => {
    const value = render({ z: '{{ a }}', b: 1, a: "{{ {'y': 1, 'c': 2} }}" }, lookup);
    expect(JSON.stringify(value)).toBe('{"z":1,"b":1,"a":{"y":1,"c":2}}');
  });
  it('work in values at any depth and not in keys', () => {
    expect(render({ '{{ a }}': ['{{ s }}', { x: '{{ a }}' }] }, lookup)).toEqual({ '{{ a }}': ['abc', { x: 1 }] });
  });
});

describe('conditions', () => {
  it.each<[string, boolean]>([
    ['a', true],
    ['a == 1 and s', true],
    ['n', false],
    ['[]', false],
    ['nope is not defined', true],
    ['u is defined', false],
    [String.raw`'a1' is match('a\\d')`, true],
    ["s in ['abc']", true],
    ['a is eq 1 and l is iterable or nope', true],
  ])('%s: %s', (condition, expected) => expect(evaluateCondition(condition, lookup)).toBe(expected));
});

describe('errors have a place', () => {
  const failure = (template: Value): ExpressionError => {
    try {
      render(template, lookup);
    } catch (error) {
      if (error instanceof ExpressionError) return error;
    }
    throw new Error('no error');
  };
  it.each<[string, string, number, string]>([
    // Offsets count from 0.
    ['{{ nope }}', 'undefined-variable', 3, "'nope' is undefined"],
    ['ab {{ a + nope }}', 'undefined-variable', 10, "'nope' is undefined"],
    ['{{ m.y.w }}', 'undefined-variable', 7, "'m.y.w' is undefined"],
    ['{{ m.nope.x.y }}', 'undefined-variable', 5, "'m.nope' is undefined"],
    ['{{ a + s }}', 'bad-value', 5, "'+' does not work on an integer and a string"],
    ['{{ a | uper }}', 'unknown-filter', 7, "there is no filter 'uper'"],
    ['{{ a | join(x=1) }}', 'bad-expression', 7, "the filter join has no argument 'x'; it takes d, attribute"],
    ['{{ a | upper(1) }}', 'bad-expression', 7, 'the filter upper takes no arguments, not 1'],
    ['{{ a is evn }}', 'unknown-test', 8, "there is no test 'evn'"],
    ['{{ a b }}', 'bad-expression', 5, 'an operator or a comma is missing here'],
    ['{{ a + }}', 'bad-expression', 6, 'the expression ends too early'],
    ['{{ (a }}', 'bad-expression', 6, "unexpected '}'"],
    ["{{ 'a }}", 'bad-expression', 3, "this ' is never closed"],
    ['x {{ a', 'bad-expression', 2, "'{{' is never closed: '}}' is missing"],
    ['{{ }}', 'bad-expression', 2, 'an expression is missing here'],
    ['{{ a ? 1 }}', 'bad-expression', 5, "unexpected '?'"],
    ['{{ a = 1 }}', 'bad-expression', 5, "unexpected '='"],
    ['{# x', 'bad-expression', 0, "'{#' is never closed: '#}' is missing"],
    ["{{ 'é' + a }}", 'bad-value', 7, "'+' does not work on a string and an integer"],
  ])('%s', (template, code, offset, message) => {
    const error = failure(template);
    expect({ code: error.code, offset: error.offset, message: error.message }).toEqual({ code, offset, message });
  });
  it('a path where it stands in a tree', () => {
    expect(failure({ x: ['a', { y: '{{ nope }}' }] }).path).toEqual(['x', 1, 'y']);
  });
  it('the variable where it stands in one', () => {
    expect(failure('{{ u }}')).toMatchObject({ code: 'undefined-variable', variable: 'u', offset: 3 });
  });
  it('the nearest name as a hint', () => {
    expect(failure('{{ m.y.zz }}').hint).toBe("did you mean 'z'?");
  });
});

describe('variables', () => {
  it('that need each other are named', () => {
    const cycle = lookupOf({ x: '{{ y }}', y: 'a{{ z }}', z: '{{ x }}' });
    expect(() => render('{{ x }}', cycle)).toThrow('these variables need each other: x → y → z → x');
    expect(() => render('{{ x | default(1) }}', cycle)).toThrow('need each other');
  });
  it('a default covers a variable whose own variables are undefined', () => {
    expect(render('{{ u | default("d") }}', lookup)).toBe('d');
  });
  it('data is never a template', () => {
    const remote = lookupOf({ x: '<{{ r.out }}>' }, { r: { out: '{{ a }}' } });
    expect(render('{{ x }}{{ r.out }}', remote)).toBe('<{{ a }}>{{ a }}');
  });
});
