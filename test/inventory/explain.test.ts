import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/diagnostics.ts';
import { explainHost } from '../../src/inventory/explain.ts';
import type { LoadedInventory } from '../../src/inventory/load.ts';
import type { Variable } from '../../src/inventory/types.ts';
import { loadFrom } from './folder.ts';

const files = {
  'hosts.yml': `all:
  vars: {governor: powersave, ntp: pool}
  children:
    kvm:
      hosts:
        kvm01: {governor: performance, ansible_password: hunter2}
        kvm02:
      vars:
        governor: ondemand
        disks: [{name: sda, options: [noatime, nodiratime]}, {name: nvme0n1, options: [noatime, discard]}]
`,
  'group_vars/kvm.yml': 'ntp: ["a", "b"]\n',
  'group_vars/all': 'ansible_password: swordfish\n',
};

/** As from the folder of the inventory. */
const explain = (host: string, variable?: string): string => {
  const loaded = loadFrom(files);
  const folder = loaded.inventory.sources[0]!.replace(/hosts\.yml$/, '');
  const fromFolder = (given: Variable): Variable => ({
    ...given,
    position: { ...given.position, file: given.position.file.replace(folder, '') },
  });
  const candidates: LoadedInventory['candidates'] = (name) =>
    new Map([...loaded.candidates(name)].map(([key, values]) => [key, values.map(fromFolder)]));
  return explainHost({ inventory: loaded.inventory, candidates }, host, variable);
};

describe('explainHost', () => {
  it('shows every value of a variable with its place, the winner first', () => {
    expect(explain('kvm01', 'governor')).toBe(`governor
  "performance"  hosts.yml:6  host
  "ondemand"     hosts.yml:9  group kvm
  "powersave"    hosts.yml:2  group all`);
    expect(explain('kvm02', 'ntp')).toBe(`ntp
  ["a", "b"]  group_vars/kvm.yml:1
  "pool"      hosts.yml:2  group all`);
  });

  it('shows all variables by name', () => {
    const names = explain('kvm01')
      .split('\n')
      .filter((line) => !line.startsWith(' '));
    expect(names).toEqual(['ansible_password', 'disks', 'governor', 'ntp']);
  });

  it('masks passwords, also those that lost', () => {
    const text = explain('kvm01', 'ansible_password');
    expect(text.match(/\*{8}/g)).toHaveLength(2);
    expect(explain('kvm01')).not.toMatch(/hunter2|swordfish/);
  });

  it('puts the place below a value that leaves no room beside it, within 80 columns', () => {
    const text = explain('kvm02', 'disks');
    expect(text).toContain('\n  [\n      {\n          "name": "sda",');
    expect(text).toMatch(/\n {2}\]\n {4}hosts\.yml:10 {2}group kvm$/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('tells the winner that --list prints', () => {
    const loaded = loadFrom(files);
    for (const { name, variables } of loaded.inventory.hosts.values())
      for (const [variable, winner] of variables) expect(loaded.candidates(name).get(variable)?.at(-1)).toBe(winner);
  });

  it('says so where there is nothing', () => {
    const loaded = loadFrom({ 'hosts.yml': 'g: {hosts: {h: }}' });
    expect(explainHost(loaded, 'h')).toBe('h has no variables');
  });

  it.each([
    ['kvm1', undefined, 'unknown-host', 'did you mean kvm01?'],
    ['kvm01', 'govenor', 'undefined-variable', 'did you mean governor?'],
    ['kvm01', 'qqqqqq', 'undefined-variable', undefined],
  ])('%s %s: %s', (host, variable, code, hint) => {
    try {
      explain(host, variable);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      const [diagnostic] = (error as InputError).diagnostics;
      expect(diagnostic).toMatchObject({ code });
      expect(diagnostic?.hint).toBe(hint);
    }
  });
});
