import type { Shell } from '../connect/shell/shell.ts';
import { answersCode, failureText, onHosts, type HostAnswer } from './fleet.ts';
import { hostsOf } from './inventory.ts';
import { openInventory } from './load.ts';
import type { ConnectOptions, InventoryOptions } from './options.ts';
import type { Print } from './print.ts';

/** Logs in to each host and asks its shell for a sign of life; tells how long the shell took to answer, as it comes. */
export const ping = async (
  pattern: string,
  options: InventoryOptions & ConnectOptions & { readonly become?: boolean },
  print: Print,
  signal: AbortSignal,
): Promise<number> => {
  const { inventory } = openInventory(options, print.mask.hide);
  const names = hostsOf(inventory, pattern, options.limit);
  const columns = Math.max(...names.map((name) => name.length));
  const tell = (answer: HostAnswer<number>): void => {
    const host = answer.host.padEnd(columns);
    print.data('answer' in answer ? `${host} : ok  ${answer.answer} ms` : failureText({ ...answer, host }));
  };
  const roundTrip = async (shell: Shell): Promise<number> => {
    const asked = Date.now();
    await shell.ask([]);
    return Date.now() - asked;
  };
  const answers = await onHosts(inventory, names, options, print, signal, roundTrip, tell);
  return signal.aborted ? 130 : answersCode(answers);
};
