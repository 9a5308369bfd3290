import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scalar } from '../../src/contract/codecs.ts';

const same = (left: string, right: string): boolean => scalar.equal!(left, right);

describe('the value of an attribute', () => {
  it.each([
    ['performance\n', 'performance'],
    ['[none] mq-deadline kyber\n', 'none'],
    ['always defer defer+madvise [madvise] never\n', 'madvise'],
    ['[default] performance powersave \n', 'default'],
    ['none voluntary (full)\n', 'full'],
    ['[mq-deadline]\n', 'mq-deadline'],
    ['4096\t131072  6291456\n', '4096 131072 6291456'],
    ['write back\n', 'write back'],
    ['[a] [b] c\n', '[a] [b] c'],
    ['', ''],
  ])('of %j is %j', (raw, value) => expect(scalar.decode(raw)).toBe(value));

  it.each([
    ['Y', '1'],
    ['Y', 'on'],
    ['N', '0'],
    ['N', 'off'],
    ['n', 'N'],
    ['0x0007', '7'],
    ['16', '0x10'],
    ['00000000,0000ff00', 'ff00'],
    ['0f', 'F'],
    ['00', '0'],
    ['00000000,00000000', '0'],
    ['-1', '-1'],
  ])('%j and %j are one', (left, right) => {
    expect(same(left, right)).toBe(true);
    expect(same(right, left)).toBe(true);
  });

  it.each([
    ['Y', '0'],
    ['Y', '2'],
    ['on', '1'],
    ['auto', 'on'],
    ['10', '0x10'],
    ['0000ffff,00000000', 'ffff'],
    ['1,2', '12'],
    ['-1', '1'],
    ['', '0'],
    ['never', 'madvise'],
  ])('%j and %j are two', (left, right) => {
    expect(same(left, right)).toBe(false);
    expect(same(right, left)).toBe(false);
  });

  it('is equal to itself and in both directions, whatever it is', () => {
    const word = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fxYNn,]{0,12}$/));
    fc.assert(fc.property(word, (value) => same(value, value)));
    fc.assert(fc.property(word, word, (left, right) => same(left, right) === same(right, left)));
  });
});
