import { ConnectError } from './types.ts';

/** How far a connection had come: it decides what an error means. */
export type Stage = 'connect' | 'greeting' | 'key exchange' | 'authentication';

/**
 * Why one attempt failed. `busy`: the server dropped it before a word was said (MaxStartups), another attempt may do;
 * `refused`: a host key or an authentication, never to be tried again; `broken`: anything else.
 */
export class AttemptError extends ConnectError {
  readonly kind: 'busy' | 'refused' | 'broken';
  constructor(kind: AttemptError['kind'], message: string, hint?: string, isForeign = false) {
    super(message, hint, isForeign);
    this.kind = kind;
  }
}

/** Text of a peer, fit to be shown: control characters gone, at most 200 characters. */
export const printable = (text: string): string => {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
};

/** `host:port` as people write it, an IPv6 address in brackets. */
export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const socketErrors: Readonly<Record<string, (where: string) => [message: string, hint?: string]>> = {
  ECONNREFUSED: (where) => [
    `ECONNREFUSED ${where}: is sshd up?`,
    'nothing listens there: check the port and that sshd runs',
  ],
  ENOTFOUND: (where) => [
    `ENOTFOUND ${where}: no such host name`,
    'correct ansible_host, or the name in DNS or /etc/hosts',
  ],
  EAI_AGAIN: (where) => [`EAI_AGAIN ${where}: the name server does not answer`, 'check the resolver of this machine'],
  EHOSTUNREACH: (where) => [
    `EHOSTUNREACH ${where}: no way to that host`,
    'is it up, and is there a route or a firewall?',
  ],
  ENETUNREACH: (where) => [`ENETUNREACH ${where}: no route to that network`, 'check the network of this machine'],
  ETIMEDOUT: (where) => [`ETIMEDOUT ${where}: no answer`, 'is the host up, and does a firewall drop packets?'],
  ECONNRESET: (where) => [`ECONNRESET ${where}: the peer cut the connection`, 'its log (journalctl -u ssh) tells why'],
  EPIPE: (where) => [`EPIPE ${where}: the peer cut the connection`, 'its log (journalctl -u ssh) tells why'],
};

/** What ssh2 and sockets give. */
export interface SshError extends Error {
  /** A socket's errno name, or the reason number of an SSH disconnect message. */
  readonly code?: string | number;
  readonly level?: string;
}

/** A socket's error in people's words, or undefined where it is none. */
export const socketError = (error: SshError, where: string): AttemptError | undefined => {
  if (typeof error.code !== 'string') return undefined;
  const words: [string, string?] = socketErrors[error.code]?.(where) ?? [
    `${error.code} ${where}: ${printable(error.message)}`,
  ];
  return new AttemptError('broken', ...words);
};

/** A close, in ssh2's words; a peer that closes with our greeting unread resets the connection (RFC 1122, 4.2.2.13). */
const isClose = ({ code, message }: SshError, stage: Stage): boolean =>
  message === 'Connection lost before handshake' ||
  (stage === 'greeting' && (code === 'ECONNRESET' || code === 'EPIPE'));

/** The deadline passed. */
export const timeoutError = (where: string, stage: Stage, ms: number): AttemptError => {
  const after = `within ${Math.round(ms / 100) / 10} s`;
  switch (stage) {
    case 'connect':
      return new AttemptError(
        'broken',
        `${where} did not answer ${after}`,
        'is the host up, and does a firewall drop packets?',
      );
    case 'greeting':
      return new AttemptError(
        'broken',
        `${where} accepted the connection and said nothing ${after}`,
        'is it an SSH port, and is sshd overloaded?',
      );
    case 'key exchange':
      return new AttemptError(
        'broken',
        `${where} did not finish the key exchange ${after}`,
        'a firewall or a small MTU may swallow large packets',
      );
    case 'authentication':
      return new AttemptError(
        'broken',
        `${where} did not finish the authentication ${after}`,
        'a hung agent here, or slow PAM or DNS there',
      );
  }
};

/** The peer closed the connection before it was ready. `said`: what it sent before any SSH greeting. */
export const closedError = (where: string, stage: Stage, said: string): AttemptError => {
  const text = printable(said);
  if (stage === 'authentication')
    return new AttemptError(
      'broken',
      `${where} closed the connection during authentication`,
      'its log tells why: LoginGraceTime, MaxAuthTries, or PAM',
    );
  if (stage === 'key exchange')
    return new AttemptError('broken', `${where} closed the connection in the key exchange`, 'its log tells why');
  if (/not allowed at this time/i.test(text))
    return new AttemptError(
      'refused',
      `${where} refuses this address for now: ${text}`,
      'sshd penalises it (PerSourcePenalties) after failures: wait, or exempt it there',
    );
  if (text === '' || /^exceeded maxstartups/i.test(text))
    return new AttemptError(
      'busy',
      `${where} closed the connection before a word of SSH`,
      'MaxStartups there may be too low for this many connections: lower --forks',
    );
  return notSsh(where, text);
};

/** The peer is something else. `text`: what it said, fit to be shown. */
export const notSsh = (where: string, text: string): AttemptError =>
  new AttemptError('broken', `${where} does not speak SSH${text === '' ? '' : `; it said: ${text}`}`, 'check the port');

/** What ssh2 reported before the connection was ready, in people's words. `said`: as in closedError. */
export const translate = (error: SshError, where: string, stage: Stage, said: string): AttemptError => {
  const { message } = error;
  if (isClose(error, stage)) return closedError(where, stage, said);
  const format = /no matching (.*?)(?: algorithm)?$/.exec(message);
  if (format)
    return new AttemptError(
      'broken',
      `${where} and perfplay have no common ${format[1]}`,
      'the server offers only algorithms that ssh2 cannot use or that are no longer safe: ansible_connection: openssh may have one',
    );
  if (stage === 'greeting' && typeof error.code !== 'string') return notSsh(where, printable(said));
  if (/Too many authentication failures/i.test(message))
    return new AttemptError(
      'refused',
      `${where} stopped after too many keys (MaxAuthTries)`,
      'set IdentitiesOnly yes with an IdentityFile, or ansible_ssh_private_key_file',
    );
  return (
    socketError(error, where) ??
    new AttemptError('broken', `${where} ended the connection (${stage}): ${printable(message)}`, 'its log tells why')
  );
};
