import type { ConnectionSettings } from '../inventory/types.ts';
import type { Connection } from './types.ts';

/** Milliseconds for connecting, where the caller says nothing. */
export const defaultTimeoutMs = 20_000;

export interface ConnectOptions {
  /** For connecting, authentication included, in milliseconds; the time a person takes to answer does not count. Default 20 s. */
  readonly timeoutMs?: number;
  /** Asks the person for a passphrase; called once for each encrypted key file of the fleet. An empty answer leaves it locked. */
  readonly ask: (prompt: string) => Promise<string>;
  /** Ends what is being connected; open connections stay. */
  readonly signal?: AbortSignal;
  /** The login user where the inventory names none (`-u`). */
  readonly user?: string;
  /** Whose `.ssh` is used. Default: the home folder of the password file, as ssh has it. */
  readonly home?: string;
  /** Default: SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
}

/**
 * Connects to one host, over SSH or locally. `name` is what people call the host, for messages. All hosts of a run are given the
 * same options object: keys, prompts, known_hosts, ssh_config and jump hosts are shared by it.
 * Throws ConnectError where the host cannot be reached or does not let us in, its host key included.
 */
export const connect = async (
  settings: ConnectionSettings,
  options: ConnectOptions,
  name: string = settings.address,
): Promise<Connection> => {
  if (settings.connection === 'local') {
    const { connectLocal } = await import('./local.ts');
    return connectLocal(options.timeoutMs ?? defaultTimeoutMs);
  }
  const [{ connectSsh }, { fleetOf }] = await Promise.all([import('./ssh.ts'), import('./fleet.ts')]);
  return connectSsh(settings, fleetOf(options), name);
};
