import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/diagnostics.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { variableWarnings } from '../../src/inventory/variables.ts';
import { createSources } from '../../src/yaml/files.ts';
import { codes, folderWith, load, loadFrom } from './folder.ts';

describe('a YAML inventory', () => {
  it('has its hosts in the order of their first appearance and the implicit groups', () => {
    const inventory = load(`
all:
  hosts:
    lone:
  children:
    kvm:
      hosts:
        kvm[01:02]:
    brokers:
      hosts:
        b1:
        kvm01:
`);
    expect([...inventory.hosts.keys()]).toEqual(['lone', 'kvm01', 'kvm02', 'b1']);
    expect([...inventory.groups.values()]).toEqual([
      { name: 'all', children: ['ungrouped', 'kvm', 'brokers'], hosts: ['lone'] },
      { name: 'ungrouped', children: [], hosts: ['lone'] },
      { name: 'kvm', children: [], hosts: ['kvm01', 'kvm02'] },
      { name: 'brokers', children: [], hosts: ['b1', 'kvm01'] },
    ]);
    expect(inventory.hosts.get('kvm01')?.groups).toEqual(['brokers', 'kvm']);
    expect(inventory.hosts.get('lone')?.groups).toEqual([]);
  });

  it('knows the groups above a host, through a diamond', () => {
    const inventory = load(`
top: {children: {left: , right: }}
left: {children: {bottom: }}
right: {children: {bottom: }}
bottom: {hosts: h}
`);
    expect(inventory.hosts.get('h')?.groups).toEqual(['bottom', 'left', 'right', 'top']);
    expect(inventory.groups.get('all')?.children).toEqual(['ungrouped', 'top']);
  });

  it('moves a host out of ungrouped as soon as a group names it', () => {
    const inventory = load('ungrouped: {hosts: {a: , b: }}\nweb: {hosts: {a: }}');
    expect(inventory.groups.get('ungrouped')?.hosts).toEqual(['b']);
  });

  it('keeps where a variable was written', () => {
    const inventory = load('web:\n  hosts:\n    a:\n      size: 0x10\n  vars:\n    mode: fast\n');
    expect(inventory.hosts.get('a')?.variables.get('size')).toMatchObject({
      value: 16,
      origin: 'host',
      position: { line: 4, column: 13, length: 4 },
    });
    expect(inventory.hosts.get('a')?.variables.get('mode')).toMatchObject({ value: 'fast', origin: 'group web' });
  });

  it('warns of scalars that YAML 1.2 reads otherwise only when asked for a variable', () => {
    const { variables } = load('web: {hosts: {a: {umask: 0022, plain: 22}}}').hosts.get('a')!;
    expect(variableWarnings(variables.get('umask')!).map(({ code }) => code)).toEqual(['yaml-1.1']);
    expect(variableWarnings(variables.get('plain')!)).toEqual([]);
  });

  it('finds every mistake of every file at once', () => {
    const loaded = loadFrom(
      {
        'a.yml': 'web:\n  host:\n    a:\n  vars: [1]\n',
        'b.yml': 'db:\n  hosts:\n    - a\n    - b\nkvm:\n  hosts:\n    h[3:1]:\n    x: 12\n',
        'group_vars/web.yml': '- 1\n',
      },
      { sources: ['a.yml', 'b.yml', '-x,ok,'] },
    );
    expect(codes(loaded)).toEqual([
      'unknown-key 2:3',
      'wrong-type 4:9',
      'wrong-type 3:5',
      'bad-host-name 7:5',
      'wrong-type 8:8',
      'bad-host-name 1:1',
    ]);
    expect(loaded.diagnostics[0]).toHaveProperty('hint', 'did you mean hosts?');
  });

  it('refuses cycles, naming the way round, and loads the rest', () => {
    const loaded = loadFrom({
      'hosts.yml': 'a: {children: {b: }}\nb: {children: {c: }}\nc: {children: {a: }, hosts: {h: }}',
    });
    expect(codes(loaded)).toEqual(['group-cycle 3:16']);
    expect(loaded.diagnostics[0]!.message).toContain('a → b → c → a');
    expect(loaded.inventory.hosts.get('h')?.groups).toEqual(['a', 'b', 'c']);
    expect(codes(loadFrom({ 'hosts.yml': 'a: {children: {a: }}' }))).toEqual(['group-cycle 1:16']);
    expect(codes(loadFrom({ 'hosts.yml': 'a: {children: {all: }}' }))).toEqual(['group-cycle 1:16']);
  });

  it('warns of a name that is a host and a group, and refuses a host named all', () => {
    const [web] = loadFrom({ 'hosts.yml': 'web: {hosts: {web: }}' }).diagnostics;
    expect(web).toMatchObject({ code: 'same-name', severity: 'warning', position: { line: 1, column: 15 } });
    expect(loadFrom({ 'hosts.yml': 'web: {hosts: all}' }).diagnostics).toMatchObject([
      { code: 'same-name', severity: 'error' },
    ]);
  });

  it('refuses ungrouped as a child and as a parent, where its hosts would fall out of every group', () => {
    expect(codes(loadFrom({ 'hosts.yml': 'web: {children: {ungrouped: }}' }))).toEqual(['misplaced-ungrouped 1:18']);
    expect(codes(loadFrom({ 'hosts.yml': 'ungrouped: {children: {web: }}' }))).toEqual(['misplaced-ungrouped 1:24']);
    expect(codes(loadFrom({ 'hosts.yml': 'all: {children: {ungrouped: {hosts: a}}}' }))).toEqual([]);
  });

  it('cannot be polluted', () => {
    const loaded = loadFrom(
      {
        'hosts.yml':
          'web: {hosts: {__proto__: {polluted: 1}, constructor: }, vars: {__proto__: {polluted: 1}}}\n__proto__: {hosts: x}',
      },
      { sources: ['hosts.yml', '__proto__,toString,'] },
    );
    expect(new Set(loaded.diagnostics.map(({ code }) => code))).toEqual(new Set(['reserved-key']));
    expect([...loaded.inventory.hosts.keys()]).toEqual(['__proto__', 'toString']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('does not leave its folders for a host with a path as its name', () => {
    const loaded = loadFrom(
      { 'inv/hosts.yml': 'web: {hosts: {../../secret: }}', 'secret.yml': 'leaked: 1', 'inv/host_vars/x': '' },
      { sources: ['inv/hosts.yml'] },
    );
    expect(loaded.inventory.hosts.get('../../secret')?.variables.size).toBe(0);
  });
});

describe('sources', () => {
  it('merges several in order, the later one winning', () => {
    const { inventory } = loadFrom(
      { 'a.yml': 'web: {hosts: {h: {x: 1}}, vars: {y: 1}}', 'b.yml': 'web: {hosts: {h: {x: 2}, i: }, vars: {y: 2}}' },
      { sources: ['a.yml', 'b.yml'] },
    );
    expect(inventory.hosts.get('h')?.variables.get('x')?.value).toBe(2);
    expect(inventory.hosts.get('i')?.variables.get('y')?.value).toBe(2);
  });

  it('reads a folder in the order of names and leaves out what is no inventory', () => {
    const loaded = loadFrom(
      {
        'inv/20.yml': 'b: {hosts: {h2: {x: late}}}',
        'inv/10.yaml': 'a: {hosts: {h1: , h2: {x: early}}}',
        'inv/sub/30': 'c:\n  hosts: h3\n',
        'inv/README.md': '# text',
        'inv/.hidden.yml': 'x: [',
        'inv/old.yml~': 'x: [',
        'inv/old.ini': '[x]',
        'inv/group_vars/all.yml': 'everywhere: true',
      },
      { sources: ['inv'] },
    );
    expect(loaded.diagnostics).toEqual([]);
    expect([...loaded.inventory.hosts.keys()]).toEqual(['h1', 'h2', 'h3']);
    expect(loaded.inventory.hosts.get('h2')?.variables.get('x')?.value).toBe('late');
    expect(loaded.inventory.hosts.get('h3')?.variables.get('everywhere')?.value).toBe(true);
  });

  it('reads a list of hosts', () => {
    const { inventory, diagnostics } = loadFrom({}, { sources: ['web1, web2:2222,'] });
    expect(diagnostics).toEqual([]);
    expect([...inventory.hosts.values()].map(({ connection }) => connection)).toEqual([
      { connection: 'ssh', address: 'web1', sshArguments: [] },
      { connection: 'ssh', address: 'web2', port: 2222, sshArguments: [] },
    ]);
  });

  it('says what to write for a missing file and for a lone host', () => {
    const folder = folderWith({ 'staging.yml': '' });
    const miss = (source: string) => loadInventory({ sources: [source], files: createSources() }).diagnostics[0];
    expect(miss(join(folder, 'stagng.yml'))).toMatchObject({
      code: 'missing-file',
      hint: `did you mean ${join(folder, 'staging.yml')}?`,
    });
    expect(miss('db7.example.com')).toMatchObject({
      code: 'missing-file',
      hint: expect.stringContaining('-i db7.example.com,'),
    });
  });

  it.each([
    ['hosts.toml', '[web.hosts]\na = {}\n'],
    ['hosts.yml', 'plugin: aws_ec2\n'],
    ['hosts.yml', '$ANSIBLE_VAULT;1.1;AES256\n6162\n'],
  ])('refuses what is not read: %s %j', (name, text) => {
    expect(codes(loadFrom({ [name]: text }, { sources: [name] }))).toEqual([expect.stringMatching(/^unsupported-/)]);
  });

  it.each([
    ['hosts', 'web:\n  hosts: a\n'],
    ['hosts', '---\n# comment\nall:\n  hosts:\n    a:\n'],
    ['hosts', '# comment\n---\nweb: {hosts: a}'],
    ['hosts', '{"web": {"hosts": {"a": {}}}}'],
    ['hosts', '"web":\n  hosts: a\n'],
    ['hosts', 'my group:\n  hosts: a\n'],
    ['hosts', '\n# comment\n; comment\na ansible_host=10.0.0.1\n'],
    ['hosts', '[web]\na x="b: c"\n'],
    ['hosts', 'a:22\n'],
    ['hosts', `a x='{"b": 1}'\n`],
    ['hosts', 'a # b: c\n'],
    ['hosts.ini', 'a\n'],
    ['hosts.cfg', '[web]\na\n'],
    ['hosts.staging', '[web]\na\n'],
    ['hosts.YML', 'web:\n  hosts: a\n'],
  ])('knows the format of %s by its ending, or else by its first line: %j', (name, text) => {
    const loaded = loadFrom({ [name]: text }, { sources: [name] });
    expect(loaded.diagnostics).toEqual([]);
    expect([...loaded.inventory.hosts.keys()]).toEqual(['a']);
  });

  it('says why a folder is empty', () => {
    const loaded = loadFrom({ 'inv/hosts.ini': '[web]\na\n' }, { sources: ['inv'] });
    expect(codes(loaded)).toEqual(['empty-inventory']);
    expect(loaded.diagnostics[0]?.hint).toMatch(/hosts\.ini is left out/);
  });

  it('does not throw for links that go in a circle', () => {
    const folder = folderWith({ 'inv/hosts.yml': 'web: {hosts: a}' });
    symlinkSync('loop', join(folder, 'inv', 'loop'));
    const loaded = loadInventory({ sources: [join(folder, 'inv')], files: createSources() });
    expect(codes(loaded)).toEqual(['unreadable-file']);
  });
});

describe('connection variables', () => {
  const web = (text: string) => ({
    'hosts.yml': `web:\n  hosts:\n    a:\n    b:\n  vars:\n${text.replaceAll(/^/gm, '    ')}`,
  });

  it('are validated once for all hosts of a group, where they were written', () => {
    expect(codes(loadFrom(web('ansible_port: ssh\nansible_connection: docker')))).toEqual([
      'bad-connection-variable 6:19',
      'unsupported-connection-variable 7:25',
    ]);
  });

  it('warn of a value that readers of YAML take differently; not of booleans, nor of what is secret', () => {
    const loaded = loadFrom(web('ansible_port: 022\nansible_become: yes\nansible_user: "022"\nother: 022'));
    expect(codes(loaded)).toEqual(['yaml-1.1 6:19']);
    const secret = loadFrom(web('ansible_password: 022'));
    expect(codes(secret)).toEqual(['bad-connection-variable']);
  });

  it('are rendered with the host that they are for', () => {
    const { inventory, diagnostics } = loadFrom(
      web('ansible_host: "{{ inventory_hostname }}.mgmt"\nother: "{{ left }}"'),
      {
        render: (value, host) => (value === '{{ inventory_hostname }}.mgmt' ? `${host.name}.mgmt` : null),
      },
    );
    expect(diagnostics).toEqual([]);
    expect(inventory.hosts.get('b')?.connection.address).toBe('b.mgmt');
    expect(inventory.hosts.get('b')?.variables.get('other')?.value).toBe('{{ left }}');
  });

  it('may not hold templates where nothing renders them', () => {
    expect(codes(loadFrom(web('ansible_host: "{{ x }}"')))).toEqual(['unrendered-template 6:19']);
  });

  it('gives the errors of rendering the place of the variable', () => {
    const render = () => {
      throw new InputError([{ code: 'undefined-variable', severity: 'error', message: 'x is undefined' }]);
    };
    expect(codes(loadFrom(web('ansible_host: "{{ x }}"'), { render }))).toEqual(['undefined-variable 6:19']);
  });

  it('never show a secret', () => {
    const { diagnostics } = loadFrom(web('ansible_password: 0123456\nansible_become_pass: [hunter2]'));
    expect(diagnostics).toHaveLength(2);
    for (const diagnostic of diagnostics) {
      expect(diagnostic).not.toHaveProperty('position');
      expect(JSON.stringify(diagnostic)).not.toMatch(/hunter2|0123456|42798/);
      expect(diagnostic.message).toMatch(/hosts\.yml:[67]\)/);
    }
  });

  it('come from -e above all', () => {
    const position = { file: '-e', line: 1, column: 1 };
    const { inventory } = loadFrom(
      { ...web('ansible_user: admin'), 'host_vars/a': 'ansible_user: other' },
      { extraVars: new Map([['ansible_user', { value: 'root', position, origin: '-e' }]]) },
    );
    expect([...inventory.hosts.values()].map(({ connection }) => connection.user)).toEqual(['root', 'root']);
  });

  it('that are misspelt are named once', () => {
    const loaded = loadFrom(
      web('ansible_hots: x\nperfplay_rot: /x\nansible_python_interpreter: /usr/bin/python3\nansible_become_flags: -i'),
    );
    expect(codes(loaded)).toEqual([
      'unknown-connection-variable 6:19',
      'unknown-connection-variable 7:19',
      'unsupported-connection-variable 9:27',
    ]);
    expect(loaded.diagnostics.map(({ severity }) => severity)).toEqual(['warning', 'error', 'error']);
    expect(loaded.diagnostics[0]).toHaveProperty('hint', 'did you mean ansible_host?');
  });
});

it('loads 1,000 hosts in well under a second', () => {
  const groups = Array.from({ length: 40 }, (_, group) => {
    const hosts = Array.from(
      { length: 25 },
      (_, host) => `    h${group}-${host}: {ansible_host: 10.0.${group}.${host}}\n`,
    );
    return `g${group}:\n  vars: {group: ${group}}\n  hosts:\n${hosts.join('')}`;
  });
  const files = { 'hosts.yml': groups.join(''), 'group_vars/all.yml': 'ansible_user: admin\n' };
  const start = performance.now();
  const { inventory } = loadFrom(files);
  expect(inventory.hosts.size).toBe(1000);
  expect(performance.now() - start).toBeLessThan(1000);
});
