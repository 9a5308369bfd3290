import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inventory, type InventoryCommandOptions } from '../../src/commands/inventory.ts';
import { InputError } from '../../src/diagnostics.ts';
import { createFolder } from './fixture.ts';
import { createMask } from '../../src/report/mask.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-inventory-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(path.join(folder, 'group_vars'));
const write = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const hosts = write(
  'hosts',
  `[kvm]
kvm[01:03] governor=performance
[brokers]
b1 ansible_password=hunter2
b2
kvm01
[site:children]
kvm
brokers
[site:vars]
governor=powersave
`,
);
write('group_vars/brokers.yml', 'governor: ondemand\nport: "{{ base }}1"\n');
const failed = write('failed', 'kvm02\nb2\n');

const said = (options: InventoryCommandOptions): string => {
  const lines: string[] = [];
  const talk: string[] = [];
  const code = inventory(
    { inventory: [hosts], ...options },
    { data: (text) => lines.push(text), talk: (text) => talk.push(text), mask: createMask() },
  );
  expect([code, talk]).toEqual([0, []]);
  return lines.join('\n');
};
const refused = (options: InventoryCommandOptions): unknown => {
  try {
    said(options);
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  return expect.unreachable();
};

describe('inventory', () => {
  it('--list prints values as they are written, passwords as a mask', () => {
    const list = JSON.parse(said({ list: true })) as Record<string, object>;
    expect(list['kvm']).toEqual({ hosts: ['kvm01', 'kvm02', 'kvm03'] });
    expect(list['_meta']).toMatchObject({
      hostvars: {
        b1: { ansible_password: '********', governor: 'ondemand', port: '{{ base }}1' },
        kvm01: { governor: 'performance' },
      },
    });
  });

  it('--host prints the variables of one', () => {
    expect(JSON.parse(said({ host: 'b2' }))).toEqual({ governor: 'ondemand', port: '{{ base }}1' });
  });

  it('--graph draws the groups', () => {
    expect(said({ graph: true }).split('\n').slice(0, 6)).toEqual([
      '@all:',
      '  |--@ungrouped:',
      '  |--@site:',
      '  |  |--@kvm:',
      '  |  |  |--kvm01',
      '  |  |  |--kvm02',
    ]);
  });

  it('--list-hosts prints a host a line, in Ansible’s order', () => {
    expect(said({ listHosts: 'brokers:kvm' })).toBe('b1\nb2\nkvm01\nkvm02\nkvm03');
    expect(said({ listHosts: 'site', limit: '!kvm' })).toBe('b1\nb2');
    expect(said({ listHosts: 'site', limit: `@${failed}` })).toBe('kvm02\nb2');
    expect(said({ listHosts: `@${failed}` })).toBe('kvm02\nb2');
  });

  it('--explain shows where the values of a variable come from', () => {
    const [name, ...rest] = said({ explain: ['kvm01', 'governor'] })
      .replaceAll(`${folder}/`, '')
      .split('\n');
    expect(name).toBe('governor');
    expect(
      rest
        .join(' ')
        .trim()
        .split(/\s{2,}/),
    ).toEqual([
      '"performance"',
      'hosts:2',
      'host',
      '"ondemand"',
      'group_vars/brokers.yml:1',
      '"powersave"',
      'hosts:11',
      'group site',
    ]);
    expect(said({ explain: ['b1'] })).toContain('********');
    expect(said({ explain: ['b1'], extraVars: ['governor=slow'] })).toContain('"slow"');
    expect(said({ explain: ['b1'] })).not.toContain('hunter2');
  });

  it('prints no control characters of names', () => {
    const odd = write('odd.yml', '"\\e[31mred\\x9b": {hosts: h}\n');
    const text = said({ inventory: [odd], graph: true });
    expect(text).toContain('@red');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it.each<[InventoryCommandOptions, string]>([
    [{}, 'usage'],
    [{ explain: [] }, 'usage'],
    [{ explain: ['b1', 'governor', 'port'] }, 'usage'],
    [{ explain: ['b3'] }, 'unknown-host'],
    [{ explain: ['b1', 'govenor'] }, 'undefined-variable'],
    [{ host: 'b3' }, 'unknown-host'],
    [{ listHosts: 'brokrs' }, 'unknown-host'],
    [{ listHosts: 'all', limit: 'nobody' }, 'unknown-host'],
    [{ listHosts: 'kvm', limit: 'b2' }, 'no-hosts'],
    [{ listHosts: 'all', limit: '@nowhere' }, 'missing-file'],
    [{ list: true, inventory: [path.join(folder, 'nowhere')] }, 'missing-file'],
  ])('%j is refused: %s', (options, code) => {
    expect(refused(options)).toMatchObject([{ code }]);
  });
});

describe('the program', () => {
  it('loses nothing of a long answer where its reader is slow', async () => {
    const working = createFolder();
    working.write('fleet.yml', 'web: {hosts: {"h[1:20000]": }}\n');
    const line = 'perfplay inventory -i fleet.yml --list-hosts all | { sleep 1; wc -l; }';
    const { stdout } = await working.sh(line);
    working.remove();
    expect(stdout.trim()).toBe('20000');
  });
});
