import { describe, expect, it } from 'vitest';
import type { LoadedInventory } from '../../src/inventory/load.ts';
import { codes, loadFrom } from './folder.ts';

const value = ({ inventory }: LoadedInventory, host: string, name = 'x'): unknown =>
  inventory.hosts.get(host)?.variables.get(name)?.value;

describe('precedence', () => {
  /** Every place of design.md section 3 that an inventory can fill, lowest first; each says its own name. */
  const places = [
    'inventory all',
    'inventory parent',
    'inventory child',
    'inv/group_vars/all.yml',
    'play/group_vars/all.yml',
    'inv/group_vars/parent.yml',
    'inv/group_vars/child.yml',
    'play/group_vars/parent.yml',
    'play/group_vars/child.yml',
    'inventory host',
    'inv/host_vars/h.yml',
    'play/host_vars/h.yml',
    'extra',
  ];
  const position = { file: '-e', line: 1, column: 1 };
  const loadPlaces = (filled: readonly string[]): LoadedInventory => {
    const vars = (place: string): string => (filled.includes(place) ? `{x: ${place}}` : '{}');
    const beside = filled.filter((place) => place.includes('/')).map((place) => [place, `x: ${place}\n`]);
    return loadFrom(
      {
        'inv/hosts.yml': [
          `child: {vars: ${vars('inventory child')}, hosts: {h: ${vars('inventory host')}}}`,
          `parent: {vars: ${vars('inventory parent')}, children: {child: }}`,
          `all: {vars: ${vars('inventory all')}}`,
        ].join('\n'),
        'play/site.yml': '',
        ...Object.fromEntries(beside),
      },
      {
        sources: ['inv/hosts.yml'],
        playbookFolder: 'play',
        extraVars: new Map(filled.includes('extra') ? [['x', { value: 'extra', position, origin: '-e' }]] : []),
      },
    );
  };

  it.each(places.map((place, index) => [place, places.slice(0, index + 1)] as const))(
    'puts %s above those before it',
    (place, filled) => {
      const loaded = loadPlaces(filled);
      expect(loaded.diagnostics).toEqual([]);
      expect(value(loaded, 'h')).toBe(place);
    },
  );

  it('keeps every candidate, lowest first', () => {
    const loaded = loadPlaces(places);
    const candidates = loaded.candidates('h').get('x');
    expect(candidates?.map((variable) => variable.value)).toEqual(places);
    expect(candidates?.map((variable) => variable.origin)).toEqual([
      'group all',
      'group parent',
      'group child',
      'group_vars/all.yml',
      'group_vars/all.yml',
      'group_vars/parent.yml',
      'group_vars/child.yml',
      'group_vars/parent.yml',
      'group_vars/child.yml',
      'host',
      'host_vars/h.yml',
      'host_vars/h.yml',
      '-e',
    ]);
    expect(candidates?.at(-1)).toBe(loaded.inventory.hosts.get('h')?.variables.get('x'));
  });
});

describe('groups of a host', () => {
  it('win by depth, whatever their order', () => {
    const loaded = loadFrom({
      'hosts.yml': `
z_top: {vars: {x: top}, children: {a_deep: }}
a_deep: {vars: {x: deep}, hosts: h}
m_side: {vars: {x: side}, hosts: h}
`,
    });
    expect(value(loaded, 'h')).toBe('deep');
  });

  it('have the depth of the longest way to them', () => {
    const loaded = loadFrom({
      'hosts.yml': `
one: {children: {two: , target: }}
two: {children: {three: }}
three: {children: {target: }}
target: {vars: {x: target}, hosts: h}
zebra: {children: {zoo: }}
zoo: {vars: {x: zoo}, hosts: h}
`,
    });
    expect(value(loaded, 'h')).toBe('target');
  });

  it('win by name among equals, the last in the alphabet last', () => {
    expect(value(loadFrom({ 'hosts.yml': 'b: {vars: {x: b}, hosts: h}\na: {vars: {x: a}, hosts: h}' }), 'h')).toBe('b');
    expect(value(loadFrom({ 'hosts.yml': 'a: {vars: {x: a}, hosts: h}\nZ: {vars: {x: Z}, hosts: h}' }), 'h')).toBe('a');
  });

  it('win by ansible_group_priority before the name, and after the depth', () => {
    const text = (depth: string): string =>
      `a: {vars: {x: a, ansible_group_priority: 10}, hosts: h}\nb: {vars: {x: b}, ${depth}}\nc: {hosts: h}`;
    const flat = loadFrom({ 'hosts.yml': text('hosts: h') });
    expect(value(flat, 'h')).toBe('a');
    expect(value(flat, 'h', 'ansible_group_priority')).toBeUndefined();
    expect(value(loadFrom({ 'hosts.yml': `${text('hosts: h')}\np: {children: {b: }}` }), 'h')).toBe('b');
    expect(codes(loadFrom({ 'hosts.yml': 'a: {vars: {ansible_group_priority: high}}' }))).toEqual(['wrong-type 1:36']);
  });

  it('rank likewise beside the inventory', () => {
    const loaded = loadFrom({
      'hosts.yml': 'a: {vars: {ansible_group_priority: 5}, hosts: h}\nb: {hosts: h}',
      'group_vars/a.yml': 'x: a',
      'group_vars/b.yml': 'x: b',
      'group_vars/ungrouped.yml': 'x: ungrouped\ny: 1',
    });
    expect(value(loaded, 'h')).toBe('a');
    expect(value(loaded, 'h', 'y')).toBeUndefined();
  });
});

describe('group_vars and host_vars', () => {
  it.each(['web', 'web.yml', 'web.yaml', 'web.json'])('are read from %s', (name) => {
    const text = name.endsWith('json') ? '{"x": [1, true]}' : 'x: [1, true]';
    expect(value(loadFrom({ 'hosts.yml': 'web: {hosts: h}', [`group_vars/${name}`]: text }), 'h')).toEqual([1, true]);
  });

  it('are read from a folder in the order of names, folders in it included', () => {
    const loaded = loadFrom({
      'hosts.yml': 'web: {hosts: h.example.com}',
      'group_vars/web/a.yml': 'x: a\na: 1',
      'group_vars/web/b/c.yml': 'x: c',
      'group_vars/web/d.yaml': 'x: d',
      'group_vars/web/notes.txt': 'x: [',
      'group_vars/web/.e.yml': 'x: [',
      'group_vars/web/f.yml~': 'x: [',
      'host_vars/h.example.com/one': 'y: 1',
    });
    expect(loaded.diagnostics).toEqual([]);
    expect(value(loaded, 'h.example.com')).toBe('d');
    expect(value(loaded, 'h.example.com', 'a')).toBe(1);
    expect(value(loaded, 'h.example.com', 'y')).toBe(1);
    expect(
      loaded
        .candidates('h.example.com')
        .get('x')
        ?.map(({ origin }) => origin),
    ).toEqual(['group_vars/web/a.yml', 'group_vars/web/b/c.yml', 'group_vars/web/d.yaml']);
  });

  it('warn of a file that another one hides', () => {
    const loaded = loadFrom({
      'hosts.yml': 'web: {hosts: h}',
      'group_vars/web/a.yml': 'x: 1',
      'group_vars/web.yml': 'x: 2',
    });
    expect(value(loaded, 'h')).toBe(1);
    expect(codes(loaded)).toEqual(['ignored-file']);
  });

  it('may be empty, and belong to groups without hosts', () => {
    const loaded = loadFrom({
      'hosts.yml': 'web: {hosts: h}\nnone:',
      'group_vars/web.yml': '# later\n',
      'group_vars/none.yml': 'x: [',
    });
    expect(loaded.diagnostics).toEqual([]);
  });

  it('are read once where the playbook lies beside the inventory', () => {
    const loaded = loadFrom({ 'hosts.yml': 'web: {hosts: h}', 'group_vars/web.yml': 'x: 1' }, { playbookFolder: '.' });
    expect(loaded.candidates('h').get('x')).toHaveLength(1);
  });

  it('of several inventories follow the order of -i', () => {
    const files = {
      'a/hosts.yml': 'web: {hosts: h}',
      'a/group_vars/web.yml': 'x: a',
      'b/hosts.yml': 'web: {hosts: h}',
      'b/group_vars/all.yml': 'x: all of b',
    };
    expect(value(loadFrom(files, { sources: ['a/hosts.yml', 'b/hosts.yml'] }), 'h')).toBe('a');
    const both = { ...files, 'b/group_vars/web.yml': 'x: b' };
    expect(value(loadFrom(both, { sources: ['a/hosts.yml', 'b/hosts.yml'] }), 'h')).toBe('b');
    expect(value(loadFrom(both, { sources: ['b/hosts.yml', 'a/hosts.yml'] }), 'h')).toBe('a');
  });
});
