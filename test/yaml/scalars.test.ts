import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAmbiguous, resolvePlain } from '../../src/yaml/scalars.ts';

describe('resolvePlain', () => {
  // PyYAML's resolver.py gives the forms, constructor.py the values.
  it.each([
    ['', null],
    ['~', null],
    ['null', null],
    ['NULL', null],
    ['nULL', 'nULL'],
    ['yes', true],
    ['On', true],
    ['TRUE', true],
    ['off', false],
    ['No', false],
    ['FALSE', false],
    ['yEs', 'yEs'],
    ['y', 'y'],
    ['n', 'n'],
    ['0', 0],
    ['-0', 0],
    ['+5', 5],
    ['0644', 0o644],
    ['-010', -8],
    ['08', '08'],
    ['0o17', '0o17'],
    ['0x1F', 31],
    ['-0xff', -255],
    ['0b101', 5],
    ['0x', '0x'],
    ['0b_', '0b_'],
    ['1_000', 1000],
    ['22:22', 22 * 60 + 22],
    ['1:2:3', 3723],
    ['-1:30', -90],
    ['22:60', '22:60'],
    ['0:30', '0:30'],
    ['1:30.5', 90.5],
    ['1.5', 1.5],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', '-.5'],
    ['.', '.'],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', 1500],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['.nan', Number.NaN],
    ['2024-01-31', '2024-01-31'],
    ['10.0.0.1', '10.0.0.1'],
    ['=', '='],
    ['0,5', '0,5'],
  ])('reads %s as %s', (source, value) => {
    expect(resolvePlain(source)).toBe(value);
  });

  it('keeps the digits of integers that a double cannot hold', () => {
    expect(resolvePlain('18446744073692774399')).toBe('18446744073692774399');
    expect(resolvePlain('-0xffffffffffffffff')).toBe('-18446744073709551615');
    expect(resolvePlain('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('never throws and keeps every text that is not a scalar of another type', () => {
    fc.assert(
      fc.property(fc.string(), (source) => {
        const value = resolvePlain(source);
        if (typeof value === 'string') expect(value === source || /^-?[0-9]+$/.test(value)).toBe(true);
      }),
    );
  });

  it('reads every integer that it prints', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => resolvePlain(String(value)) === (value === 0 ? 0 : value)));
  });
});

describe('isAmbiguous', () => {
  it.each(['on', 'Off', 'yes', '0644', '22:22', '1e3', '08', '0b1', '1_000', '0o17', '-.5'])('flags %s', (source) => {
    expect(isAmbiguous(source)).toBe(true);
  });
  it.each(['true', 'False', '12', '-3', '1.5', '~', '', '.nan', 'text', '0x1F', '10.0.0.1', '18446744073692774399'])(
    'accepts %s',
    (source) => {
      expect(isAmbiguous(source)).toBe(false);
    },
  );
});
