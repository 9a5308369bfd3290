import path from 'node:path';
import { modules } from '../../modules/registry.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import { loadInventory } from '../inventory/load.ts';
import { matchHosts } from '../inventory/patterns.ts';
import type { Inventory, Variable } from '../inventory/types.ts';
import { compileSite } from '../playbook/compile.ts';
import { renderHostValue } from '../playbook/host-values.ts';
import type { Site } from '../playbook/types.ts';
import { createSources, type Sources } from '../yaml/files.ts';
import { parseExtraVars } from './extra-vars.ts';
import type { InventoryOptions, SiteOptions } from './options.ts';

export interface LoadedInventory {
  readonly files: Sources;
  readonly inventory: Inventory;
  readonly extraVars: ReadonlyMap<string, Variable>;
  readonly warnings: readonly Diagnostic[];
}

const inventorySources = (given: readonly string[] | undefined): readonly string[] => {
  if (given && given.length > 0) return given;
  const named = process.env['PERFPLAY_INVENTORY'];
  if (named) return named.split(':').filter(Boolean);
  throw new InputError([
    {
      code: 'no-inventory',
      severity: 'error',
      message: 'no inventory: which hosts are meant?',
      hint: '-i inventories/staging.yml, or set PERFPLAY_INVENTORY',
    },
  ]);
};

const split = (diagnostics: readonly Diagnostic[]) => ({
  errors: diagnostics.filter(({ severity }) => severity === 'error'),
  warnings: diagnostics.filter(({ severity }) => severity === 'warning'),
});

/** Reads every inventory source. Throws InputError with all that is wrong in any of them. */
export const openInventory = (options: InventoryOptions, playbook?: string, files = createSources()): LoadedInventory => {
  const extraVars = parseExtraVars(options.extraVars ?? [], files);
  const loaded = loadInventory({
    sources: inventorySources(options.inventory),
    ...(playbook !== undefined && { playbookFolder: path.dirname(playbook) }),
    extraVars,
    files,
    render: renderHostValue,
  });
  const { errors, warnings } = split(loaded.diagnostics);
  if (errors.length > 0) throw withSources(new InputError(errors), files);
  return { files, inventory: loaded.inventory, extraVars, warnings };
};

export interface LoadedSite extends LoadedInventory {
  readonly site: Site;
}

const list = (text: string | undefined): readonly string[] => (text ? text.split(',').map((word) => word.trim()).filter(Boolean) : []);

/** Reads inventory and playbook wholly, before anybody is contacted. Throws InputError with every error of every file. */
export const openSite = (playbook: string, options: SiteOptions): LoadedSite => {
  const files = createSources();
  const loaded = openInventory(options, playbook, files);
  const { site, diagnostics } = compileSite({
    files: [playbook],
    inventory: loaded.inventory,
    modules,
    ...(options.limit !== undefined && { limit: options.limit }),
    tags: list(options.tags),
    skipTags: list(options.skipTags),
    extraVars: loaded.extraVars,
    become: options.become ?? false,
    noCanary: options.canary === false,
    sources: files,
    matchHosts,
  });
  const { errors, warnings } = split(diagnostics);
  if (!site || errors.length > 0) throw withSources(new InputError(errors), files);
  return { ...loaded, site, warnings: [...loaded.warnings, ...warnings] };
};

/** The texts that diagnostics point into: whoever prints an InputError shows the lines. */
const texts = new WeakMap<InputError, Sources>();
export const withSources = (error: InputError, files: Sources): InputError => {
  texts.set(error, files);
  return error;
};
export const sourcesOf = (error: InputError): Sources | undefined => texts.get(error);
