import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadedInventory } from '../../src/inventory/load.ts';
import { codes, loadFrom } from './folder.ts';

const read = (text: string): LoadedInventory => loadFrom({ 'hosts.ini': text }, { sources: ['hosts.ini'] });
/** An inventory that must be free of errors and warnings. */
const load = (text: string): LoadedInventory['inventory'] => {
  const { inventory, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  return inventory;
};
const value = (text: string, host = 'h', name = 'x'): unknown => load(text).hosts.get(host)?.variables.get(name)?.value;

describe('an INI inventory', () => {
  it('has groups, children and variables, and hosts before the first section ungrouped', () => {
    const inventory = load(`
lone
; a comment
# another
[web]
web1
web2
[db]   # the databases
db1 size=3
web1
[site:children]
web
db     # both
[site:vars]
mode = fast
`);
    expect([...inventory.groups.values()]).toEqual([
      { name: 'all', children: ['ungrouped', 'site'], hosts: [] },
      { name: 'ungrouped', children: [], hosts: ['lone'] },
      { name: 'web', children: [], hosts: ['web1', 'web2'] },
      { name: 'db', children: [], hosts: ['db1', 'web1'] },
      { name: 'site', children: ['web', 'db'], hosts: [] },
    ]);
    expect([...inventory.hosts.keys()]).toEqual(['lone', 'web1', 'web2', 'db1']);
    expect(inventory.hosts.get('web1')?.groups).toEqual(['db', 'site', 'web']);
    expect(inventory.hosts.get('db1')?.variables.get('mode')).toMatchObject({ value: 'fast', origin: 'group site' });
    expect(inventory.hosts.get('lone')?.variables.size).toBe(0);
  });

  it('has children before they are declared, in the order of their declaration', () => {
    const inventory = load('[top:children]\nb\na\nmiddle\n[a]\nh1\n[middle:children]\nb\n[b]\nh2\n');
    expect(inventory.groups.get('top')?.children).toEqual(['a', 'middle', 'b']);
    expect(inventory.groups.get('middle')?.children).toEqual(['b']);
    expect(inventory.hosts.get('h2')?.groups).toEqual(['b', 'middle', 'top']);
  });

  it('takes sections of one group together, and hosts of several sections', () => {
    const inventory = load('[a]\nh x=1\n[b]\nh x=2 y=2\n[a]\ni\n[a:vars]\nz=1\n[a:vars]\nz=2\n');
    expect(inventory.groups.get('a')?.hosts).toEqual(['h', 'i']);
    const variables = [...inventory.hosts.get('h')!.variables].map(([name, variable]) => [name, variable.value]);
    expect(Object.fromEntries(variables)).toEqual({ x: 2, y: 2, z: 2 });
  });

  it('gives all and ungrouped variables, declared or not', () => {
    expect(value('h\n[all:vars]\nx=1\n')).toBe(1);
    expect(value('h\n[ungrouped:vars]\nx=1\n')).toBe(1);
    expect(value('[web]\nh\n[ungrouped:vars]\nx=1\n[all:vars]\nx=2')).toBe(2);
  });

  it('takes the priority of a group from its variables, as a number or as text', () => {
    for (const priority of ['10', '"10"'])
      expect(value(`[a]\nh\n[b]\nh\n[a:vars]\nx=a\nansible_group_priority=${priority}\n[b:vars]\nx=b`)).toBe('a');
    expect(codes(read('[a]\n[a:vars]\nansible_group_priority = high'))).toEqual(['wrong-type 3:26']);
  });

  it.each([
    ['db[01:03]', ['db01', 'db02', 'db03']],
    ['[1:2].lan x=1', ['1.lan', '2.lan']],
    ['r[1:2]-[a:b]', ['r1-a', 'r1-b', 'r2-a', 'r2-b']],
    ['n[1:9:4]', ['n1', 'n5', 'n9']],
    ['"quoted"', ['quoted']],
    ['fe80::1', ['fe80::1']],
    ['größe', ['größe']],
  ])('names hosts by %s', (line, names) => {
    expect([...load(`[g]\n${line}\n`).hosts.keys()]).toEqual(names);
  });

  it.each([
    ['h:2222', 'h', 2222],
    ['h[1:2]:2222 x=1', 'h2', 2222],
    ['[fe80::1]:22', 'fe80::1', 22],
    ['h:1 ansible_port=2', 'h', 2],
  ])('takes the port from %s', (line, host, port) => {
    expect(load(line).hosts.get(host)?.connection.port).toBe(port);
  });

  it('keeps the port of the first line of a host', () => {
    expect(load('[a]\nh:1\n[b]\nh:2').hosts.get('h')?.connection.port).toBe(1);
    expect(load('[a]\nh\n[b]\nh:2').hosts.get('h')?.connection.port).toBeUndefined();
  });

  it('counts lines by what ends them: CRLF, CR, a form feed', () => {
    expect(value('[g]\r\nh x=1\r\n[g:vars]\r\ny=a b\r\n', 'h', 'y')).toBe('a b');
    expect([...load('[g]\rh1\rh2\fh3\u2028h4').hosts.keys()]).toEqual(['h1', 'h2', 'h3', 'h4']);
  });

  it('may be empty', () => {
    for (const text of ['', '\n\n', '# nothing\n; yet\n']) expect(load(text).hosts.size).toBe(0);
    expect(load('[web]\n[web:vars]\n[site:children]\nweb').groups.get('web')).toMatchObject({ hosts: [] });
  });

  it('merges with other sources, whose groups it knows', () => {
    const { inventory, diagnostics } = loadFrom(
      { 'a.ini': '[web]\nh x=1\n', 'b.ini': '[web:vars]\ny=2\n[top:children]\nweb\n' },
      { sources: ['a.ini', 'b.ini'] },
    );
    expect(diagnostics).toEqual([]);
    expect(inventory.hosts.get('h')?.groups).toEqual(['top', 'web']);
    expect(inventory.hosts.get('h')?.variables.get('y')?.value).toBe(2);
  });
});

describe('values of an INI inventory', () => {
  it.each([
    // Behind a host a shell's quoting comes first, then Python's literals.
    ['x=1', 1],
    ['x=1.50', 1.5],
    ['x=0777', '0777'],
    ['x=10.0.0.1', '10.0.0.1'],
    ['x=True', true],
    ['x=true', 'true'],
    ['x=yes', 'yes'],
    ['x=None', null],
    ['x=', ''],
    ['x=""', ''],
    ['x=a=b', 'a=b'],
    ['x="a b"', 'a b'],
    ['x=a" "b', 'a b'],
    ["'x=a b'", 'a b'],
    ['x=a\\ b', 'a b'],
    ['x="a\\"b\\n"', 'a"b\\n'],
    ['x="1"', 1],
    [`x="'1'"`, '1'],
    ['x=[1,2]', [1, 2]],
    [`x="[1, 'a b']"`, [1, 'a b']],
    [`x="{'a': {'b': None}}"`, { a: { b: null } }],
    ["x={'a':1}", '{a:1}'],
    ['x=1,2', [1, 2]],
    ['x=a,b', 'a,b'],
    ['x=a#b', 'a'],
    ['x=1 # one', 1],
    ['x="a # b"', 'a # b'],
    ['x="1 # b"', 1],
    ['x=C:\\\\temp', 'C:\\temp'],
    ['x="-o A=b -o C=d"', '-o A=b -o C=d'],
    ['x="{{ y }}"', '{{ y }}'],
    ['x=ü', 'ü'],
  ])('h %s', (assignment, expected) => {
    expect(value(`[g]\nh ${assignment}\n`)).toEqual(expected);
  });

  it.each([
    // Under :vars the value goes to the end of the line, without a shell's quoting.
    ['1', 1],
    ['  a b  ', 'a b'],
    ['"a b"', 'a b'],
    ["'1'", '1'],
    ['"', '"'],
    ["it's", "it's"],
    ['a # b', 'a # b'],
    ['1 # one', 1],
    ["'a' # b", 'a'],
    ['#x', '#x'],
    ['', ''],
    ['a = b', 'a = b'],
    ['022', '022'],
    ['1_000', 1000],
    ["{'a': 1}", { a: 1 }],
    ['{"a": true}', '{"a": true}'],
    ['C:\\temp', 'C:\\temp'],
    ['"\\x41\\t"', 'A\t'],
    ['{{ y }} and {{ z }}', '{{ y }} and {{ z }}'],
    ['-o "A b"', '-o "A b"'],
  ])('x = %s', (source, expected) => {
    expect(value(`[g]\nh\n[g:vars]\nx =${source}\n`)).toEqual(expected);
  });

  it('stand where they were written', () => {
    const { variables } = load('[g]\nh[1:2]  a=1 bb="x y"  c=\n[g:vars]\nd =  2\n').hosts.get('h1')!;
    const position = (name: string) => variables.get(name)?.position;
    expect(position('a')).toMatchObject({ line: 2, column: 11, length: 1 });
    expect(position('bb')).toMatchObject({ line: 2, column: 16, length: 5 });
    expect(position('c')).toMatchObject({ line: 2, column: 23, length: 2 });
    expect(position('d')).toMatchObject({ line: 4, column: 6, length: 1 });
    expect(variables.get('a')?.origin).toBe('host');
  });

  it('come back as they were written down', () => {
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary' }),
        fc.integer(),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z ]{1,4}$/), tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (wanted) => {
        // JSON without its three words is also Python.
        const literal = JSON.stringify(wanted).replaceAll(/[\x7f-\uffff]/g, (character) => {
          return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
        });
        expect(value(`h\n[all:vars]\nx=${literal}\n`)).toEqual(wanted);
        expect(value(`h x='${literal.replaceAll("'", `'"'"'`)}'\n`)).toEqual(wanted);
      }),
    );
  });
});

describe('errors of an INI inventory', () => {
  it.each([
    ['[web:childs]\nx y z', 'unknown-section 1:6', 'did you mean [web:children]?'],
    ['[web:var]\nx=1', 'unknown-section 1:6', 'did you mean [web:vars]?'],
    ['[web:x]', 'unknown-section 1:6', 'a section holds hosts, children or vars'],
    ['[ web ]\nx y', 'ini-syntax 1:1', expect.stringContaining('without blanks')],
    ['[web] ; servers\nh', 'ini-syntax 1:1', expect.stringContaining('#')],
    ['[top:children]\n  wbe\n[web]\nh', 'unknown-group 2:3', 'did you mean web?'],
    ['[top:children]\nq', 'unknown-group 2:1', 'declare it: [q]'],
    ['[wbe:vars]\nx=1\n[web]\nh', 'unknown-group 1:2', 'did you mean web?'],
    ['[web]\n[web:children]\na x=1', 'ini-syntax 3:1', 'variables stand under [web:vars]'],
    ['[web]\n[web:children]\nall', 'group-cycle 3:1', undefined],
    ['[web:children]\nweb', 'group-cycle 2:1', undefined],
    ['[web:children]\nungrouped', 'misplaced-ungrouped 2:1', expect.any(String)],
    ['[ungrouped:children]\nweb\n[web]', 'misplaced-ungrouped 2:1', expect.any(String)],
    ['h x', 'ini-syntax 1:3', expect.stringContaining('key=value')],
    ['h x=a b c', 'ini-syntax 1:7', expect.stringContaining('quotes')],
    ['h x=1 ; one', 'ini-syntax 1:7', 'behind a host a comment begins with #'],
    ['x = 1', 'ini-syntax 1:3', expect.stringContaining('[group:vars]')],
    [`h x=it's`, 'ini-syntax 1:7', expect.stringContaining("it\\'s")],
    ['h x=1\\', 'ini-syntax 1:6', expect.any(String)],
    ['h a=1 a=2', 'duplicate-key 1:7', 'leave one of them out'],
    ['[g]\n[g:vars]\nb=1\n b =2', 'duplicate-key 4:2', 'leave one of them out'],
    ['[g]\n[g:vars]\nb: 1', 'ini-syntax 3:1', undefined],
    ['[g]\n[g:vars]\n= 1', 'ini-syntax 3:1', undefined],
    ['h __proto__=1', 'reserved-key 1:13', 'choose another name'],
    [`h x="{'__proto__': 1}"`, 'bad-value 1:5', `as text it is written "'…'"`],
    ['h x={1,2}', 'bad-value 1:5', `as text it is written "'…'"`],
    ['[g]\n[g:vars]\nx={[1]: 2}', 'bad-value 3:3', `as text it is written '…'`],
    ['h[3:1]', 'bad-host-name 1:1', undefined],
    ['web:', 'bad-host-name 1:1', expect.stringContaining('YAML')],
    ['---', 'bad-host-name 1:1', undefined],
    ['- web', 'bad-host-name 1:1', undefined],
  ])('%j', (text, code, hint) => {
    const loaded = read(text);
    expect(codes(loaded)).toEqual([code]);
    expect(loaded.diagnostics[0]?.hint).toEqual(hint);
  });

  it('are found all at once, one a line', () => {
    const loaded = read('h a b c\n[web:childs]\nx y z\n[top:children]\nwbe\n[web]\nk = v\nh2 x={1}\n');
    expect(codes(loaded)).toEqual([
      'ini-syntax 1:3',
      'unknown-section 2:6',
      'ini-syntax 7:3',
      'bad-value 8:6',
      'unknown-group 5:1',
    ]);
  });

  it('are the only answer to any text: nothing throws, and no prototype is reached', () => {
    const pieces = ['[', ']', ':', 'web', 'children', 'vars', '=', '"', "'", '\\', '#', ';', ' ', '\n', '\n', '{', '}'];
    const text = fc.array(fc.oneof(fc.constantFrom(...pieces, '__proto__', 'h', '1', ',', '\t'), fc.string()));
    fc.assert(
      fc.property(text, (words) => {
        const { diagnostics } = read(words.join(''));
        for (const { code, position } of diagnostics) {
          expect(code).toMatch(/^[a-z-]+$/);
          expect(position?.line).toBeGreaterThanOrEqual(1);
        }
      }),
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    'h ansible_password=hunter2 open sesame',
    'h x ansible_become_pass=hunter2',
    "h ansible_ssh_pass=hunter2's",
    'h "ansible_password=hunter2" ansible_password=1',
    '[g]\n[g:vars]\nansible_password = {hunter2: 1}\nansible_password = hunter2',
    `h "ansible_password={'hunter2'}"`,
    '[g]\n[g:children]\ng2 ansible_password=hunter2',
  ])('show no line with a secret: %j', (text) => {
    const { diagnostics } = read(text);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).not.toHaveProperty('position');
    expect(diagnostics[0]?.message).toMatch(/hosts\.ini:[0-9]+\)$/);
    expect(JSON.stringify(diagnostics)).not.toMatch(/hunter2|sesame/);
  });

  it('stop at a line that no person wrote', () => {
    expect(codes(read(`h x=${'a'.repeat(1_000_001)}\nok`))).toEqual(['ini-syntax 1:1']);
  });
});
