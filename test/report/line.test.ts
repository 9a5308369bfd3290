import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutLine, line, lineWidth, paint, span, wrapLine } from '../../src/report/line.ts';
import { cutText, textWidth } from '../../src/report/width.ts';

describe('textWidth', () => {
  it.each([
    ['kvm01', 5],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['👩‍💻', 2],
    ['█░✗│·→…', 7],
  ])('%s takes %i columns', (text, columns) => expect(textWidth(text)).toBe(columns));
});

describe('cutText', () => {
  it('leaves a fitting text alone and never splits a wide character', () => {
    expect(cutText('abc', 3)).toBe('abc');
    expect(cutText('abcd', 3)).toBe('ab…');
    expect(cutText('日本語', 4)).toBe('日…');
    expect(cutText('abc', 0)).toBe('');
  });
});

describe('cutLine', () => {
  it('is never wider than asked', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(40), (texts, columns) => {
        expect(lineWidth(cutLine(line(...texts), columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('ends in an ellipsis where something was left out, also at the edge of a span', () => {
    expect(paint(cutLine(line('abc', 'def'), 3), false)).toBe('ab…');
  });
});

describe('wrapLine', () => {
  it('breaks at spaces, indents and keeps every word', () => {
    const wrapped = wrapLine(line('site.yml:8  governor', ' kvm01 kvm02 kvm03'), 20, 4);
    expect(wrapped.map((part) => paint(part, false).trimEnd())).toEqual([
      'site.yml:8  governor',
      '    kvm01 kvm02',
      '    kvm03',
    ]);
  });

  it('keeps a word that is too long whole', () => {
    expect(wrapLine(line('a bbbbbbbbbb'), 5, 2).map((part) => paint(part, false).trim())).toEqual(['a', 'bbbbbbbbbb']);
  });
});

describe('paint', () => {
  it('colours only where wanted, and foreign text cannot', () => {
    const text = line(span('bad\u001b[32m', 'bad'));
    expect(paint(text, false)).toBe('bad');
    expect(paint(text, true)).toBe('\u001b[31mbad\u001b[0m');
  });
});
