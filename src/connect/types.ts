/** A byte stream to one remote `/bin/sh` that reads its commands from standard input. Only `connect/` knows how it came to be. */
export interface Channel {
  readonly write: (bytes: Buffer) => void;
  readonly onStdout: (listener: (bytes: Buffer) => void) => void;
  readonly onStderr: (listener: (bytes: Buffer) => void) => void;
  /** Resolves once, when the channel is gone, with why: the program's exit, or a lost connection. Never rejects. */
  readonly closed: Promise<ChannelEnd>;
  /** Ends standard input; the shell exits. */
  readonly end: () => void;
  /** At once, without waiting for anything. */
  readonly destroy: () => void;
}

export interface ChannelEnd {
  readonly exit?: number;
  readonly signal?: string;
  /** What was lost and in whose words; absent after an exit. */
  readonly lost?: string;
}

/** An authenticated connection to one host. */
export interface Connection {
  /**
   * `/bin/sh` as the login user, or as `becomeUser` through sudo.
   * Throws BecomeError where sudo refuses, ConnectError where the connection was lost.
   */
  readonly shell: (become?: { readonly user: string; readonly password?: string }) => Promise<Channel>;
  readonly close: () => void;
}

/** The host could not be reached, or not authenticated, its host key included: the host is `unreachable`. */
export class ConnectError extends Error {
  /** What to do about it. */
  readonly hint: string | undefined;
  /** The host showed a key that is not its own, or an unknown one: no matter of waiting. */
  readonly isForeign: boolean;
  constructor(message: string, hint?: string, isForeign = false) {
    super(message);
    this.name = 'ConnectError';
    this.hint = hint;
    this.isForeign = isForeign;
  }
}

/** sudo refused: the host is `failed`. */
export class BecomeError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'BecomeError';
    this.hint = hint;
  }
}
