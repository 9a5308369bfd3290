import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText, isWellFormed, textOfBytes } from '../../src/contract/bytes.ts';

const textOf = (bytes: Uint8Array): string => textOfBytes(Buffer.from(bytes).toString('latin1'));

describe('bytes as text', () => {
  it('are UTF-8 where they are UTF-8', () => {
    for (const text of ['', 'plain', 'Zürich – 東京 😀', '\ufeffmark', 'a\0b'])
      expect(textOf(Buffer.from(text))).toBe(text);
  });

  it('keep each byte that belongs to no character apart', () => {
    expect(textOf(Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xc3]))).toBe('a\udcffé\udcc3');
    // An overlong slash, a surrogate, and what lies beyond Unicode are no characters.
    expect(textOf(Buffer.from([0xc0, 0xaf]))).toBe('\udcc0\udcaf');
    expect(textOf(Buffer.from([0xed, 0xa0, 0x80]))).toBe('\udced\udca0\udc80');
    expect(textOf(Buffer.from([0xf4, 0x90, 0x80, 0x80]))).toBe('\udcf4\udc90\udc80\udc80');
    expect([isWellFormed('é😀'), isWellFormed('\udcff')]).toEqual([true, false]);
  });

  it('come back as they were, whatever they are', () => {
    const pieces = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const bytes = Buffer.concat(parts);
        expect(bytesOfText(textOf(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
