import path from 'node:path';
import { modules } from '../../modules/registry.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import { loadInventory } from '../inventory/load.ts';
import { matchHosts } from '../inventory/patterns.ts';
import type { Inventory, Variable } from '../inventory/types.ts';
import { compileSite } from '../playbook/compile.ts';
import { renderHostValue } from '../playbook/bind/host-values.ts';
import { tasksOf } from '../playbook/sequence.ts';
import type { Site } from '../playbook/types.ts';
import { createSources, type Sources } from '../yaml/files.ts';
import { parseExtraVars } from './extra-vars.ts';
import type { InventoryOptions, SiteOptions } from './options.ts';
import { rememberSource } from './source-lines.ts';

export interface LoadedInventory {
  readonly files: Sources;
  readonly inventory: Inventory;
  readonly extraVars: ReadonlyMap<string, Variable>;
  readonly warnings: readonly Diagnostic[];
  /** Every value that a variable of the host was given, the winner last. */
  readonly candidates: (host: string) => ReadonlyMap<string, readonly Variable[]>;
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

/** Reads input files; an InputError remembers them. */
const withFiles = <T>(work: (files: Sources) => T): T => {
  const files = createSources();
  try {
    return work(files);
  } catch (error) {
    if (error instanceof InputError) rememberSource(error, files.text);
    throw error;
  }
};

type Hide = (secret: string) => void;

const read = (options: InventoryOptions, playbook: string | undefined, files: Sources, hide: Hide) => {
  const extraVars = parseExtraVars(options.extraVars ?? [], files, hide);
  const loaded = loadInventory({
    sources: inventorySources(options.inventory),
    // Without a playbook the working folder stands for its folder, as in ansible-inventory.
    playbookFolder: path.dirname(playbook ?? '.'),
    extraVars,
    files,
    render: renderHostValue,
  });
  for (const { connection } of loaded.inventory.hosts.values())
    for (const secret of [connection.password, connection.becomePassword]) if (secret !== undefined) hide(secret);
  return { files, extraVars, ...loaded, ...split(loaded.diagnostics) };
};

/**
 * Reads every inventory source; `hide` hears of each secret in them; `playbook`: beside it are variables too, though it is not read.
 * Throws InputError with all that is wrong in any of them.
 */
export const openInventory = (
  options: InventoryOptions,
  hide: Hide = () => undefined,
  playbook?: string,
): LoadedInventory =>
  withFiles((files) => {
    const { errors, ...loaded } = read(options, playbook, files, hide);
    if (errors.length > 0) throw new InputError(errors);
    return loaded;
  });

/** What an inventory that could not be read wholly makes of a sound playbook: no news beside the cause. */
const followsFromInventory = new Set(['unknown-host', 'no-hosts', 'undefined-variable']);

export interface LoadedSite extends LoadedInventory {
  readonly site: Site;
}

/** `-t cpu,disk -t nic` as three words. */
const words = (given: readonly string[] | undefined): readonly string[] =>
  (given ?? [])
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter(Boolean);

/** Tags that leave nothing to do are a mistake: a run that did nothing would look like a converged fleet. */
const checkTasks = (
  site: Site,
  tags: readonly string[],
  skipTags: readonly string[],
  warnings: readonly Diagnostic[],
): void => {
  if (tags.length + skipTags.length === 0 || site.plays.some(({ sequence }) => tasksOf(sequence).length > 0)) return;
  const asked = [
    ...(tags.length > 0 ? [`-t ${tags.join(',')}`] : []),
    ...(skipTags.length > 0 ? [`--skip-tags ${skipTags.join(',')}`] : []),
  ];
  const why = warnings.filter(({ code }) => code === 'unknown-tag');
  const message = `no task is left with ${asked.join(' ')}`;
  throw new InputError([...why, { code: 'no-tasks', severity: 'error', message }]);
};

/**
 * Reads inventory and playbook wholly, before anybody is contacted; `hide` hears of each secret in them, templates of `check`.
 * Throws InputError with every error of every file.
 */
export const openSite = (
  playbook: string,
  options: SiteOptions,
  hide: Hide = () => undefined,
  check = false,
): LoadedSite =>
  withFiles((files) => {
    const { errors: inventoryErrors, ...loaded } = read(options, playbook, files, hide);
    const [tags, skipTags] = [words(options.tags), words(options.skipTags)];
    const { site, diagnostics } = compileSite({
      files: [playbook],
      inventory: loaded.inventory,
      modules,
      ...(options.limit !== undefined && { limit: options.limit }),
      tags,
      skipTags,
      extraVars: loaded.extraVars,
      become: options.become ?? false,
      check,
      hide,
      noCanary: options.canary === false,
      sources: files,
      matchHosts,
    });
    const { errors: siteErrors, warnings } = split(diagnostics);
    const broken = inventoryErrors.length > 0;
    const errors = [...inventoryErrors, ...siteErrors.filter(({ code }) => !broken || !followsFromInventory.has(code))];
    if (!site || errors.length > 0) throw new InputError(errors);
    checkTasks(site, tags, skipTags, warnings);
    return { ...loaded, site, warnings: [...loaded.warnings, ...warnings] };
  });
