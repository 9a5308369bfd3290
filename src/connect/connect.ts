import type { ConnectionSettings } from '../inventory/types.ts';
import { defaultTimeoutMs, type ConnectOptions } from './options.ts';
import type { Connection } from './types.ts';

/**
 * Connects to one host: by ssh2, by the system's ssh, or locally. `name` is what people call the host, for messages. All hosts of a run are given the
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
  if (settings.connection === 'openssh') {
    const { connectOpenssh } = await import('./openssh.ts');
    return connectOpenssh(settings, options, name);
  }
  const [{ connectSsh }, { fleetOf }] = await Promise.all([import('./ssh.ts'), import('./fleet.ts')]);
  return connectSsh(settings, fleetOf(options), name);
};
