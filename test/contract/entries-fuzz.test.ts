import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryPlaces, entryValue, withEntry, type EntryAt } from '../../src/contract/entries.ts';
import type { Format } from '../../src/contract/steps.ts';

const formats: readonly Format[] = ['key-value', 'ini', 'shell-vars'];
const word = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,3}$/);
const blanks = fc.constantFrom('', ' ', '\t', '  ');
const value = fc.string({ unit: fc.constantFrom(...'abc 01=#;[]\'"$`%é\\😀'), maxLength: 12 });
/** What a config_file task may want: it reads back as it is. */
const writable = (format: Format) =>
  format === 'shell-vars' ? value : value.map((text) => text.trim()).filter((text) => !text.endsWith('\\'));

const line = fc.oneof(
  fc.tuple(blanks, word, blanks, blanks, value).map(([a, b, c, d, e]) => `${a}${b}${c}=${d}${e}`),
  fc.tuple(word, value).map(([name, text]) => `#${name}=${text}`),
  word.map((name) => `[${name}]`),
  fc.tuple(blanks, value).map((parts) => parts.join('')),
  fc.constantFrom('', '# comment', 'export A="b c"', "B='c", 'C=1 \\', '    indented', '[a] ; x', '\ufeff[a]'),
);
const text = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, last]) => lines.join(end) + (last && lines.length > 0 ? end : ''));

const linesOf = (raw: string): readonly string[] => raw.split(/\r?\n/);

/** True where the lines of the first stand in the second in the same order. */
const isWithin = (some: readonly string[], all: readonly string[]): boolean => {
  let at = 0;
  for (const one of all) if (at < some.length && one === some[at]) at++;
  return at === some.length;
};

describe.each(formats)('editing %s', (format) => {
  const entry = fc
    .tuple(word, fc.option(word, { nil: undefined }))
    .map(([name, section]): EntryAt => ({ format, name, ...(format === 'ini' && section && { section }) }));
  const editable = fc.tuple(text, entry).filter(([raw, one]) => entryPlaces(raw, one).every(({ whole }) => whole));

  it('makes the value what it should be, once and for all', () => {
    fc.assert(
      fc.property(editable, writable(format), ([raw, one], wanted) => {
        const after = withEntry(raw, one, wanted);
        expect(entryValue(after, one)).toBe(wanted);
        expect(withEntry(after, one, wanted)).toBe(after);
        expect(entryValue(withEntry(after, one, null), one)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves every other line as it is', () => {
    fc.assert(
      fc.property(editable, writable(format), ([raw, one], wanted) => {
        const places = entryPlaces(raw, one);
        const before = linesOf(raw);
        const after = linesOf(withEntry(raw, one, wanted));
        const last = places.at(-1)?.line;
        if (last !== undefined) expect(after.toSpliced(last - 1, 1)).toEqual(before.toSpliced(last - 1, 1));
        else
          expect(
            isWithin(
              before.filter((text) => text !== ''),
              after,
            ),
          ).toBe(true);
        const gone = new Set(places.map(({ line: number }) => number));
        const rest = before.filter((_, index) => !gone.has(index + 1));
        expect(linesOf(withEntry(raw, one, null)).filter(Boolean)).toEqual(rest.filter(Boolean));
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves other keys’ values as they are', () => {
    fc.assert(
      fc.property(editable, entry, writable(format), ([raw, one], other, wanted) => {
        fc.pre(other.name !== one.name || other.section !== one.section);
        expect(entryValue(withEntry(raw, one, wanted), other)).toBe(entryValue(raw, other));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('files that a shell sources', () => {
  it('tell the shell what they tell perfplay', () => {
    const values = fc.sample(writable('shell-vars'), { numRuns: 100, seed: 7 });
    const file = values.reduce(
      (raw, one, index) => withEntry(raw, { format: 'shell-vars', name: `V${index}` }, one),
      '',
    );
    const print = values.map((_, index) => `printf '%s\\0' "$V${index}"`).join('\n');
    const said = execFileSync('/bin/sh', ['-s'], { input: `${file}${print}\n`, encoding: 'utf8' });
    expect(said.split('\0').slice(0, -1)).toEqual(values);
  });
});

describe('long and strange files', () => {
  const times = 50_000;
  const hostile = [
    `${' '.repeat(times)}x`,
    `[${'] '.repeat(times)}`,
    `${'\\'.repeat(times)}x`,
    `A=${' '.repeat(times)}x`,
    `${'# '.repeat(times)}=`,
    `A=${'"\\'.repeat(times)}`,
    `export ${' '.repeat(times)}`,
    'A=1\n'.repeat(times),
    '#A=1\n'.repeat(times),
    '[s]\n'.repeat(times),
    'A=1\\\n'.repeat(times),
    '\r\n'.repeat(times),
  ];
  it.each(formats)('are edited in no time: %s', (format) => {
    const one: EntryAt = { format, name: 'A', ...(format === 'ini' && { section: 's' }) };
    const begun = performance.now();
    for (const raw of hostile) {
      withEntry(raw, one, 'v');
      withEntry(raw, one, null);
    }
    // What takes quadratic time takes minutes here.
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
