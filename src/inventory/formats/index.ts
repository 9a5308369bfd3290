import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { Diagnostic } from '../../diagnostics.ts';
import type { Sources } from '../../yaml/files.ts';
import type { Draft } from '../draft.ts';
import { readMap } from '../variables.ts';
import { readIniInventory } from './ini.ts';
import { readScriptInventory } from './script.ts';
import { readYamlInventory } from './yaml.ts';

type Format = 'yaml' | 'ini' | 'toml';

/** How a regular file that can be read begins: scripts and ELF programs are told by it. */
const firstBytes = (file: string): string => {
  const bytes = Buffer.alloc(4);
  try {
    if (!statSync(file).isFile()) return '';
    const descriptor = openSync(file, 'r');
    try {
      return bytes.toString('latin1', 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
};

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** What a line of YAML that begins a map looks like, which no line of INI does. */
const beginsMap = /^\s*(?:\{|---|%YAML|[^\s=["'#;][^=#]*:(?:\s|$)|(?:"[^"]*"|'[^']*')\s*:(?:\s|$))/;

/**
 * Which format a text has: by the file's ending, and where it has none by the first line that says something.
 * Rule: Ansible tries YAML where there is no ending or one of YAML's, INI for all that YAML refuses, TOML last.
 */
const formatOf = (file: string, text: string): Format => {
  const ending = extname(file).toLowerCase();
  if (['.yml', '.yaml', '.json'].includes(ending)) return 'yaml';
  if (ending === '.toml') return 'toml';
  if (ending !== '') return 'ini';
  const first = /^(?!\s*(?:[#;]|$)).+/m.exec(text)?.[0] ?? '';
  return beginsMap.test(first) ? 'yaml' : 'ini';
};

/**
 * Reads one inventory file into the draft: a script where it is executable and begins like a program, else by its format.
 * Throws InputError where it cannot be read at all.
 */
export const readInventoryFile = (files: Sources, file: string, draft: Draft, diagnostics: Diagnostic[]): void => {
  const isProgram = /^(?:#!|\x7fELF)/.test(firstBytes(file));
  if (isProgram && isExecutable(file)) return readScriptInventory(file, draft, diagnostics);
  const text = files.read(file);
  const position = { file, line: 1, column: 1 };
  if (isProgram)
    diagnostics.push({
      code: 'not-executable',
      severity: 'warning',
      message: 'a file that begins with #! is read as text because it is not executable',
      position,
      hint: `chmod +x ${file}`,
    });
  const format = formatOf(file, text);
  if (format === 'ini') return readIniInventory(file, text, draft, diagnostics);
  if (format === 'toml') {
    const hint = `write it as YAML: ansible-inventory -i ${file} --list --yaml`;
    const message = 'inventories in TOML form are not supported';
    diagnostics.push({ code: 'unsupported-inventory', severity: 'error', message, position, hint });
    return undefined;
  }
  const top = readMap(files, file, 'an inventory', diagnostics);
  if (top) readYamlInventory(top, draft, diagnostics);
  return undefined;
};
