import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { memoize } from '../contract/memoize.ts';
import { agentKeys } from './agent.ts';
import type { Credentials } from './authentication.ts';
import type { ResolveContext } from './destination.ts';
import { type ConnectOptions, defaultTimeoutMs } from './options.ts';
import { createKeyRing, once } from './keys.ts';
import { type KnownHost, parseKnownHosts } from './known-hosts.ts';
import type { SharedHop } from './link.ts';
import { passwordGateOf } from './password-gate.ts';
import { createSshConfigLookup } from './ssh-config.ts';
import { ConnectError } from './types.ts';

/** What all connections made with one options object share, so that a thousand hosts read, ask and try things once. */
export interface Fleet {
  readonly context: ResolveContext;
  readonly credentials: Credentials;
  /** The lines of known_hosts files, in the files' order. Throws ConnectError for a file that is there and cannot be read. */
  readonly knownHosts: (files: readonly string[]) => Promise<readonly KnownHost[]>;
  /** Open connections to jump hosts, by the way to them. */
  readonly hops: Map<string, SharedHop>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const readKnownHosts = async (file: string): Promise<readonly KnownHost[]> => {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new ConnectError(`the known hosts in ${file} cannot be read: ${code ?? message}`);
  }
};

const createFleet = (options: ConnectOptions): Fleet => {
  const { timeoutMs, ask, signal, user, home, agentSocket } = options;
  const account = userInfo();
  const folder = home ?? account.homedir;
  const socket = agentSocket ?? process.env.SSH_AUTH_SOCK;
  const read = once(readKnownHosts);
  /** By the names of the files, which hold no NUL: the same files give the same list, and so one index of it. */
  const readAll = once(async (files) => (await Promise.all(files.split('\0').map(read))).flat());
  return {
    context: {
      lookup: createSshConfigLookup(folder),
      home: folder,
      account,
      ...(user !== undefined && { user }),
      ...(socket !== undefined && { agentSocket: socket }),
    },
    credentials: { keys: createKeyRing(ask), agentKeys: once(agentKeys), passwords: passwordGateOf(options) },
    knownHosts: (files) => readAll(files.join('\0')),
    hops: new Map(),
    timeoutMs: timeoutMs ?? defaultTimeoutMs,
    signal,
  };
};

/** The fleet of an options object: always the same one. */
export const fleetOf = memoize(createFleet);
