import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/diagnostics.ts';
import { createSources } from '../../src/yaml/files.ts';
import { folderWith } from '../inventory/folder.ts';

const failure = (file: string) => {
  try {
    createSources().read(file);
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics[0];
  }
  throw new Error(`${file} was read`);
};

describe('createSources', () => {
  it('reads a file once and keeps its text for errors', () => {
    const file = join(folderWith({ 'site.yml': '\ufeffa: 1\n' }), 'site.yml');
    const sources = createSources();
    expect(sources.text(file)).toBeUndefined();
    expect(sources.read(file)).toBe('a: 1\n');
    writeFileSync(file, 'b: 2\n');
    expect(sources.read(file)).toBe('a: 1\n');
    expect(sources.text(file)).toBe('a: 1\n');
  });

  it('names the nearest file for one that is missing', () => {
    const folder = folderWith({ 'staging.yml': '', 'other.yml': '' });
    expect(failure(join(folder, 'stagin.yml'))).toMatchObject({
      code: 'missing-file',
      hint: `did you mean ${join(folder, 'staging.yml')}?`,
    });
    expect(failure(join(folder, 'nowhere', 'a.yml'))).not.toHaveProperty('hint');
  });

  it('says why a file cannot be read', () => {
    const folder = folderWith({});
    writeFileSync(join(folder, 'binary'), Buffer.from([0x61, 0xff, 0xfe]));
    expect(failure(folder)).toMatchObject({ code: 'unreadable-file', message: expect.stringContaining('folder') });
    expect(failure(join(folder, 'binary'))).toMatchObject({
      code: 'unreadable-file',
      message: expect.stringContaining('UTF-8'),
    });
  });
});
