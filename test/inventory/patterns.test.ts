import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatcher } from '../../src/inventory/glob.ts';
import { matchHosts } from '../../src/inventory/patterns.ts';
import { folderWith, load } from './folder.ts';

const inventory = load(`
all:
  hosts:
    lone.example.com:
  children:
    kvm:
      children:
        rack_a: {hosts: {"kvm[01:03]": }}
        rack_b: {hosts: {"kvm[04:05]": }}
    brokers: {hosts: {b1: , b2: , kvm01: }}
    empty:
`);
const hosts = (pattern: string, limit?: string): readonly string[] => {
  const match = matchHosts(inventory, pattern, limit);
  expect(match.diagnostics).toEqual([]);
  return match.hosts;
};
const kvm = ['kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm05'];

describe('matchHosts', () => {
  // Level by level below `all`, as Ansible walks the groups: the hosts of brokers before those of the racks.
  it.each([
    ['all', ['lone.example.com', 'b1', 'b2', 'kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm05']],
    ['kvm', kvm],
    ['kvm:brokers', [...kvm, 'b1', 'b2']],
    ['brokers,kvm', ['b1', 'b2', 'kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm05']],
    ['kvm, brokers', [...kvm, 'b1', 'b2']],
    ['kvm:&brokers', ['kvm01']],
    ['kvm:!brokers', kvm.slice(1)],
    ['!brokers:kvm', kvm.slice(1)],
    ['kvm:brokers:&rack_a:!kvm01', ['kvm02', 'kvm03']],
    ['!kvm', ['lone.example.com', 'b1', 'b2']],
    ['&rack_b', ['kvm04', 'kvm05']],
    ['kvm03', ['kvm03']],
    ['kvm03:kvm01:kvm03', ['kvm03', 'kvm01']],
    ['kvm0?', kvm],
    ['rack*', kvm],
    ['*.example.com', ['lone.example.com']],
    ['lone.example.com', ['lone.example.com']],
    ['b[!1]', ['b2']],
    ['ungrouped', ['lone.example.com']],
    ['kvm:empty', kvm],
    ['kvm[0]', ['kvm01']],
    ['kvm[-1]', ['kvm05']],
    ['kvm[-2]', ['kvm04']],
    ['kvm[1:3]', ['kvm02', 'kvm03', 'kvm04']],
    ['kvm[3:]', ['kvm04', 'kvm05']],
    ['kvm[0:0]', ['kvm01']],
    ['kvm[3:99]', ['kvm04', 'kvm05']],
    ['rack*[0]', ['kvm01']],
    ['kvm[0]:brokers[1]', ['kvm01', 'b2']],
    ['kvm:!rack_a[0]', kvm.slice(1)],
    ['~kvm0[12]', ['kvm01', 'kvm02']],
    ['~(b|lone)', ['b1', 'b2', 'kvm01', 'lone.example.com']],
    ['~b1$', ['b1']],
    ['~kvm05\\Z', ['kvm05']],
    ['~(?i)KVM0[45]', ['kvm04', 'kvm05']],
    ['~(?P<letter>b)\\d', ['b1', 'b2']],
    ['~[]l]one,', ['lone.example.com']],
    ['~lone\\.example\\.com', ['lone.example.com']],
  ])('%s', (pattern, expected) => {
    expect(hosts(pattern)).toEqual(expected);
  });

  it.each([
    ['all', 'kvm:!kvm01', kvm.slice(1)],
    ['brokers', 'kvm01,b2', ['b2', 'kvm01']],
    ['brokers', 'kvm[0]', ['kvm01']],
    ['brokers', 'rack_b', []],
    ['kvm', '!rack_a', ['kvm04', 'kvm05']],
  ])('%s limited to %s', (pattern, limit, expected) => {
    expect(hosts(pattern, limit)).toEqual(expected);
  });

  it.each([
    ['kmv', 'unknown-host', 'did you mean kvm?'],
    ['kvm:brokes', 'unknown-host', 'did you mean brokers?'],
    ['kvm:!rack_c', 'unknown-host', 'did you mean rack_a?'],
    ['kvm:&brokrs', 'unknown-host', 'did you mean brokers?'],
    ['zzz*', 'unknown-host', undefined],
    ['~zzz', 'unknown-host', undefined],
    ['empty', 'no-hosts', expect.stringContaining('--graph')],
    ['kvm:!kvm', 'no-hosts', expect.any(String)],
    ['kvm[9]', 'bad-subscript', undefined],
    ['kvm0[1:3]', 'unknown-host', 'did you mean kvm?'],
    ['~(', 'bad-pattern', undefined],
    ['~(?>kvm)', 'bad-pattern', undefined],
    ['~(?x) kvm', 'bad-pattern', undefined],
    ['~kvm++', 'bad-pattern', undefined],
    ['~\\kvm', 'bad-pattern', undefined],
    ['~[kvm,', 'bad-pattern', undefined],
    ['', 'bad-pattern', expect.stringContaining('all')],
    [' , ', 'bad-pattern', expect.stringContaining('all')],
    ['!', 'unknown-host', undefined],
  ])('%s is an error: %s', (pattern, code, hint) => {
    const [diagnostic, ...others] = matchHosts(inventory, pattern).diagnostics;
    expect(others).toEqual([]);
    expect(diagnostic).toMatchObject({ code, severity: 'error' });
    expect(diagnostic?.hint).toEqual(hint);
  });

  it('finds all errors of a pattern and its limit', () => {
    expect(matchHosts(inventory, 'kmv:brokes', 'nosuch').diagnostics).toHaveLength(3);
  });

  it('reads the patterns on the lines of a file', () => {
    const folder = folderWith({ failed: 'kvm03\n\n  b2  \nkvm01\r\n', kept: 'kvm\n!kvm02\n&rack_a\n', none: '\n\n' });
    const match = (pattern: string, limit?: string) => matchHosts(inventory, pattern, limit);
    expect(match(`@${folder}/failed`).hosts).toEqual(['kvm03', 'b2', 'kvm01']);
    expect(match('kvm', `@${folder}/failed`)).toEqual({ hosts: ['kvm01', 'kvm03'], diagnostics: [] });
    expect(match('all', `@${folder}/kept`).hosts).toEqual(['kvm01', 'kvm03']);
    expect(match('all', `@${folder}/failed:kvm05`).hosts).toEqual(['b2', 'kvm01', 'kvm03', 'kvm05']);
    // Ansible takes a file without names, as an empty list of failed hosts, for every host.
    expect(match('kvm', `@${folder}/none`)).toMatchObject({ hosts: [], diagnostics: [{ code: 'bad-pattern' }] });
    expect(match('kvm', `@${folder}/faild`)).toMatchObject({
      hosts: [],
      diagnostics: [{ code: 'missing-file', hint: `did you mean ${folder}/failed?` }],
    });
  });

  it('takes the colons of an IPv6 address for its own, in globs as well', () => {
    const addresses = load('v6: {hosts: {"2001:db8::1": , "2001:db8::2": , "fe80::1": }}');
    expect(matchHosts(addresses, '2001:db8::1').hosts).toEqual(['2001:db8::1']);
    expect(matchHosts(addresses, '2001:db8::*').hosts).toEqual(['2001:db8::1', '2001:db8::2']);
    expect(matchHosts(addresses, 'fe80::1,2001:db8::2').hosts).toEqual(['fe80::1', '2001:db8::2']);
  });

  it('gives no host where an intersection is misspelt', () => {
    expect(matchHosts(inventory, 'kvm:&brokrs').hosts).toEqual([]);
  });

  it('says that an inventory is empty', () => {
    expect(matchHosts(load('web:'), 'all').diagnostics).toMatchObject([
      { code: 'no-hosts', message: 'the inventory has no hosts' },
    ]);
  });

  it('stops an expression that would run for ever', () => {
    const slow = load(`web: {hosts: {${'a'.repeat(60)}b: }}`);
    const start = performance.now();
    expect(matchHosts(slow, '~(a+)+$').diagnostics).toMatchObject([
      { code: 'bad-pattern', message: expect.stringContaining('too long') },
    ]);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('never throws and gives only hosts of the inventory', () => {
    const piece = fc.constantFrom(
      'kvm',
      'b1',
      'all',
      ':',
      ',',
      '&',
      '!',
      '*',
      '?',
      '[',
      ']',
      '0',
      '-1',
      '~',
      '(',
      '.',
      ' ',
      '__proto__',
      'rack_a',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const match = matchHosts(inventory, pieces.join(''));
        for (const host of match.hosts) expect(inventory.hosts.has(host)).toBe(true);
        expect(new Set(match.hosts).size).toBe(match.hosts.length);
        if (match.hosts.length === 0) expect(match.diagnostics).not.toEqual([]);
      }),
    );
  });

  it('obeys the algebra of sets', () => {
    const name = fc.constantFrom('kvm', 'brokers', 'rack_a', 'rack_b', 'all', 'kvm01', 'b2');
    fc.assert(
      fc.property(name, name, (left, right) => {
        const [a, b] = [hosts(left), new Set(hosts(right))];
        expect(matchHosts(inventory, `${left}:&${right}`).hosts).toEqual(a.filter((host) => b.has(host)));
        expect(matchHosts(inventory, `${left}:!${right}`).hosts).toEqual(a.filter((host) => !b.has(host)));
        expect(new Set(hosts(`${left}:${right}`))).toEqual(new Set([...a, ...b]));
      }),
    );
  });
});

describe('globMatcher', () => {
  it.each([
    ['*', '', true],
    ['a*', 'abc', true],
    ['*c', 'abc', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[abc]', 'b', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]', 'b', false],
    ['[!a-c]', 'd', true],
    ['[]]', ']', true],
    ['[!]]', 'a', true],
    ['[!]', '[!]', true],
    ['[', '[', true],
    ['a.c', 'abc', false],
    ['A', 'a', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'ba', false],
    ['a/b*', 'a/b/c', true],
  ])('%s on %s: %s', (glob, name, matches) => {
    expect(globMatcher(glob)(name)).toBe(matches);
  });

  it('takes no time for a glob that would make a regular expression explode', () => {
    const start = performance.now();
    expect(globMatcher('*a'.repeat(50))(`${'a'.repeat(5000)}b`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('agrees with the regular expression of the same meaning', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(glob, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`);
        expect(globMatcher(pattern)(name)).toBe(expression.test(name));
      }),
    );
  });
});
