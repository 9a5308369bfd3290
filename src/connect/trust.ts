import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import type { ConnectionSettings } from '../inventory/types.ts';
import { algorithms } from './algorithms.ts';
import type { ConnectOptions } from './options.ts';
import { resolveRoute } from './destination.ts';
import { fleetOf } from './fleet.ts';
import {
  entriesFor,
  fingerprint,
  judge,
  keyType,
  knownName,
  knownTypes,
  parseKnownHosts,
  type Verdict,
} from './known-hosts.ts';
import { openLink } from './link.ts';
import { ConnectError } from './types.ts';

/** One connection shows one key: these are asked for in turn. */
const kinds: readonly ServerHostKeyAlgorithm[][] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
];

/** One key that a host has proven to hold. */
export interface ScannedKey {
  readonly type: string;
  /** `SHA256:…`, to be compared with what the host's console shows. */
  readonly fingerprint: string;
  /** What the user's known hosts say of it now. */
  readonly verdict: Verdict['verdict'];
  /** The line for known_hosts. */
  readonly entry: string;
}

export interface Scan {
  /** Where the keys belong: the first known_hosts file of the host. */
  readonly file: string;
  readonly keys: readonly ScannedKey[];
}

/**
 * The host keys that a host shows, one of each kind; nobody logs in. Jump hosts on the way are logged in to, and checked as ever.
 * Throws ConnectError where the host cannot be reached.
 */
export const scanHostKey = async (
  settings: ConnectionSettings,
  options: ConnectOptions,
  name: string = settings.address,
): Promise<Scan> => {
  const fleet = fleetOf(options);
  const route = await resolveRoute(settings, name, fleet.context);
  const { host, port, hostKeyAlias, knownHostsFiles } = route.destination;
  const known = entriesFor(await fleet.knownHosts(knownHostsFiles), host, port, hostKeyAlias);
  const proven: Buffer[] = [];
  let failure: unknown;
  for (const serverHostKey of kinds) {
    const shown: Buffer[] = [];
    const only = { ...algorithms(new Set()), serverHostKey };
    try {
      const link = await openLink(route, fleet, {
        login: false,
        algorithms: only,
        onHostKey: (key) => shown.push(key),
      });
      link.close();
      proven.push(...shown.slice(-1));
    } catch (error) {
      failure ??= error;
      if (!(error instanceof ConnectError && error.message.includes('no common host key'))) break;
    }
  }
  if (proven.length === 0) throw failure;
  // A host that has proven a known key may have keys of further types that are not known yet.
  const isKnown = proven.some((key) => judge(known, key).verdict === 'known');
  const keys = proven.map((key): ScannedKey => {
    const type = keyType(key);
    const { verdict } = judge(known, key);
    return {
      type,
      fingerprint: fingerprint(key),
      verdict: verdict === 'changed' && isKnown && !knownTypes(known).has(type) ? 'unknown' : verdict,
      entry: `${knownName(host, port, hostKeyAlias)} ${type} ${key.toString('base64')}`,
    };
  });
  return { file: knownHostsFiles[0] ?? '/dev/null', keys };
};

/**
 * Appends a line to a known_hosts file in one write; false where that host is known by that key already.
 * Folder (0700) and file (0600) are created where they are missing. Throws ConnectError where the file cannot be written.
 */
export const addKnownHost = async (file: string, entry: string): Promise<boolean> => {
  const [added] = parseKnownHosts(entry, file);
  if (!added) throw new ConnectError(`not a known_hosts line: ${entry}`);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a+', 0o600);
    try {
      const text = await readFile(handle, 'utf8');
      const same = parseKnownHosts(text, file).some(
        ({ marker, hosts, key }) =>
          marker === undefined && hosts.split(',').includes(added.hosts) && key.equals(added.key),
      );
      if (same) return false;
      await handle.write(`${text === '' || text.endsWith('\n') ? '' : '\n'}${entry}\n`);
      return true;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new ConnectError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
};
