import { statSync } from 'node:fs';
import { extname } from 'node:path';
import type { Diagnostic } from '../../diagnostics.ts';
import type { Sources } from '../../yaml/files.ts';
import type { Draft } from '../draft.ts';
import { readMap } from '../variables.ts';
import { readYamlInventory } from './yaml.ts';

type Format = 'yaml' | 'ini' | 'script' | 'toml';

const isExecutable = (file: string): boolean => (statSync(file).mode & 0o111) !== 0;

/** Which format a file has: by its ending, and where it has none by its first line that says something. */
const formatOf = (file: string, text: string): Format => {
  if (text.startsWith('#!') && isExecutable(file)) return 'script';
  const ending = extname(file).toLowerCase();
  if (['.yml', '.yaml', '.json'].includes(ending)) return 'yaml';
  if (ending === '.toml') return 'toml';
  if (ending === '.ini' || ending === '.cfg') return 'ini';
  const first = /^(?!\s*(?:[#;]|---|$)).+/m.exec(text)?.[0] ?? '';
  return /^\s*(?:\{|[^\s=[]+:(?:\s|$)|"|')/.test(first) || first === '' ? 'yaml' : 'ini';
};

const unsupported: Readonly<Record<Exclude<Format, 'yaml'>, string>> = {
  ini: 'inventories in INI form are not read yet',
  script: 'executable inventories are not read yet',
  toml: 'inventories in TOML form are not supported',
};

/** Reads one inventory file into the draft. Throws InputError where it cannot be read at all. */
export const readInventoryFile = (files: Sources, file: string, draft: Draft, diagnostics: Diagnostic[]): void => {
  const format = formatOf(file, files.read(file));
  if (format !== 'yaml') {
    diagnostics.push({
      code: 'unsupported-inventory',
      severity: 'error',
      message: unsupported[format],
      position: { file, line: 1, column: 1 },
      hint: `write it as YAML: ansible-inventory -i ${file} --list --yaml`,
    });
    return;
  }
  const top = readMap(files, file, 'an inventory', diagnostics);
  if (top) readYamlInventory(top, draft, diagnostics);
};
