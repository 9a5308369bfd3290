import { existsSync } from 'node:fs';
import { connect } from '../connect/connect.ts';
import type { ConnectOptions as ConnectSettings } from '../connect/options.ts';
import { ConnectError, type Connection } from '../connect/types.ts';
import { InputError } from '../diagnostics.ts';
import type { Host } from '../inventory/types.ts';
import { labFolder } from '../lab/folder.ts';
import type { Aside } from '../report/terminal.ts';
import { labHome } from './lab-home.ts';
import type { ConnectOptions } from './options.ts';
import { ask } from './prompt.ts';

/** How this run connects to a host; prompts are asked once for the whole fleet, one after the other. */
export interface Connector {
  readonly connect: (host: Host) => Promise<Connection>;
  /** The host with the become password of `-K`, where its inventory has none. */
  readonly withPassword: (host: Host) => Host;
  /** What every connection of the run shares. */
  readonly settings: ConnectSettings;
}

const askBecomePassword = async (signal: AbortSignal): Promise<string> => {
  const instead = 'set ansible_become_password in the inventory, or call it from a terminal';
  const password = await ask({ prompt: 'BECOME password: ', hidden: true, instead }, signal);
  if (password !== '') return password;
  throw new InputError([{ code: 'no-password', severity: 'error', message: 'no become password was given' }]);
};

/** A host of the embedded lab that cannot be reached, or does not know us: mostly the lab is not up, or is that of another folder. */
const labHint = (host: Host): string | undefined => {
  if (host.connection.write === undefined || host.connection.connection === 'local') return undefined;
  if (existsSync(labFolder(labHome).record)) return undefined;
  return `no lab is up in this folder (${labHome}): perfplay lab up`;
};

/** `hide` hears of every password that is typed. */
export const createConnector = async (
  options: ConnectOptions,
  signal: AbortSignal,
  hide: (secret: string) => void,
  aside: Aside = (work) => work(),
): Promise<Connector> => {
  const password = options.askBecomePass ? await aside(() => askBecomePassword(signal)) : undefined;
  if (password !== undefined) hide(password);
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
    connect: async (host) => {
      try {
        return await connect(host.connection, settings, host.name);
      } catch (error) {
        const hint = error instanceof ConnectError ? labHint(host) : undefined;
        throw hint === undefined ? error : new ConnectError((error as ConnectError).message, hint);
      }
    },
    withPassword: (host) =>
      password === undefined || host.connection.becomePassword !== undefined
        ? host
        : { ...host, connection: { ...host.connection, becomePassword: password } },
    settings,
  };
};
