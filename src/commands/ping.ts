import { escapeText } from '../report/escape.ts';
import { answersCode, onHosts } from './fleet.ts';
import { hostsOf } from './inventory.ts';
import { openInventory } from './load.ts';
import type { ConnectOptions, InventoryOptions } from './options.ts';
import type { Print } from './print.ts';

/** Logs in to each host and asks its shell for a sign of life. */
export const ping = async (
  pattern: string,
  options: InventoryOptions & ConnectOptions & { readonly become?: boolean },
  print: Print,
  signal: AbortSignal,
): Promise<number> => {
  const { inventory } = openInventory(options);
  const started = Date.now();
  const answers = await onHosts(inventory, hostsOf(inventory, pattern, options.limit), options, signal, async (shell) => {
    await shell.ask([]);
    return Date.now() - started;
  });
  for (const answer of answers) {
    if ('answer' in answer) print.data(`${answer.host} : ok  ${answer.answer} ms`);
    else {
      print.data(`${answer.host} : ${answer.status}  ${escapeText(answer.message)}`);
      if (answer.hint) print.data(`  hint: ${escapeText(answer.hint)}`);
    }
  }
  return signal.aborted ? 130 : answersCode(answers);
};
