import { describe, expect, it } from 'vitest';
import { ExpressionError } from '../../../src/playbook/expressions/errors.ts';
import { render, renderFile } from '../../../src/playbook/expressions/render.ts';
import { lookupOf, tableLookup } from './lookup.ts';

const failure = (run: () => unknown): ExpressionError => {
  try {
    run();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('no error');
};

/** What stands in the text at an error's offset, so that places are checked by what they point at. */
const pointed = (text: string, { offset, length }: ExpressionError): string =>
  offset === undefined ? 'nowhere' : text.slice(offset, offset + (length ?? 1));

describe('errors in statements point at what is wrong', () => {
  it.each<[text: string, at: string, message: string]>([
    ['x {% for i in l %}y', 'for', "'{% for %}' is never closed: '{% endfor %}' is missing"],
    ['{% if t %}\n{% for i in l %}{% endif %}', 'endif', "'{% endif %}' has no place here"],
    ['{{ a }}{% endif %}', 'endif', "'{% endif %}' has no place here: nothing is open"],
    ['{% else %}', 'else', "'{% else %}' has no place here: nothing is open"],
    ['{% iff t %}', 'iff', "there is no statement 'iff'"],
    ['{% include "x" %}', 'include', '{% include %} is not supported'],
    ['{%- do l.append(1) %}', 'do', '{% do %} is not supported'],
    ['{% for i l %}{% endfor %}', ' ', "'in' is missing: {% for item in list %}"],
    ['{% for 1 in l %}{% endfor %}', ' ', 'a name is wanted here, to be given a value'],
    ['{% for i in l recursive %}{% endfor %}', 'recursive', 'recursive loops are not supported'],
    ['{% set x = %}', ' ', 'an expression is missing here'],
    ['{% set x = 1 +%}{{ x + }}', ' ', 'the expression ends too early'],
    ['{% if t %}a{% else b %}c{% endif %}', 'b', "nothing can stand after 'else'"],
    ['{% macro f %}{% endmacro %}', ' ', 'a macro is written {% macro name(parameters) %}'],
    ['{% macro f(1) %}{% endmacro %}', 'f', "a macro's parameter is a name"],
    ['{% 5 %}', '5', 'a statement begins with a word, such as if or for'],
    ['{% if t', '{%', "'{%' is never closed: '%}' is missing"],
    ['a {% raw %} b', '{%', "'{% raw %}' is never closed: '{% endraw %}' is missing"],
    ['{% for i in l %}{{ i | uper }}{% endfor %}', 'uper', "there is no filter 'uper'"],
    ['{% if a is evn %}{% endif %}', 'evn', "there is no test 'evn'"],
    ['{% for i in l %}{{ g(i) }}{% endfor %}', 'g', "there is no function 'g'"],
    ["{{ lookup('pipe', 'x') }}", 'lookup', "the lookup 'pipe' is not supported"],
    ['{% for i in [1, %}{% endfor %}', '}', "unexpected '}'"],
    ['{% for i in [1, 2', '[', "this bracket is never closed: ']' is missing"],
  ])('%s', (text, at, message) => {
    const error = failure(() => renderFile(text, tableLookup));
    expect({ code: error.code.split('-')[1], at: pointed(text, error), message: error.message }).toEqual({
      code: expect.stringMatching(/expression|filter|test/) as string,
      at,
      message,
    });
  });

  it.each<[text: string, at: string, code: string]>([
    ['a\n{% for i in l %}\n{{ i }} {{ i.nope }}\n{% endfor %}', 'nope', 'undefined-variable'],
    ['{% for i in nope %}{% endfor %}', 'nope', 'undefined-variable'],
    ['{% if t %}\n  {% if nope %}{% endif %}{% endif %}', 'nope', 'undefined-variable'],
    ['{% for i in a %}{% endfor %}', 'a', 'bad-value'],
    ['{% for k, v in l %}{% endfor %}', ' ', 'bad-value'],
    ['{% set m.x = 1 %}', 'm', 'bad-value'],
    ['{% set q = a + s %}', '+', 'bad-value'],
    ['{% macro f(x) %}{{ x }}{% endmacro %}{{ f(1, 2) }}', 'f', 'bad-value'],
    ['{% macro f(x) %}{{ x.y }}{% endmacro %}\n{{ f({}) }}', 'y', 'undefined-variable'],
    ['{{ l.append(1) }}', 'a', 'bad-value'],
  ])('%s', (text, at, code) => {
    const error = failure(() => renderFile(text, tableLookup));
    expect({ at: pointed(text, error), code: error.code }).toEqual({ at, code });
  });

  it('after the line with settings, as before', () => {
    const text = '#jinja2: trim_blocks: False\nline\n{{ nope }}';
    expect(
      pointed(
        text,
        failure(() => renderFile(text, tableLookup)),
      ),
    ).toBe('nope');
  });
  it('where line ends have two characters', () => {
    const text = 'a\r\n{% if t %}\r\n{{ nope }}{% endif %}';
    expect(
      pointed(
        text,
        failure(() => renderFile(text, tableLookup)),
      ),
    ).toBe('nope');
  });
  it('in the variable, when the fault is there', () => {
    const lookup = lookupOf({ x: '{% if nope %}y{% endif %}' });
    expect(failure(() => render('{{ x }}', lookup))).toMatchObject({ variable: 'x', offset: 6 });
  });
});

describe('hints say what to write', () => {
  it.each<[string, RegExp]>([
    ['{% iff t %}{% endif %}', /did you mean 'if'/],
    ['{% if t %}{% endfor %}', /'{% if %}' is still open: '{% endif %}' closes it/],
    ["{{ lookup('envv', 'X') }}", /did you mean 'env'/],
    ["{{ lookup('vars', 'X') }}", /write the name itself/],
    ['{{ l | random }}', /list\[number % \(list \| length\)\]/],
    ['{{ l | community.general.json_query("x") }}', /selectattr/],
    ['{{ "x" | ansible.utils.ipaddr }}', /variables of the hosts/],
    ['{{ now() }}', /every run would give something else/],
    ['{{ "x" is file }}', /not the host's/],
    ['{% with x = 1 %}{% endwith %}', /\{% set name = value %\}/],
    ['{% set m.x = 1 %}', /\{% set m = namespace\(x=…\) %\}/],
    ['{{ l.append(1) }}', /list \+ \[item\]/],
    ['#jinja2: variable_start_string: "[["\nx', /trim_blocks and lstrip_blocks can/],
  ])('%s', (text, hint) => expect(failure(() => renderFile(text, tableLookup)).hint).toMatch(hint));
});

describe('the first line of a file', () => {
  it.each<[string, string, string]>([
    ['#jinja2: trim_blocks: no\nx', 'trim_blocks: no', "trim_blocks is True or False, not 'no'"],
    ['#jinja2: trim_blocks: True, block_start_string: "<%"\nx', 'block_start_string: "<%"', 'cannot be set here'],
    ['#jinja2:\nx', '', 'cannot be set here'],
  ])('%s', (text, at, message) => {
    const error = failure(() => renderFile(text, tableLookup));
    expect(pointed(text, error)).toBe(at);
    expect(error.message).toContain(message);
  });
  it('overrides what the task says, and that what Ansible does by itself', () => {
    const text = '  {% if t %}\nx\n  {% endif %}\ny';
    expect(renderFile(text, tableLookup)).toBe('  x\n  y');
    expect(renderFile(text, tableLookup, { trim: false })).toBe('  \nx\n  \ny');
    expect(renderFile(text, tableLookup, { lstrip: true })).toBe('x\ny');
    expect(renderFile(`#jinja2: lstrip_blocks: False\n${text}`, tableLookup, { lstrip: true })).toBe('  x\n  y');
  });
});

describe('files are text, values are what they look like', () => {
  it('a list', () => {
    expect(renderFile('{% if t %}{{ l }}{% endif %}', tableLookup)).toBe('[3, 1, 2]');
    expect(render('{% if t %}{{ l }}{% endif %}', tableLookup)).toEqual([3, 1, 2]);
  });
  it('what a macro gives', () => {
    const text = '{% macro f() %}[1, 2]{% endmacro %}{{ f() | length }}x';
    expect(renderFile(text, tableLookup)).toBe('6x');
    expect(render(text, tableLookup)).toBe('2x');
  });
  it('backslashes in {{ }} are Python’s in a file, and stand for themselves in a value', () => {
    expect(renderFile(String.raw`{{ '\t' | length }}x`, tableLookup)).toBe('1x');
    expect(render(String.raw`{{ '\t' | length }}x`, tableLookup)).toBe('2x');
  });
});
