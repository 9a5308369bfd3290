import { describe, expect, it } from 'vitest';
import { ExpressionError } from '../../../src/playbook/expressions/errors.ts';
import { evaluateCondition, render, renderFile } from '../../../src/playbook/expressions/render.ts';
import { omit } from '../../../src/playbook/bind/omit.ts';
import { lookupOf } from './lookup.ts';
import type { Value } from '../../../src/inventory/types.ts';

const read = {
  env: (name: string) => ({ HOME: '/root', BRACES: '{{ a }}', EMPTY: '' })[name],
  file: (name: string) => ({ 'motd.txt': 'hello {{ a }}\n\n', 'list.txt': '[1, 2]\n' })[name],
};
const lookup = lookupOf({ a: 1, secret: "{{ lookup('env', 'BRACES') }}" }, {}, read);
const codeOf = (run: () => unknown): string => {
  try {
    return `no error: ${JSON.stringify(run())}`;
  } catch (error) {
    if (error instanceof ExpressionError) return `${error.code}: ${error.message}`;
    throw error;
  }
};

describe('lookups', () => {
  it.each<[string, Value]>([
    ["{{ lookup('env', 'HOME') }}", '/root'],
    ["{{ lookup('ansible.builtin.env', 'HOME') }}/x", '/root/x'],
    ["{{ lookup('env', 'EMPTY', default='d') }}", ''],
    ["{{ lookup('env', 'UNSET', default='d') }}", 'd'],
    ["{{ query('env', 'HOME', 'UNSET') }}", ['/root', '']],
    ["{{ lookup('file', 'motd.txt') }}", 'hello {{ a }}'],
    ["{{ lookup('file', 'motd.txt', rstrip=false) }}", 'hello {{ a }}\n\n'],
    ["{{ lookup('file', 'none.txt', errors='ignore') | default('none', true) }}", 'none'],
    ["{{ lookup('file', 'list.txt') }}", '[1, 2]'],
    ["{{ lookup('file', ['motd', 'txt'] | join('.')) }}", 'hello {{ a }}'],
  ])('%s', (text, expected) => expect(render(text, lookup)).toEqual(expected));

  it('give data, never taken for templates, through however many variables', () => {
    expect(render('{{ secret }}', lookup)).toBe('{{ a }}');
    expect(render('<{{ secret }}>', lookup)).toBe('<{{ a }}>');
    expect(renderFile("{{ lookup('file', 'motd.txt') }}\n", lookup)).toBe('hello {{ a }}\n');
  });
  it('work in conditions', () => {
    expect(evaluateCondition("lookup('env', 'HOME') == '/root'", lookup)).toBe(true);
  });
  it.each([
    ["{{ lookup('file', 'none.txt') }}", "bad-value: there is no file 'none.txt'"],
    [
      "{{ lookup('env', 'UNSET', default=undef()) }}",
      "undefined-variable: the environment variable 'UNSET' is not set",
    ],
    [
      "{{ lookup('env', 'HOME', lines=1) }}",
      "bad-value: lookup('env') has no option 'lines'; it takes errors, wantlist, default",
    ],
    ["{{ lookup('file', 'none.txt', errors='warn') }}", "bad-value: 'errors' of a lookup is 'strict' or 'ignore'"],
    ["{{ lookup('env', ['HOME']) }}", "bad-value: lookup('env') takes texts: give several one after the other"],
    ["{{ lookup(a, 'x') }}", "bad-value: the function lookup: 'plugin' must be a string, not an integer"],
    ["{{ lookup('x' ~ a, 'x') }}", "bad-value: there is no lookup 'x1'"],
  ])('%s is refused', (text, message) => expect(codeOf(() => render(text, lookup))).toBe(message));
  it('are refused where nothing can be read', () => {
    expect(codeOf(() => render("{{ lookup('env', 'HOME') }}", lookupOf({})))).toBe(
      'bad-value: lookups do not work here',
    );
  });
});

describe('omit', () => {
  it('is a value until the parameters are put together', () => {
    expect(render('{{ nope | default(omit) }}', lookup)).toBe(omit);
    expect(render("{{ {'mode': nope | default(omit), 'path': 'x'} }}", lookup)).toEqual({ mode: omit, path: 'x' });
    expect(render({ mode: '{{ omit }}', list: ['{{ omit }}'] }, lookup)).toEqual({ mode: omit, list: [omit] });
  });
  it('can be asked about', () => {
    expect(render("{{ [1, nope | default(omit)] | reject('eq', omit) | list }}", lookup)).toEqual([1]);
    expect(evaluateCondition('nope | default(omit) == omit and omit is defined', lookup)).toBe(true);
  });
  it.each([
    'x{{ omit }}',
    '{{ omit ~ 1 }}',
    '{{ [omit] | string }}',
    '{{ [omit] | to_json }}',
    '{% if 1 %}{{ omit }}y{% endif %}',
  ])('%s: inside a text it is an error', (text) =>
    expect(codeOf(() => render(text, lookup))).toContain('omit leaves out a whole parameter'),
  );
  it('in a file it is an error', () => {
    expect(codeOf(() => renderFile('a {{ omit }}', lookup))).toContain('omit leaves out a whole parameter');
  });
});
