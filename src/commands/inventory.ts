import { InputError } from '../diagnostics.ts';
import { explainHost } from '../inventory/explain.ts';
import { matchHosts } from '../inventory/patterns.ts';
import { graphInventory, listHost, listHosts, listInventory } from '../inventory/print.ts';
import type { Inventory } from '../inventory/types.ts';
import { diagnosticText } from '../report/diagnostic-text.ts';
import { escapeText } from '../report/escape.ts';
import type { Sources } from '../yaml/files.ts';
import { type LoadedInventory, openInventory } from './load.ts';
import type { InventoryOptions } from './options.ts';
import type { Print } from './print.ts';

export interface InventoryCommandOptions extends InventoryOptions {
  readonly list?: boolean;
  readonly graph?: boolean;
  readonly host?: string;
  readonly listHosts?: string;
  /** A host, and perhaps one of its variables. */
  readonly explain?: readonly string[];
}

const usage = (message: string, hint: string): InputError =>
  new InputError([{ code: 'usage', severity: 'error', message: `inventory: ${message}`, hint }]);

/** The hosts of a pattern. Throws InputError where it names nobody. */
export const hostsOf = (inventory: Inventory, pattern: string, limit?: string, files?: Sources): readonly string[] => {
  const { hosts, diagnostics } = matchHosts(inventory, pattern, limit, files);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new InputError(errors);
  if (hosts.length === 0)
    throw new InputError([
      { code: 'no-hosts', severity: 'error', message: `the pattern "${pattern}" matches no host` },
    ]);
  return hosts;
};

const explain = ([host, variable, ...rest]: readonly string[], opened: LoadedInventory): string => {
  if (host === undefined || rest.length > 0)
    throw usage('--explain takes a host and at most one variable', '--explain HOST [VARIABLE]');
  return explainHost(opened, host, variable);
};

/** Prints the inventory as ansible-inventory would, or where the values of a host's variables come from. */
export const inventory = (options: InventoryCommandOptions, print: Print): number => {
  const { graph, host, list, listHosts: pattern, explain: words } = options;
  if (!graph && !list && host === undefined && pattern === undefined && words === undefined)
    throw usage(
      'what is to be shown?',
      '--list, --graph, --host HOST or --list-hosts PATTERN; --explain HOST [VARIABLE] tells where values come from',
    );
  const opened = openInventory(options, print.mask.hide);
  const { inventory: loaded, files, warnings } = opened;
  for (const warning of warnings) print.talk(diagnosticText(print.mask.value(warning), files.text));
  /** Names come from files that many edit. */
  const show = (text: string): void => print.data(text.split('\n').map(escapeText).join('\n'));
  if (pattern !== undefined) show(listHosts(hostsOf(loaded, pattern, options.limit, files)));
  else if (words !== undefined) show(explain(words, opened));
  else if (graph) show(graphInventory(loaded));
  else print.data(host === undefined ? listInventory(loaded) : listHost(loaded, host));
  return 0;
};
