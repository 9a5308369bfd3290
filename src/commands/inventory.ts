import { InputError } from '../diagnostics.ts';
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
    throw new InputError([{ code: 'no-hosts', severity: 'error', message: `the pattern "${pattern}" matches no host` }]);
  return hosts;
};

/** Prints the inventory as ansible-inventory would. */
export const inventory = (options: InventoryCommandOptions, print: Print): number => {
  const { inventory: loaded } = openInventory(options);
  if (options.listHosts !== undefined) print.data(listHosts(hostsOf(loaded, options.listHosts, options.limit)));
  else if (options.host !== undefined) print.data(listHost(loaded, options.host));
  else if (options.graph) print.data(graphInventory(loaded));
  else if (options.list) print.data(listInventory(loaded));
  else
    throw new InputError([
      { code: 'usage', severity: 'error', message: 'inventory: what is to be shown?', hint: '--list, --graph, --host HOST or --list-hosts PATTERN' },
    ]);
  return 0;
};
