import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { loadInventory } from '../../src/inventory/load.ts';
import type { InventoryOptions, LoadedInventory } from '../../src/inventory/load.ts';
import { createSources } from '../../src/yaml/files.ts';

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A temporary folder with these files, removed after the tests of the file. */
export const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'perfplay-inventory-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
};

/** Loads files of such a folder; `sources` and `playbookFolder` are relative to it. */
export const loadFrom = (
  files: Readonly<Record<string, string>>,
  { sources = ['hosts.yml'], playbookFolder, ...options }: Partial<Omit<InventoryOptions, 'files'>> = {},
): LoadedInventory => {
  const folder = folderWith(files);
  return loadInventory({
    sources: sources.map((source) => (source.includes(',') ? source : join(folder, source))),
    files: createSources(),
    ...(playbookFolder !== undefined && { playbookFolder: join(folder, playbookFolder) }),
    ...options,
  });
};

/** One YAML inventory that must be free of errors and warnings. */
export const load = (text: string): LoadedInventory['inventory'] => {
  const { inventory, diagnostics } = loadFrom({ 'hosts.yml': text });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return inventory;
};

/** `code line:column` of each diagnostic. */
export const codes = ({ diagnostics }: Pick<LoadedInventory, 'diagnostics'>): string[] =>
  diagnostics.map(({ code, position }) => (position ? `${code} ${position.line}:${position.column}` : code));
