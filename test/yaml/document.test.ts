import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ambiguities, get, readYaml, toValue } from '../../src/yaml/document.ts';
import type { MapNode } from '../../src/yaml/document.ts';

const value = (text: string): unknown => {
  const { document, diagnostics } = readYaml('file.yml', text);
  expect(diagnostics).toEqual([]);
  return document && toValue(document);
};
const problems = (text: string): string[] =>
  readYaml('file.yml', text).diagnostics.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`);
const map = (text: string): MapNode => {
  const { document } = readYaml('file.yml', text);
  if (document?.kind !== 'map') throw new Error('not a map');
  return document;
};

describe('readYaml', () => {
  it('gives values as PyYAML does, in the order of the file', () => {
    expect(value('b: yes\na: [0644, "0644", {x: 1e3}]\nc:\nd: |\n  12\n')).toEqual({
      b: true,
      a: [420, '0644', { x: '1e3' }],
      c: null,
      d: '12\n',
    });
    expect(map('b: 1\na: 2').entries.map((entry) => entry.key)).toEqual(['b', 'a']);
  });

  it('gives no document for an empty file', () => {
    expect(readYaml('file.yml', '# nothing\n')).toEqual({ document: undefined, diagnostics: [] });
  });

  it('knows where everything stands', () => {
    const top = map('top:\n  list:\n    - one\n    - "two"\n');
    expect(top.entries[0]!.keyPosition).toEqual({ file: 'file.yml', line: 1, column: 1, length: 3 });
    const list = get(top.entries[0]!.value as MapNode, 'list');
    expect(list?.position).toMatchObject({ line: 3, column: 5 });
    expect(list?.kind === 'sequence' && list.items.map(({ position }) => position)).toEqual([
      { file: 'file.yml', line: 3, column: 7, length: 3 },
      { file: 'file.yml', line: 4, column: 7, length: 5 },
    ]);
  });

  it('places a missing value at its key', () => {
    expect(get(map('a: 1\nlong_key:   # nothing\nb: 2'), 'long_key')?.position).toMatchObject({
      line: 2,
      column: 1,
      length: 8,
    });
  });

  it('places values that are not plain words with their marks', () => {
    const places = ({ entries }: MapNode): string[] =>
      entries.map(({ value: { position } }) => `${position.line}:${position.column}+${position.length}`);
    expect(places(map('a: "x"\nb: [1, 2] # c\nc: {d: e }\nf: |- # a | b\n  text\ng: &g >\n  t\nh: &h i'))).toEqual([
      '1:4+3',
      '2:4+6',
      '3:4+7',
      '4:4+10',
      '6:7+1',
      '8:7+1',
    ]);
    const list = get(map('a:\n  -\n  # c\n  - # d\n  - b\n'), 'a');
    expect(
      list?.kind === 'sequence' && list.items.map(({ position }) => `${position.line}:${position.column}`),
    ).toEqual(['2:3', '4:3', '5:5']);
    expect(map('a: 😀 # c\r\nb: "é\r\n  é"\r\n').entries[1]!.value.position).toMatchObject({ line: 2, column: 4 });
  });

  it('tells plain, quoted and block scalars apart', () => {
    const styles = map('a: x\nb: "x"\nc: \'x\'\nd: >\n  x\n').entries.map(
      (entry) => entry.value.kind === 'scalar' && entry.value.style,
    );
    expect(styles).toEqual(['plain', 'quoted', 'quoted', 'block']);
  });

  it('warns of scalars that YAML 1.2 reads otherwise only when asked', () => {
    const { document, diagnostics } = readYaml('file.yml', 'a: [on, "on", true]\nb: {c: 22:22}\n');
    expect(diagnostics).toEqual([]);
    expect(ambiguities(document!).map(({ code, position }) => [code, position?.line, position?.column])).toEqual([
      ['yaml-1.1', 1, 5],
      ['yaml-1.1', 2, 8],
    ]);
  });

  it('resolves explicit tags of the core types', () => {
    expect(value('a: !!str 12\nb: !!int "12"\nc: ! 12\nd: !!float 5\n')).toEqual({ a: '12', b: 12, c: 12, d: 5 });
    expect(problems('a: !!int "x"')).toEqual(['1:10 bad-tag']);
  });

  it.each(['!vault', '!unsafe', '!custom', '!!binary', '!!python/object:os.system'])('refuses the tag %s', (tag) => {
    expect(problems(`a: ${tag} "x"`)).toEqual(['1:4 unsupported-tag']);
  });

  it('follows aliases of values and of keys', () => {
    expect(value('a: &v [1, 2]\nb: *v\n&k c: *k\nd: {*k : e}\n')).toEqual({
      a: [1, 2],
      b: [1, 2],
      c: 'c',
      d: { c: 'e' },
    });
  });

  it('names the line of the first of duplicate keys', () => {
    const { diagnostics } = readYaml('file.yml', 'a: 1\nb: 2\n"a": 3\n');
    expect(diagnostics).toMatchObject([{ code: 'duplicate-key', position: { line: 3, column: 1 } }]);
    expect(diagnostics[0]!.message).toContain('line 1');
  });

  it('refuses keys that reach prototypes, and gives maps without one', () => {
    expect(problems('__proto__: {polluted: 1}\na: {constructor: 1}\nb: [{prototype: 1}]')).toEqual([
      '1:1 reserved-key',
      '2:5 reserved-key',
      '3:6 reserved-key',
    ]);
    expect(Object.getPrototypeOf(value('a: 1'))).toBeNull();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['a:\n\tb: 1\n', '2:1 yaml-tab'],
    ['a:\n  b: 1\n\tc: 1\n\td: 1\n', '3:1 yaml-tab'],
    ['a: |\n\ttext\n', '2:1 yaml-tab'],
    ['a: {{ x }}\n', '1:4 unquoted-template'],
    ['a: {{ x }}/b\n', '1:4 unquoted-template'],
    ['a: 1\n---\nb: 2\n', '2:1 several-documents'],
    ['--- # one\na: |\n  --- x\n---\nb: 2\n', '4:1 several-documents'],
    ['a: 1\n...\nb: 2\n', '2:1 several-documents'],
    ['a: 1\n---\nb: @x\n', '2:1 several-documents'],
    ['a: x\u0007y\n', '1:5 yaml-syntax'],
    ['a:\n- "x" b: 1\n', '2:7 yaml-syntax'],
    ['a: &x b: 1\n', '1:7 yaml-syntax'],
    ['!t a: 1\n', '1:1 unsupported-tag'],
    ['a: 1\n: b\n', '2:1 empty-key'],
    ['a: b: c\n', '1:4 yaml-syntax'],
    ['a: @x\n', '1:4 yaml-syntax'],
    ['a: "\\q"\n', '1:5 yaml-syntax'],
    ['? [a]\n: b\n', '1:3 bad-key'],
    [': b\n', '1:1 empty-key'],
    ['a: *x\n', '1:4 unknown-anchor'],
    ['a: &a [*a]\n', '1:8 alias-cycle'],
    ['<<: 3\n', '1:5 bad-merge'],
  ])('finds the one mistake in %j', (text, expected) => {
    expect(problems(text)).toEqual([expected]);
  });

  it('finds the syntax errors of all lines, one a line', () => {
    expect(problems('a: @x\nb: 1\nc: %x\n')).toEqual(['1:4 yaml-syntax', '3:4 yaml-syntax']);
  });

  it('merges with << as PyYAML: own keys win, earlier maps of a list win', () => {
    expect(value('x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [{a: 9}, *x], c: 4}\nq: {"<<": 1}')).toEqual({
      x: { a: 1, b: 2 },
      y: { a: 1, b: 3 },
      z: { a: 9, b: 2, c: 4 },
      q: { '<<': 1 },
    });
  });

  it('refuses aliases that explode, by width and by depth', () => {
    let wide = 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n';
    let deep = 'a0: &a0 [x]\n';
    for (let level = 1; level < 12; level++) wide += `a${level}: &a${level} [${`*a${level - 1},`.repeat(10)}]\n`;
    for (let level = 1; level < 1000; level++) deep += `a${level}: &a${level} [*a${level - 1}]\n`;
    expect(readYaml('file.yml', wide).diagnostics.map(({ code }) => code)).toEqual(['alias-expansion']);
    expect(readYaml('file.yml', deep).diagnostics.map(({ code }) => code)).toEqual(['yaml-depth']);
  });

  it('refuses excessive nesting with one error', () => {
    expect(readYaml('file.yml', '['.repeat(5000)).diagnostics.map(({ code }) => code)).toEqual(['yaml-depth']);
    const text = `${'['.repeat(200)}${']'.repeat(200)}`;
    expect(readYaml('file.yml', text).diagnostics.map(({ code }) => code)).toEqual(['yaml-depth']);
  });

  it('outlives excessive nesting behind another error, file after file', () => {
    for (const mark of ['[', '{', '- ', '? ', '{a: ', '[{'])
      expect(problems(`a: @x\nb:\n  ${mark.repeat(20_000)}`)).toEqual(['1:4 yaml-syntax']);
  });

  it('never throws, and every diagnostic has a place in the file', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '&x ',
      '*x',
      '!t ',
      '<<',
      '|',
      '#',
      '\t',
      '---\n',
      ',',
      '? ',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const { document, diagnostics } = readYaml('file.yml', text);
        if (document) toValue(document);
        for (const { position } of diagnostics) {
          expect(position!.line).toBeLessThanOrEqual(text.split('\n').length);
          expect(position!.column).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
