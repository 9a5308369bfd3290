import { setTimeout as delay } from 'node:timers/promises';
import type { Algorithms, Client } from 'ssh2';
import { algorithms } from './algorithms.ts';
import { createAuthentication } from './authentication.ts';
import { startDeadline } from './deadline.ts';
import type { Destination, Route } from './destination.ts';
import { AttemptError, hostPort, type Stage, timeoutError } from './errors.ts';
import type { Fleet } from './fleet.ts';
import { handshake } from './handshake.ts';
import { createHostKeyCheck } from './host-key.ts';
import { knownTypes } from './known-hosts.ts';
import { type Carrier, openForward, openProxyCommand, openTcp } from './stream.ts';

/** An SSH connection with all that carries it. */
export interface OpenLink {
  readonly client: Client;
  /** Resolves when the connection is gone, with why. */
  readonly lost: Promise<string>;
  /** Says goodbye and closes. */
  readonly close: () => void;
  /** Destroys the socket, at once. */
  readonly cut: () => void;
}

/** What a connection is made for: to log in, or only to see a host key. */
export type Purpose =
  | { readonly login: true }
  | { readonly login: false; readonly algorithms: Algorithms; readonly onHostKey: (key: Buffer) => void };

/** A jump host's connection and how many connections go through it. */
export interface SharedHop {
  readonly opened: Promise<OpenLink>;
  users: number;
}

const attempts = 5;
const firstDelayMs = 250;

/**
 * Opens the connection, through the jump hosts on the way; a server too busy to say a word is asked again, everything else fails
 * at once. Throws ConnectError.
 */
export const openLink = async (
  { way, destination }: Route,
  fleet: Fleet,
  purpose: Purpose = { login: true },
): Promise<OpenLink> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openOnce(way, destination, fleet, purpose);
    } catch (error) {
      if (!(error instanceof AttemptError) || error.kind !== 'busy' || attempt === attempts) throw error;
      const jitter = 0.5 + Math.random();
      const options = fleet.signal ? { signal: fleet.signal } : {};
      await delay(firstDelayMs * 2 ** (attempt - 1) * jitter, undefined, options).catch(() => undefined);
    }
  }
};

const openOnce = async (
  way: readonly Destination[],
  destination: Destination,
  fleet: Fleet,
  purpose: Purpose,
): Promise<OpenLink> => {
  const where = hostPort(destination.host, destination.port);
  const lines = purpose.login ? await fleet.knownHosts(destination.knownHostsFiles) : [];
  const hop = way.length > 0 ? await useHop(way, fleet) : undefined;
  const ms = destination.timeoutMs ?? fleet.timeoutMs;
  const giveUp = new AbortController();
  let stage: Stage = 'connect';
  let carrier: Carrier | undefined;
  const interrupt = () => giveUp.abort(new AttemptError('broken', `${where}: interrupted`));
  const deadline = startDeadline(ms, () => giveUp.abort(timeoutError(where, stage, ms)));
  const cut = () => {
    carrier?.cut();
    hop?.release();
  };

  const work = async (): Promise<OpenLink> => {
    const opened = await openCarrier(destination, hop, giveUp.signal);
    carrier = opened;
    if (giveUp.signal.aborted) {
      opened.cut();
      throw giveUp.signal.reason as AttemptError;
    }
    const check = createHostKeyCheck(destination, lines);
    const common = { where, user: destination.user, signal: giveUp.signal, onStage: (next: Stage) => (stage = next) };
    const { client, lost } = await handshake(
      opened.stream,
      purpose.login
        ? {
            ...common,
            algorithms: algorithms(knownTypes(check.entries)),
            judgeHostKey: check.judge,
            authentication: createAuthentication(destination, fleet.credentials, deadline.pause),
          }
        : {
            ...common,
            algorithms: purpose.algorithms,
            judgeHostKey: (key) => {
              purpose.onHostKey(key);
              return undefined;
            },
          },
    );
    void lost.then(cut);
    const close = () => {
      client.end();
      opened.close();
      hop?.release();
    };
    return { client, lost, close, cut };
  };

  try {
    fleet.signal?.addEventListener('abort', interrupt);
    if (fleet.signal?.aborted) interrupt();
    return await Promise.race([work(), rejection(giveUp.signal)]);
  } catch (error) {
    cut();
    const complaint = await carrier?.complaint();
    throw complaint && error instanceof AttemptError && error.kind !== 'refused'
      ? new AttemptError('broken', `${error.message}; ProxyCommand says: ${complaint}`, error.hint)
      : error;
  } finally {
    deadline.stop();
    fleet.signal?.removeEventListener('abort', interrupt);
  }
};

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = () => reject(signal.reason as AttemptError);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });

const openCarrier = (destination: Destination, hop: UsedHop | undefined, signal: AbortSignal): Promise<Carrier> => {
  const { host, port, proxyCommand } = destination;
  if (hop) return openForward(hop.client, hop.name, host, port);
  if (proxyCommand !== undefined) return Promise.resolve(openProxyCommand(proxyCommand));
  return openTcp(host, port, signal);
};

interface UsedHop {
  readonly name: string;
  readonly client: Client;
  readonly release: () => void;
}

/**
 * The connection to the last of some jump hosts. Hosts behind the same ones share it: a fleet behind a bastion would run into
 * its MaxStartups. A refused login or host key is remembered, since trying again for each host could lock it.
 */
const useHop = async (way: readonly Destination[], fleet: Fleet): Promise<UsedHop> => {
  const hop = way.at(-1)!;
  const key = JSON.stringify(way.map(({ user, host, port, proxyCommand }) => [user, host, port, proxyCommand]));
  const shared: SharedHop = fleet.hops.get(key) ?? {
    opened: openLink({ way: way.slice(0, -1), destination: hop }, fleet),
    users: 0,
  };
  fleet.hops.set(key, shared);
  const forget = () => {
    if (fleet.hops.get(key) === shared) fleet.hops.delete(key);
  };
  shared.users++;
  try {
    const { client, lost, close } = await shared.opened;
    void lost.then(forget);
    let used = true;
    const release = () => {
      if (!used) return;
      used = false;
      if (--shared.users > 0) return;
      forget();
      close();
    };
    return { name: hop.name, client, release };
  } catch (error) {
    if (!(error instanceof AttemptError)) throw error;
    if (error.kind !== 'refused') forget();
    const kind = error.kind === 'refused' ? 'refused' : 'broken';
    throw new AttemptError(kind, `jump host ${hop.name}: ${error.message}`, error.hint, error.isForeign);
  }
};
