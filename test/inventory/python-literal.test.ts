import { describe, expect, it } from 'vitest';
import { parseLiteral } from '../../src/inventory/formats/python-literal.ts';

const value = (text: string): unknown => {
  const literal = parseLiteral(text);
  return literal && ('value' in literal ? literal.value : literal);
};

describe('parseLiteral', () => {
  it.each([
    ['0', 0],
    ['00', 0],
    ['-0', 0],
    ['- 1', -1],
    ['+7', 7],
    ['1_000', 1000],
    ['0x1F', 31],
    ['0o17', 15],
    ['0B1_1', 3],
    ['.5', 0.5],
    ['1.', 1],
    ['08.5', 8.5],
    ['1e3', 1000],
    ['1E-2', 0.01],
    ['1e400', Number.POSITIVE_INFINITY],
    ['9007199254740993', '9007199254740993'],
    ['-0xffffffffffffffff', '-18446744073709551615'],
  ])('reads the number %s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it.each([
    [`''`, ''],
    [`"it's"`, "it's"],
    [`'''a'b'''`, "a'b"],
    [String.raw`'\'\"\\'`, `'"\\`],
    [String.raw`"\a\b\f\n\r\t\v"`, '\x07\b\f\n\r\t\v'],
    [String.raw`'\101\x41\u0041\U00000041'`, 'AAAA'],
    [String.raw`'\U0001F600'`, '😀'],
    [String.raw`'\d\8'`, String.raw`\d\8`],
    [String.raw`r'\n\''`, String.raw`\n\'`],
    [`u'a'`, 'a'],
    [`'a' "b"r'c'`, 'abc'],
  ])('reads the string %s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it.each([
    ['None', null],
    [' True ', true],
    ['()', []],
    ['(1)', 1],
    ['(1,)', [1]],
    ['1,', [1]],
    ['1, (2, 3)', [1, [2, 3]]],
    ['[1, [], ]', [1, []]],
    ["{'a': [True], 1: {}, None: 2.5,}", { a: [true], 1: {}, null: 2.5 }],
    ['1 # one', 1],
    ["{'a': 1} # map", { a: 1 }],
  ])('reads %s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it.each(
    [
      '',
      ' ',
      '# 1',
      '007',
      '0_7',
      '1__0',
      '1_',
      '0x',
      '0b2',
      '1.2.3',
      '1 2',
      '--1',
      '-True',
      '1+1',
      '1j',
      '...',
      'true',
      'nan',
      'Nones',
      'a',
      '[a]',
      '[1',
      '[1 2]',
      '[,]',
      '(,)',
      '{,}',
      "{'a'}:",
      "{'a': 1",
      "{'a' 1}",
      "{'a': 1, 'b'}",
      '{**{}}',
      '[1 # ]',
      "'a",
      `'a"`,
      `'''a'`,
      String.raw`'\x4'`,
      String.raw`'\u12'`,
      String.raw`'\U00110000'`,
      `f'a'`,
      `ur'a'`,
      '{{ x }}',
      'len([])',
      '9'.repeat(4301),
      `${'['.repeat(201)}${']'.repeat(201)}`,
      '{'.repeat(100_000),
    ].map((text) => [text]),
  )('leaves %s as it is', (text) => {
    expect(value(text)).toBeUndefined();
  });

  it.each([
    ['{1, 2}', 'a set'],
    [`{{ 'a' }}`, 'a set'],
    [`b'a'`, 'bytes'],
    [`[rb'a']`, 'bytes'],
    ['{[1]: 2}', 'the key'],
    ["{'a': 1, 'a': 2}", 'twice'],
    ["{'__proto__': 1}", 'cannot be a key'],
    [String.raw`'\N{BULLET}'`, String.raw`\N{BULLET}`],
  ])('says what is wrong with %s', (text, words) => {
    expect(parseLiteral(text)).toEqual({ problem: expect.stringContaining(words) });
  });

  it('builds maps that have no prototype', () => {
    expect(Object.getPrototypeOf(value("{'toString': 1}"))).toBeNull();
  });
});
