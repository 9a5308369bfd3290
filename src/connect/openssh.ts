import type { ConnectionSettings } from '../inventory/types.ts';
import { type Become, passSudo, sudoCall } from './become.ts';
import { openMaster } from './openssh-master.ts';
import { openSession } from './openssh-session.ts';
import type { ConnectOptions } from './options.ts';
import type { PasswordGate } from './password-gate.ts';
import type { Channel, Connection } from './types.ts';

/**
 * `connection: openssh`: a connection by the system's `ssh`, which knows certificates, keys in hardware, GSSAPI and post-quantum
 * key exchange. One `ssh` logs in and stays; each shell is one more that goes through it. Throws ConnectError.
 */
export const connectOpenssh = async (
  settings: ConnectionSettings,
  options: ConnectOptions,
  passwords: PasswordGate,
  name: string,
): Promise<Connection> => {
  const master = await openMaster(settings, options, name);
  const killing = new Set<Promise<void>>();
  const start = (argv: readonly [string, ...string[]]): Promise<Channel> =>
    openSession(master, argv, (kill) => {
      killing.add(kill);
      void kill.then(() => killing.delete(kill));
    });
  return {
    shell: async (become?: Become) => {
      if (become === undefined || become.user === master.user) return start(['/bin/sh']);
      const call = sudoCall(become);
      const { timeoutMs, user: account = '' } = master;
      return passSudo(await start(call.argv), call, become, { timeoutMs, account, passwords });
    },
    close: () => {
      if (killing.size === 0) master.close();
      else void Promise.all(killing).then(master.close);
    },
  };
};
