import { formatDiagnostic, InputError } from '../diagnostics.ts';
import { matchHosts } from '../inventory/patterns.ts';
import { graphInventory, listHost, listHosts, listInventory } from '../inventory/print.ts';
import type { Inventory } from '../inventory/types.ts';
import { openInventory } from './load.ts';
import type { InventoryOptions } from './options.ts';
import type { Print } from './print.ts';

export interface InventoryCommandOptions extends InventoryOptions {
  readonly list?: boolean;
  readonly graph?: boolean;
  readonly host?: string;
  readonly listHosts?: string;
}

/** The hosts of a pattern. Throws InputError where it names nobody. */
export const hostsOf = (inventory: Inventory, pattern: string, limit?: string): readonly string[] => {
  const { hosts, diagnostics } = matchHosts(inventory, pattern, limit);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new InputError(errors);
  if (hosts.length === 0)
    throw new InputError([
      { code: 'no-hosts', severity: 'error', message: `the pattern "${pattern}" matches no host` },
    ]);
  return hosts;
};

/** Prints the inventory as ansible-inventory would. */
export const inventory = (options: InventoryCommandOptions, print: Print): number => {
  const { graph, host, list, listHosts: pattern } = options;
  if (!graph && !list && host === undefined && pattern === undefined)
    throw new InputError([
      {
        code: 'usage',
        severity: 'error',
        message: 'inventory: what is to be shown?',
        hint: '--list, --graph, --host HOST or --list-hosts PATTERN',
      },
    ]);
  const { inventory: loaded, files, warnings } = openInventory(options);
  for (const warning of warnings) print.talk(formatDiagnostic(warning, files.text));
  if (pattern !== undefined) print.data(listHosts(hostsOf(loaded, pattern, options.limit)));
  else if (host !== undefined) print.data(listHost(loaded, host));
  else print.data(graph ? graphInventory(loaded) : listInventory(loaded));
  return 0;
};
