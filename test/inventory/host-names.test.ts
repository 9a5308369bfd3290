import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandHostNames, parseAddress } from '../../src/inventory/host-names.ts';

const names = (entry: string): readonly string[] => {
  const expanded = expandHostNames(entry);
  if ('problem' in expanded) throw new Error(expanded.problem);
  return expanded.names;
};

describe('expandHostNames', () => {
  it.each([
    ['web', ['web']],
    ['web[1:3]', ['web1', 'web2', 'web3']],
    ['web[08:11]', ['web08', 'web09', 'web10', 'web11']],
    ['web[8:11]', ['web8', 'web9', 'web10', 'web11']],
    ['web[1:9:2]', ['web1', 'web3', 'web5', 'web7', 'web9']],
    ['web[1:8:3]', ['web1', 'web4', 'web7']],
    ['web[:2]', ['web0', 'web1', 'web2']],
    ['db-[a:c]', ['db-a', 'db-b', 'db-c']],
    ['db-[y:B]', ['db-y', 'db-z', 'db-A', 'db-B']],
    ['r[1:2]-[a:b].lan', ['r1-a.lan', 'r1-b.lan', 'r2-a.lan', 'r2-b.lan']],
    ['10.0.[0:1].[1:2]', ['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2']],
    ['[5:5]', ['5']],
  ])('expands %s', (entry, expected) => {
    expect(names(entry)).toEqual(expected);
  });

  it.each([
    ['web:2222', ['web'], 2222],
    ['web[1:2]:2222', ['web1', 'web2'], 2222],
    ['[fe80::1]:22', ['fe80::1'], 22],
    ['fe80::1', ['fe80::1'], undefined],
    ['10.0.0.1:22', ['10.0.0.1'], 22],
  ])('takes the port from %s', (entry, expected, port) => {
    expect(expandHostNames(entry)).toEqual({ names: expected, ...(port && { port }) });
  });

  it.each([
    'web[1]',
    'web[1-3]',
    'web[1:2:3:4]',
    'web[3:1]',
    'web[c:a]',
    'web[01:100]',
    'web[a:12]',
    'web[1:3:0]',
    'web[1:',
    'web]1[',
    'web[1:2',
    'web[1:]',
    'web[[1:2]]',
    'two words',
    'a,b',
    '-oProxyCommand=evil',
    'new\nline',
    '',
    'web:0',
    'web:70000',
  ])('refuses %j', (entry) => {
    expect(expandHostNames(entry)).toHaveProperty('problem');
  });

  it('refuses a range of millions without making it', () => {
    for (const entry of ['h[0:999999999]', 'h[0:9999]-[0:9999]', `h[0:${'9'.repeat(400)}]`])
      expect(expandHostNames(entry)).toHaveProperty('problem', expect.stringContaining('more than'));
  });

  it('counts as arithmetic does, in order and padded alike', () => {
    const bound = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(bound, bound, fc.integer({ min: 1, max: 9 }), fc.boolean(), (one, other, step, padded) => {
        const [first, last] = [Math.min(one, other), Math.max(one, other)];
        const pad = (value: number): string => (padded ? String(value).padStart(4, '0') : String(value));
        const expected: string[] = [];
        for (let value = first; value <= last; value += step) expected.push(`h${pad(value)}.x`);
        expect(names(`h[${pad(first)}:${pad(last)}:${step}].x`)).toEqual(expected);
      }),
    );
  });

  it('multiplies several ranges, the leftmost slowest', () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 4 }), (sizes) => {
        const expected = sizes.reduce(
          (made, count) => made.flatMap((name) => Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)),
          ['h'],
        );
        expect(names(`h${sizes.map((count) => `-[1:${count}]`).join('')}`)).toEqual(expected);
      }),
    );
  });

  it('gives names or a problem for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]:ab019-. ,~%'.split('')), maxLength: 24 }), (entry) => {
        const expanded = expandHostNames(entry);
        if ('names' in expanded) for (const name of expanded.names) expect(name).toMatch(/^[^\s,[\]-][^\s,[\]]*$/);
        else expect(expanded.problem).not.toBe('');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseAddress', () => {
  it.each(['web_', '-web', 'a b', 'a:b', 'x..y', 'web*', '~web', 'kvm:brokers', ''])(
    'knows that %j is none',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
  it.each(['web', 'web-1.example.com', '10.0.0.1', '::1', 'web[1:3]', 'größe'])('knows that %s is one', (text) => {
    expect(parseAddress(text)).toEqual({ host: text });
  });
});
