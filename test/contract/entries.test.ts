import { describe, expect, it } from 'vitest';
import { entryPlaces, entryValue, withEntry, type EntryAt } from '../../src/contract/entries.ts';

const keyValue = (name: string): EntryAt => ({ format: 'key-value', name });
const ini = (name: string, section?: string): EntryAt => ({ format: 'ini', name, ...(section && { section }) });
const shell = (name: string): EntryAt => ({ format: 'shell-vars', name });

describe('KEY=value lines', () => {
  it('keep the spelling around the value: indentation, blanks, the end of the line', () => {
    expect(withEntry('a=1\n  b  =  2  \nc = 3', keyValue('b'), '20')).toBe('a=1\n  b  =  20\nc = 3');
    expect(withEntry('a=1\r\nb=2\r\n', keyValue('a'), '')).toBe('a=\r\nb=2\r\n');
    expect(withEntry('a = \n', keyValue('a'), '1')).toBe('a = 1\n');
    expect(withEntry('a =\n', keyValue('a'), '1')).toBe('a = 1\n');
  });

  it('are the last of their name, and all of it where they are taken away', () => {
    const text = 'a=1\n#a=2\nb=3\na=4';
    expect(entryValue(text, keyValue('a'))).toBe('4');
    expect(entryPlaces(text, keyValue('a')).map(({ line }) => line)).toEqual([1, 4]);
    expect(withEntry(text, keyValue('a'), '5')).toBe('a=1\n#a=2\nb=3\na=5');
    expect(withEntry(text, keyValue('a'), null)).toBe('#a=2\nb=3\n');
    expect(withEntry(text, keyValue('absent'), null)).toBe(text);
  });

  it('that are new follow their commented default, the one that looks like a line first', () => {
    expect(withEntry('# limit = 5 is what\n# we had\n#limit=9\nother=1\n', keyValue('limit'), '7')).toBe(
      '# limit = 5 is what\n# we had\n#limit=9\nlimit=7\nother=1\n',
    );
    expect(withEntry('; limit = 9\nx=1\n', keyValue('limit'), '7')).toBe('; limit = 9\nlimit=7\nx=1\n');
    expect(withEntry('#Limit = 9\n', keyValue('Limit'), '7')).toBe('#Limit = 9\nLimit = 7\n');
  });

  it('that are new go to the end otherwise, in the style of the last line', () => {
    expect(withEntry('', keyValue('a'), '1')).toBe('a=1\n');
    expect(withEntry('a = 1', keyValue('b'), '2')).toBe('a = 1\nb = 2\n');
    expect(withEntry('\ta =1\r\n\r\n', keyValue('b'), '2')).toBe('\ta =1\r\n\tb =2\r\n\r\n');
  });

  it('take nothing behind the value for a comment', () => {
    expect(entryValue('a = 1 # one\n', keyValue('a'))).toBe('1 # one');
    expect(withEntry('a = 1 # one\n', keyValue('a'), '2')).toBe('a = 2\n');
  });

  it('know what is no assignment of the key', () => {
    const text = '# a=1\n;a=1\n=1\nab=1\na\n[a]=1\nexec=x \\\n  a=1\n';
    expect(entryPlaces(text, keyValue('a'))).toEqual([]);
    expect(entryValue(text, keyValue('exec'))).toBe('x \\');
  });

  it('tell where a value goes on below', () => {
    const whole = (text: string) => entryPlaces(text, keyValue('a')).map((one) => one.whole);
    expect(whole('a=1 \\\n2\n')).toEqual([false]);
    expect(whole('a=1 \\\\\nb=2\n')).toEqual([true]);
    expect(whole('a =\n    one\n    two\n')).toEqual([false]);
    expect(whole('  a = 1\n  b = 2\n')).toEqual([true]);
    expect(whole('a = 1\n    # comment\n    b = 2\n')).toEqual([true]);
  });
});

describe('INI files', () => {
  const text = '; top\nglobal=0\n\n[a]\nx = 1\n\n# about b\n[b] ; second\nx=2\n[a]\ny = 3\n';

  it('have keys by section', () => {
    expect(
      [ini('x', 'a'), ini('x', 'b'), ini('y', 'a'), ini('global'), ini('x')].map((one) => entryValue(text, one)),
    ).toEqual(['1', '2', '3', '0', undefined]);
  });

  it('are changed in the section alone', () => {
    expect(withEntry(text, ini('x', 'b'), '9')).toBe(text.replace('x=2', 'x=9'));
    expect(withEntry(text, ini('x', 'a'), null)).toBe(text.replace('x = 1\n', ''));
    expect(withEntry(text, ini('global'), '5')).toBe(text.replace('global=0', 'global=5'));
  });

  it('get new keys at the end of the section, above the next one’s comment', () => {
    expect(withEntry('[a]\nx = 1\n\n# about b\n[b]\n', ini('n', 'a'), '2')).toBe(
      '[a]\nx = 1\nn = 2\n\n# about b\n[b]\n',
    );
    expect(withEntry('[a]\n[b]\ny = 1\n', ini('n', 'a'), '2')).toBe('[a]\nn = 2\n[b]\ny = 1\n');
    expect(withEntry(text, ini('n', 'a'), '2')).toBe(`${text}n = 2\n`);
    expect(withEntry('# file\n[a]\n', ini('top'), '1')).toBe('# file\ntop=1\n[a]\n');
  });

  it('get a new section at the end', () => {
    expect(withEntry('', ini('x', 'new'), '1')).toBe('[new]\nx=1\n');
    expect(withEntry('[a]\r\nx = 1', ini('y', 'new'), '1')).toBe('[a]\r\nx = 1\r\n\r\n[new]\r\ny = 1\r\n');
    expect(withEntry('[a]\nx=1\n\n', ini('y', 'new'), '1')).toBe('[a]\nx=1\n\n[new]\ny=1\n');
  });

  it('of systemd have their defaults as comments', () => {
    const manager = '[Manager]\n#LogLevel=info\n#DefaultTasksMax=15%\n#DefaultLimitNOFILE=1024:524288\n';
    expect(withEntry(manager, ini('DefaultTasksMax', 'Manager'), 'infinity')).toBe(
      manager.replace('15%\n', '15%\nDefaultTasksMax=infinity\n'),
    );
  });
});

describe('files that a shell sources', () => {
  it('quote where it must be, keep export and comments of their own line', () => {
    expect(withEntry('# one\nA=1 # why\nexport B="x y"\n', shell('B'), 'a $b "c"')).toBe(
      '# one\nA=1 # why\nexport B="a \\$b \\"c\\""\n',
    );
    expect(entryValue('B="a \\$b \\"c\\""\n', shell('B'))).toBe('a $b "c"');
    expect(withEntry('A=1', shell('B'), '2')).toBe('A=1\nB=2\n');
  });

  it('get new variables at the end, after everything that runs before', () => {
    expect(withEntry('#A=1\nif true; then\nB=1\nfi\n', shell('A'), '2')).toBe('#A=1\nif true; then\nB=1\nfi\nA=2\n');
  });

  it('tell where quotes stay open', () => {
    expect(entryPlaces('A="one\ntwo"\n', shell('A'))[0]?.whole).toBe(false);
    expect(entryPlaces("A='one\n", shell('A'))[0]?.whole).toBe(false);
    expect(entryPlaces('A=one\\\ntwo\n', shell('A'))[0]?.whole).toBe(false);
    expect(entryPlaces('A="one"\n', shell('A'))[0]?.whole).toBe(true);
  });
});
