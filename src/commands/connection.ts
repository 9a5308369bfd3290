import { existsSync } from 'node:fs';
import { connect } from '../connect/connect.ts';
import type { ConnectOptions as ConnectSettings } from '../connect/options.ts';
import { ConnectError, type Connection } from '../connect/types.ts';
import type { Host } from '../inventory/types.ts';
import { labFolder } from '../lab/folder.ts';
import type { Aside } from '../report/terminal.ts';
import { labHome } from './lab-home.ts';
import type { ConnectOptions } from './options.ts';
import { obtainPasswords } from './passwords.ts';
import { ask } from './prompt.ts';

/** How this run connects to a host; prompts are asked once for the whole fleet, one after the other. */
export interface Connector {
  readonly connect: (host: Host, isInterruptible?: boolean) => Promise<Connection>;
  /** The host with the passwords of this call, where its inventory has none. */
  readonly withPassword: (host: Host) => Host;
  /** What every connection of the run shares. */
  readonly settings: ConnectSettings;
}

/** A host of the embedded lab that cannot be reached, or does not know us: mostly the lab is not up, or is that of another folder. */
const labHint = (host: Host): string | undefined => {
  if (host.connection.write === undefined || host.connection.connection === 'local') return undefined;
  if (existsSync(labFolder(labHome).record)) return undefined;
  return `no lab is up in this folder (${labHome}): perfplay lab up`;
};

/** `hide` hears of every password that is given. */
export const createConnector = async (
  options: ConnectOptions,
  signal: AbortSignal,
  hide: (secret: string) => void,
  aside: Aside = (work) => work(),
): Promise<Connector> => {
  const { login, become } = await aside(() => obtainPasswords(options, signal));
  for (const password of [login, become]) if (password !== undefined) hide(password);
  let asking: Promise<unknown> = Promise.resolve();
  const settings: ConnectSettings = {
    timeoutMs: options.timeout * 1000,
    ask: (prompt) => {
      const question = { prompt, hidden: true, instead: 'use an agent, or call it from a terminal' };
      const answer = asking.then(() => aside(() => ask(question, signal)));
      asking = answer.then(hide, () => undefined);
      return answer;
    },
    signal,
    ...(options.user !== undefined && { user: options.user }),
  };
  return {
    connect: async (host, isInterruptible) => {
      try {
        return await connect(host.connection, settings, host.name, isInterruptible);
      } catch (error) {
        const hint = error instanceof ConnectError ? labHint(host) : undefined;
        throw hint === undefined ? error : new ConnectError((error as ConnectError).message, hint);
      }
    },
    withPassword: (host) => ({
      ...host,
      connection: {
        ...(login !== undefined && { password: login }),
        ...(become !== undefined && { becomePassword: become }),
        ...host.connection,
      },
    }),
    settings,
  };
};
