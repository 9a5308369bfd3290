import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, safeJson } from '../../src/report/escape.ts';

// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

describe('escapeText', () => {
  it('drops colours, cursor movements and titles', () => {
    expect(escapeText('\u001b[31mred\u001b[0m \u001b[2J\u001b[Hhome \u001b]0;title\u0007end')).toBe('red home end');
  });

  it('shows what else could act on a terminal by its code', () => {
    expect(escapeText('a\rb\u0008c\u009bd')).toBe('a\\x0db\\x08c\\x9bd');
    expect(escapeText('a\tb\nc')).toBe('a b\\nc');
    expect(escapeText('user\u202enimda\u2066x')).toBe('user\\u{202e}nimda\\u{2066}x');
  });

  it('keeps people’s letters', () => {
    expect(escapeText('日本 👩‍💻 é naïve')).toBe('日本 👩‍💻 é naïve');
  });

  it('leaves no control in any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !controls.test(escapeText(text))));
  });
});

describe('safeJson', () => {
  it('writes C1, line separators and bidirectional marks as escapes and changes no value', () => {
    const value = { message: 'a\u009b1m\u2028\u202e\u001b[31m\u{e0041}\ud800' };
    const text = safeJson(value);
    expect(text).not.toMatch(controls);
    expect(text).toContain('\\u2028');
    expect(JSON.parse(text)).toEqual(value);
  });

  it('gives back any value from one printable line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = safeJson({ text });
        return !controls.test(json) && (JSON.parse(json) as { text: string }).text === text;
      }),
    );
  });
});
