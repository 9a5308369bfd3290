import pLimit from 'p-limit';
import { addKnownHost, scanHostKey, type Scan } from '../connect/trust.ts';
import { ConnectError } from '../connect/types.ts';
import { createConnector } from './connection.ts';
import { failureText, type HostFailure } from './fleet.ts';
import { hostsOf } from './inventory.ts';
import { openInventory } from './load.ts';
import type { ConnectOptions, InventoryOptions } from './options.ts';
import type { Print } from './print.ts';
import { confirm } from './prompt.ts';

type Scanned = (Scan & { readonly host: string }) | HostFailure;

/** Shows the host keys of hosts and, once confirmed, adds the unknown ones to known_hosts. A changed key is never replaced. */
export const trust = async (
  patterns: readonly string[],
  options: InventoryOptions & ConnectOptions & { readonly yes?: boolean },
  print: Print,
  signal: AbortSignal,
): Promise<number> => {
  const { inventory } = openInventory(options, print.mask.hide);
  const names = hostsOf(inventory, patterns.join(','), options.limit);
  const { settings } = await createConnector(options, signal, print.mask.hide);
  const limit = pLimit(options.forks);
  const scan = async (host: string): Promise<Scanned> => {
    try {
      return { host, ...(await scanHostKey(inventory.hosts.get(host)!.connection, settings, host)) };
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      const { message, hint } = error;
      return { host, status: 'unreachable', message, ...(hint !== undefined && { hint }) };
    }
  };
  const scans = await Promise.all(names.map((name) => limit(() => scan(name))));

  let exit = 0;
  for (const found of scans) {
    if ('status' in found) {
      print.talk(failureText(found));
      exit = 1;
    } else
      for (const { type, fingerprint, verdict } of found.keys)
        print.data(`${found.host} ${type} ${fingerprint} ${verdict}`);
  }
  for (const found of scans) {
    if ('status' in found) continue;
    const { host, file, keys } = found;
    const fresh = keys.filter(({ verdict }) => verdict === 'unknown');
    if (keys.some(({ verdict }) => verdict === 'changed' || verdict === 'revoked')) {
      print.talk(`${host}: its key is not the one in ${file}; remove that line yourself once you know why`);
      exit = 1;
    } else if (fresh.length > 0) {
      const shown = fresh.map(({ type, fingerprint }) => `${type} ${fingerprint}`).join(', ');
      const question = `${host} ${shown}: add to ${file}?`;
      if (!options.yes && !(await confirm(question, 'compare the fingerprints, then give --yes', signal))) continue;
      for (const { entry } of fresh) await addKnownHost(file, entry);
      print.talk(`${host}: added ${fresh.length} ${fresh.length === 1 ? 'key' : 'keys'} to ${file}`);
    }
  }
  return exit;
};
