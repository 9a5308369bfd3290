import type { Duplex } from 'node:stream';
import ssh2, { type Algorithms, type Client } from 'ssh2';
import type { Authentication } from './authentication.ts';
import { type AttemptError, closedError, type SshError, socketError, type Stage, translate } from './errors.ts';
import { leaveHostKeys } from './leave-host-keys.ts';
import { signAtOnce } from './sign-at-once.ts';

const keepaliveMs = 15_000;
const keepaliveCount = 3;

/** How one side of a handshake is to be made. */
export interface HandshakeParts {
  /** `host:port`, for messages. */
  readonly where: string;
  readonly user: string;
  readonly algorithms: Algorithms;
  /** What is wrong with a host key. Asked again at each key exchange, so it answers at once. */
  readonly judgeHostKey: (key: Buffer) => AttemptError | undefined;
  /** Without one the handshake ends after the key exchange: the host key is proven, nobody logs in. */
  readonly authentication?: Authentication;
  readonly onStage: (stage: Stage) => void;
  /** Ends the handshake, with an AttemptError as its reason. */
  readonly signal: AbortSignal;
}

/** A client whose connection is up. */
export interface Link {
  readonly client: Client;
  /** Resolves when the connection is gone, with why. Never rejects. */
  readonly lost: Promise<string>;
}

/**
 * One SSH handshake over a stream, by strict rules: any end before `ready` is an error, nothing is retried, every error comes
 * out in people's words as AttemptError. The caller owns the stream, watches the time, and destroys the stream on failure.
 */
export const handshake = (stream: Duplex, parts: HandshakeParts): Promise<Link> =>
  new Promise((resolve, reject) => {
    const { where, authentication } = parts;
    const client = new ssh2.Client();
    let stage: Stage = 'greeting';
    let settled = false;
    let said = '';
    let refusal: AttemptError | undefined;
    let accepted: Buffer | undefined;
    let reason: string | undefined;
    let loseNow: (why: string) => void;
    const lost = new Promise<string>((lose) => (loseNow = lose));

    const enter = (next: Stage) => {
      stage = next;
      parts.onStage(next);
    };
    const settle = (ready: boolean, finish: () => void) => {
      if (settled) return;
      settled = true;
      authentication?.finish(ready);
      finish();
    };
    const succeed = () => settle(true, () => resolve({ client, lost }));
    const fail = (error: AttemptError) => settle(false, () => reject(error));
    const ended = () => {
      fail(refusal ?? closedError(where, stage, said));
      loseNow(reason ?? `${where} closed the connection`);
    };
    const listen = (bytes: Buffer) => {
      if (said.length < 256) said += bytes.toString('latin1', 0, 256);
      if (stage === 'greeting' && /^SSH-/m.test(said)) enter('key exchange');
    };

    client.on('error', (error: SshError) => {
      if (error.level === 'agent') return;
      if (settled) reason ??= lossOf(error, where);
      else if (error.level !== 'client-authentication') fail(refusal ?? translate(error, where, stage, said));
      else if (error.message.startsWith('All configured')) fail(authentication!.failure());
    });
    parts.signal.addEventListener('abort', () => fail(parts.signal.reason as AttemptError), { once: true });
    client.on('end', ended);
    client.on('close', ended);
    client.on('handshake', () => {
      stream.off('data', listen);
      if (settled) return;
      enter('authentication');
      if (!authentication) succeed();
    });
    client.on('ready', succeed);

    enter('greeting');
    stream.on('data', () => sendTogether(stream));
    client.connect({
      sock: stream,
      username: parts.user,
      algorithms: parts.algorithms,
      readyTimeout: 0,
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: keepaliveCount,
      hostVerifier: (key: Buffer): boolean => {
        if (accepted?.equals(key)) return true;
        refusal = parts.judgeHostKey(key);
        if (refusal === undefined) accepted = key;
        return refusal === undefined;
      },
      authHandler: authentication?.handler ?? (() => undefined),
    });
    signAtOnce(client);
    leaveHostKeys(client);
    stream.on('data', listen);
  });

/** All that ssh2 says to one piece of data leaves in one write: it makes a write of each packet else, and each wakes the server. */
const sendTogether = (stream: Duplex): void => {
  stream.cork();
  process.nextTick(() => stream.uncork());
};

const lossOf = (error: SshError, where: string): string =>
  error.level === 'client-timeout'
    ? `${where} has not answered for ${(keepaliveMs * keepaliveCount) / 1000} s`
    : (socketError(error, where)?.message ?? `${where} ended the connection: ${error.message}`);
