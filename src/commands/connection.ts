import { connect, type ConnectOptions as ConnectSettings } from '../connect/connect.ts';
import type { Connection } from '../connect/types.ts';
import type { Host } from '../inventory/types.ts';
import type { ConnectOptions } from './options.ts';
import { askSecret } from './prompt.ts';

/** How this run connects to a host; prompts are asked once for the whole fleet, one after the other. */
export interface Connector {
  readonly connect: (host: Host) => Promise<Connection>;
  /** The host with the become password of `-K`, where its inventory has none. */
  readonly withPassword: (host: Host) => Host;
}

export const createConnector = async (options: ConnectOptions, signal: AbortSignal): Promise<Connector> => {
  const password = options.askBecomePass ? await askSecret('BECOME password: ') : undefined;
  let asking: Promise<unknown> = Promise.resolve();
  const settings: ConnectSettings = {
    timeoutMs: options.timeout * 1000,
    ask: (prompt) => {
      const answer = asking.then(() => askSecret(prompt));
      asking = answer.catch(() => undefined);
      return answer;
    },
    signal,
    ...(options.user !== undefined && { user: options.user }),
  };
  return {
    connect: (host) => connect(host.connection, settings, host.name),
    withPassword: (host) =>
      password === undefined || host.connection.becomePassword !== undefined
        ? host
        : { ...host, connection: { ...host.connection, becomePassword: password } },
  };
};
