import { describe, expect, it } from 'vitest';
import { conditionReferences, references, referencesIn } from '../../../src/playbook/expressions/references.ts';

const shown = (found: ReturnType<typeof references>): readonly string[] =>
  found.map(({ name, path, isGuarded, offset }) => `${[name, ...path].join('.')}@${offset}${isGuarded ? '?' : ''}`);

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
    ['{{ broken', []],
  ])('%s', (text, expected) => expect(shown(references(text))).toEqual(expected));
  it('of conditions, tests guard', () => {
    expect(shown(conditionReferences('a.b is defined and a.b == c'))).toEqual(['a.b@0?', 'a.b@19?', 'c@26']);
  });
  it('of trees, values only', () => {
    expect(referencesIn({ '{{ k }}': ['{{ a }}', { x: '{{ b }}' }] }).map(({ name }) => name)).toEqual(['a', 'b']);
  });
});
