import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/inventory/json.ts';
import type { Position } from '../../src/diagnostics.ts';
import { toValue } from '../../src/yaml/document.ts';
import { codes, loadFrom } from './folder.ts';

const place = (line: number, column: number, length: number): Position => ({ file: 'f', line, column, length });
const read = (text: string) => readJson(text, place);
const value = (text: string): unknown => {
  const result = read(text);
  return 'document' in result ? toValue(result.document) : result;
};

describe('readJson', () => {
  it('reads what JSON.stringify writes', () => {
    const indent = fc.constantFrom(undefined, 2, '\t');
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), indent, (wanted, space) => {
        const text = JSON.stringify(wanted, null, space);
        // Integers that a double cannot hold, and keys that cannot be, have tests of their own.
        fc.pre(!/(?<![.0-9])[0-9]{16,}(?![.e0-9])|__proto__|constructor|prototype/.test(text));
        expect(value(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const text = fc.string({ unit: fc.constantFrom(...'{}[]:,"\\au1 \n-e.'.split('')), maxLength: 12 });
    fc.assert(
      fc.property(text, (source) => {
        let valid = true;
        try {
          JSON.parse(source);
        } catch {
          valid = false;
        }
        expect('document' in read(source)).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['1e3', 1000],
    ['9007199254740993', '9007199254740993'],
    ['NaN', Number.NaN],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['[1, -0.5]', [1, -0.5]],
    [String.raw`"\ud83d\ude00\/"`, '😀/'],
  ])('reads %s as Python does', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it('keeps places, and the order of keys', () => {
    const result = read('{\n\t"b": [10,\n "x"],\n "1": true}');
    if (!('document' in result) || result.document.kind !== 'map') throw new Error('no map');
    const [b, one] = result.document.entries;
    expect(b).toMatchObject({ key: 'b', keyPosition: { line: 2, column: 2, length: 3 } });
    expect(b?.value).toMatchObject({
      items: [{ position: { line: 2, column: 8, length: 2 } }, { position: { line: 3, column: 2 } }],
    });
    expect(one).toMatchObject({ key: '1', value: { position: { line: 4, column: 7, length: 4 } } });
  });

  it.each([
    ['{"a": 1, "a": 2}', 'duplicate-key', 10],
    ['{"__proto__": 1}', 'reserved-key', 2],
    ['{"a": {"__ansible_vault": "x"}}', 'unsupported-tag', 8],
  ])('reports %s', (text, code, column) => {
    expect(read(text)).toMatchObject({ diagnostics: [{ code, position: { line: 1, column } }] });
  });

  it('says where a text stops to be JSON', () => {
    expect(read('{"a": 1\n "b": 2}')).toEqual({ problem: 'a comma or } is expected', line: 2, column: 2 });
    expect(read('[1] x')).toEqual({ problem: 'the end is expected', line: 1, column: 5 });
    expect(read('[{"a": "b')).toMatchObject({ line: 1, column: 8 });
    expect(read(`${'['.repeat(5000)}`)).toMatchObject({ problem: expect.stringContaining('deep') });
  });
});

describe('JSON files', () => {
  it('are read as JSON, not as YAML: 1e3 is a number, a tab indents', () => {
    const { inventory, diagnostics } = loadFrom(
      {
        'hosts.json': '{\n\t"web": {\n\t\t"hosts": {"h": {"x": 1e3, "yes": "no"}}\n\t}\n}',
        'group_vars/web': '{\n\t"y": 1E2\n}',
        'group_vars/all.yml': 'z: 1e3',
      },
      { sources: ['hosts.json'] },
    );
    expect(diagnostics).toEqual([]);
    const variables = [...inventory.hosts.get('h')!.variables].map(([name, variable]) => [name, variable.value]);
    expect(Object.fromEntries(variables)).toEqual({ x: 1000, yes: 'no', y: 100, z: '1e3' });
  });

  it('that are no JSON are YAML', () => {
    const { inventory } = loadFrom({ 'hosts.json': '{web: {hosts: {h: {x: 0o7}}}}' }, { sources: ['hosts.json'] });
    expect(inventory.hosts.get('h')?.variables.get('x')?.value).toBe('0o7');
    expect(codes(loadFrom({ 'hosts.json': '{"web": {"hosts": ["h"]}}' }, { sources: ['hosts.json'] }))).toEqual([
      'wrong-type 1:19',
    ]);
  });
});
