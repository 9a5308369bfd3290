import { describe, expect, it } from 'vitest';
import {
  conditionReferences,
  fileReferences,
  references,
  referencesIn,
} from '../../../src/playbook/expressions/references.ts';

const shown = (found: ReturnType<typeof references>): readonly string[] =>
  found.map(({ name, path, isGuarded, offset }) => `${[name, ...path].join('.')}@${offset}${isGuarded ? '?' : ''}`);
const names = (found: ReturnType<typeof references>): readonly string[] =>
  found.map(({ name, path, isGuarded }) => `${[name, ...path].join('.')}${isGuarded ? '?' : ''}`);

describe('references', () => {
  it.each<[string, readonly string[]]>([
    ['plain', []],
    ['{{ a }}-{{ b.c }}', ['a@3', 'b.c@11']],
    ["{{ a['b'].c[0] }}", ['a.b.c.0@3']],
    ['{{ a[i].b }}', ['a@3', 'i@5']],
    ["{{ a.b | default('x') }}", ['a.b@3?']],
    ['{{ a | default(b) }}', ['a@3?', 'b@15']],
    ['{{ a | upper | default(1) }}', ['a@3']],
    ['{{ facts.cpu.count > n and r is changed }}', ['facts.cpu.count@3', 'n@21', 'r@27']],
    ["{{ hostvars[h]['x'] }}", ['hostvars@3', 'h@12']],
    ["{{ {'k': v} | combine(w) }}", ['v@9', 'w@22']],
    ["{{ lookup('env', a, default=b) }}", ['a@17', 'b@28']],
    ['{{ range(*a) | zip(b) | list }}', ['a@10', 'b@19']],
    ['{{ (a, b) }}{{ c, d }}', ['a@4', 'b@7', 'c@15', 'd@18']],
    ['{{ broken', []],
  ])('%s', (text, expected) => expect(shown(references(text))).toEqual(expected));

  it.each<[string, readonly string[]]>([
    ['{% for x in a.b %}{{ x.c }}{{ d }}{{ loop.index }}{% endfor %}{{ x }}', ['a.b', 'd', 'x']],
    ['{% for k, v in a.items() if k != b %}{{ k }}{{ v }}{% else %}{{ c }}{% endfor %}', ['a', 'b', 'c']],
    ['{% set x = a %}{{ x }}{% for i in [1] %}{% set y = b %}{{ y }}{% endfor %}{{ y }}', ['a', 'b', 'y']],
    ['{% set x | replace(a, b) %}{{ c }}{% endset %}{{ x }}', ['c', 'a', 'b']],
    ['{% macro f(x, y=a) %}{{ x }}{{ y }}{{ b }}{% endmacro %}{{ f(c) }}', ['a', 'b', 'c']],
    ['{% set ns = namespace(n=a) %}{% set ns.n = ns.n + b %}{{ ns.n }}', ['a', 'b']],
    ['{% if a %}{{ b }}{% elif c %}{{ d }}{% else %}{{ e }}{% endif %}', ['a', 'b', 'c', 'd', 'e']],
    ['{% raw %}{{ a }}{% endraw %}{# {{ b }} #}{{ c }}', ['c']],
    ['{% for x in x %}{{ x }}{% endfor %}', ['x']],
  ])('of statements, without the names that they define: %s', (text, expected) => {
    expect(names(references(text))).toEqual(expected);
    expect(names(fileReferences(text))).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['{{ a if a is defined else b }}', ['a?', 'a?', 'b']],
    ['{{ a is defined and a.b > c }}', ['a?', 'a.b?', 'c']],
    ['{% if a is defined %}{{ a.b }}{{ c }}{% endif %}{{ a }}', ['a?', 'a.b?', 'c', 'a?']],
    ['{% if a is not defined %}x{% elif b %}{{ a }}{% endif %}', ['a?', 'b', 'a?']],
    // Only the one branch sets it: elsewhere it may be a variable, or nothing.
    ['{% if a %}{% set x = 1 %}{% endif %}{{ x }}', ['a', 'x?']],
  ])('asked about first, a name may be undefined: %s', (text, expected) =>
    expect(names(references(text))).toEqual(expected),
  );

  it('of conditions, tests guard', () => {
    expect(shown(conditionReferences('a.b is defined and a.b == c'))).toEqual(['a.b@0?', 'a.b@19?', 'c@26']);
  });
  it('of trees, values only', () => {
    const tree = { '{{ k }}': ['{{ a }}', { x: '{{ b }}' }], y: '{% if c %}x{% endif %}' };
    expect(referencesIn(tree).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });
});
