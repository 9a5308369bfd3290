import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDiff, unifiedDiff } from '../../src/report/diff.ts';

const wide = { context: 1_000, limit: 1_000_000 };
const shown = (before: string | null, after: string | null, options = { context: 1, limit: 40 }): readonly string[] =>
  unifiedDiff(before, after, options).map(({ mark, text }) => mark + text);

describe('unifiedDiff', () => {
  it('shows what differs with its context', () => {
    expect(shown('a\nb\nc\nd\ne\n', 'a\nb\nX\nd\ne\n')).toEqual([' b', '-c', '+X', ' d']);
  });

  it('marks lines left out between two places', () => {
    expect(shown('a\n1\n2\n3\n4\nb\n', 'A\n1\n2\n3\n4\nB\n')).toEqual(['-a', '+A', ' 1', '@…', ' 4', '-b', '+B']);
  });

  it('takes null as no text', () => {
    expect(shown(null, 'a\nb\n')).toEqual(['+a', '+b']);
    expect(shown('a\n', null)).toEqual(['-a']);
  });

  it('stops at the limit and says how much is missing', () => {
    const lines = shown(null, 'x\n'.repeat(100));
    expect(lines).toHaveLength(41);
    expect(lines.at(-1)).toBe('@… 60 more lines');
  });

  it('holds both texts: without + it is the old, without - the new', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = unifiedDiff(before, after, wide);
        if (before === after) return;
        const without = (mark: string) =>
          lines
            .filter((one) => one.mark !== mark)
            .map((one) => one.text)
            .join('\n');
        expect(without('+')).toBe(before);
        expect(without('-')).toBe(after);
      }),
    );
  });
});

describe('countDiff', () => {
  it('counts lines that come and go', () => {
    expect(countDiff('a\nb\nc\n', 'a\nX\nY\nc\n')).toEqual({ added: 2, removed: 1 });
  });
});
