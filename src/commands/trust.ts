import { addKnownHost, scanHostKey } from '../connect/trust.ts';
import { ConnectError } from '../connect/types.ts';
import { hostsOf } from './inventory.ts';
import { openInventory } from './load.ts';
import type { ConnectOptions, InventoryOptions } from './options.ts';
import type { Print } from './print.ts';
import { askSecret, confirm } from './prompt.ts';

/** Shows the host keys of hosts and, once confirmed, adds the unknown ones to known_hosts. A changed key is never replaced. */
export const trust = async (
  patterns: readonly string[],
  options: InventoryOptions & ConnectOptions & { readonly yes?: boolean },
  print: Print,
  signal: AbortSignal,
): Promise<number> => {
  const { inventory } = openInventory(options);
  const connect = { timeoutMs: options.timeout * 1000, ask: askSecret, signal, ...(options.user !== undefined && { user: options.user }) };
  let exit = 0;
  for (const name of hostsOf(inventory, patterns.join(','), options.limit)) {
    try {
      const { file, keys } = await scanHostKey(inventory.hosts.get(name)!.connection, connect, name);
      const fresh = keys.filter(({ verdict }) => verdict === 'unknown');
      for (const { type, fingerprint, verdict } of keys) print.data(`${name} ${type} ${fingerprint} ${verdict}`);
      if (keys.some(({ verdict }) => verdict === 'changed' || verdict === 'revoked')) {
        print.talk(`${name}: its key is not the one in ${file}; remove that line yourself once you know why`);
        exit = 1;
      } else if (fresh.length > 0 && (options.yes || (await confirm(`Add ${fresh.length} keys of ${name} to ${file}?`))))
        for (const { entry } of fresh) await addKnownHost(file, entry);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      print.talk(`${name} : unreachable  ${error.message}${error.hint ? `\n  hint: ${error.hint}` : ''}`);
      exit = 1;
    }
  }
  return exit;
};
