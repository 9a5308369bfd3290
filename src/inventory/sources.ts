import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../diagnostics.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { isFolder } from '../yaml/files.ts';
import type { Sources } from '../yaml/files.ts';
import type { Draft } from './draft.ts';
import { readInventoryFile } from './formats/index.ts';
import { readInlineInventory } from './formats/inline.ts';

/** What a folder of inventories may hold besides inventories. Rule: Ansible's inventory/manager.py, INVENTORY_IGNORE_EXTS. */
const ignored =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/;

const isInline = (source: string): boolean => source.includes(',') && !existsSync(source);

const filesOf = (path: string): readonly string[] =>
  isFolder(path)
    ? readdirSync(path)
        .filter((name) => !ignored.test(name))
        .sort()
        .flatMap((name) => filesOf(join(path, name)))
    : [path];

/**
 * Reads what `-i` names into the draft: a file, a folder of files in name order, or a list of hosts with a comma in it.
 * Problems are pushed onto `diagnostics`.
 */
export const readSource = (files: Sources, source: string, draft: Draft, diagnostics: Diagnostic[]): void => {
  if (isInline(source)) return readInlineInventory(source, draft, diagnostics);
  const found = filesOf(source);
  if (found.length === 0) {
    const left = readdirSync(source).find((name) => /\.(?:ini|cfg)$/.test(name));
    diagnostics.push({
      code: 'empty-inventory',
      severity: 'error',
      message: `the folder ${source} holds no inventory`,
      ...(left && {
        hint: `as in Ansible, ${left} is left out of a folder for its ending: rename it, or name the file`,
      }),
    });
  }
  for (const file of found) {
    try {
      readInventoryFile(files, file, draft, diagnostics);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const hint = `a host by itself needs a comma behind it: -i ${source},`;
      const isHost = !existsSync(source) && !/[/\\]|\.(?:ya?ml|json|ini)$/.test(source);
      diagnostics.push(...error.diagnostics.map((one) => (isHost && !one.hint ? { ...one, hint } : one)));
    }
  }
};

/** The folders whose `group_vars/` and `host_vars/` belong to the sources, lowest precedence first. */
export const sourceFolders = (sources: readonly string[]): readonly string[] =>
  sources.filter((source) => !isInline(source)).map((source) => (isFolder(source) ? source : dirname(source)));
