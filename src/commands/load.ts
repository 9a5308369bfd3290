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

const read = (options: InventoryOptions, playbook: string | undefined, files: Sources) => {
  const extraVars = parseExtraVars(options.extraVars ?? [], files);
  const loaded = loadInventory({
    sources: inventorySources(options.inventory),
    ...(playbook !== undefined && { playbookFolder: path.dirname(playbook) }),
    extraVars,
    files,
    render: renderHostValue,
  });
  return { files, extraVars, inventory: loaded.inventory, ...split(loaded.diagnostics) };
};

/** Reads every inventory source. Throws InputError with all that is wrong in any of them. */
export const openInventory = (options: InventoryOptions): LoadedInventory => {
  const files = createSources();
  const { errors, ...loaded } = read(options, undefined, files);
  if (errors.length > 0) throw withSources(new InputError(errors), files);
  return loaded;
};

/** What an inventory that could not be read wholly makes of a sound playbook: no news beside the cause. */
const followsFromInventory = new Set(['unknown-host', 'no-hosts', 'undefined-variable']);

export interface LoadedSite extends LoadedInventory {
  readonly site: Site;
}

const list = (text: string | undefined): readonly string[] => (text ? text.split(',').map((word) => word.trim()).filter(Boolean) : []);

/** Reads inventory and playbook wholly, before anybody is contacted. Throws InputError with every error of every file. */
export const openSite = (playbook: string, options: SiteOptions): LoadedSite => {
  const files = createSources();
  const { errors: inventoryErrors, ...loaded } = read(options, playbook, files);
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
  const { errors: siteErrors, warnings } = split(diagnostics);
  const broken = inventoryErrors.length > 0;
  const errors = [...inventoryErrors, ...siteErrors.filter(({ code }) => !broken || !followsFromInventory.has(code))];
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
