import type { ConnectionSettings } from '../inventory/types.ts';
import { defaultTimeoutMs, type ConnectOptions } from './options.ts';
import { passwordGateOf } from './password-gate.ts';
import type { Connection } from './types.ts';

const uninterruptible = ({ signal: _signal, ...options }: ConnectOptions): ConnectOptions => options;

/**
 * Connects to one host: by ssh2, by the system's ssh, or locally. `name` is what people call the host, for messages. All hosts of a run are given the
 * same options object: keys, prompts, known_hosts, ssh_config and jump hosts are shared by it.
 * `isInterruptible`: the signal of the options ends it, too; false for what belongs to a change that is under way.
 * Throws ConnectError where the host cannot be reached or does not let us in, its host key included.
 */
export const connect = async (
  settings: ConnectionSettings,
  options: ConnectOptions,
  name: string = settings.address,
  isInterruptible = true,
): Promise<Connection> => {
  if (settings.connection === 'local') {
    const { connectLocal } = await import('./local.ts');
    return connectLocal(options.timeoutMs ?? defaultTimeoutMs, passwordGateOf(options));
  }
  if (settings.connection === 'openssh') {
    const { connectOpenssh } = await import('./openssh.ts');
    return connectOpenssh(
      settings,
      isInterruptible ? options : uninterruptible(options),
      passwordGateOf(options),
      name,
    );
  }
  const [{ connectSsh }, { fleetOf }] = await Promise.all([import('./ssh.ts'), import('./fleet.ts')]);
  const fleet = fleetOf(options);
  return connectSsh(settings, isInterruptible ? fleet : { ...fleet, signal: undefined }, name);
};
