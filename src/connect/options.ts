/** Milliseconds for connecting, where the caller says nothing. */
export const defaultTimeoutMs = 20_000;

export interface ConnectOptions {
  /** For connecting, authentication included, in milliseconds; the time a person takes to answer does not count. Default 20 s. */
  readonly timeoutMs?: number;
  /** Asks the person for a passphrase; called once for each encrypted key file of the fleet. An empty answer leaves it locked. */
  readonly ask: (prompt: string) => Promise<string>;
  /** Ends what is being connected; open connections stay. */
  readonly signal?: AbortSignal;
  /** The login user where the inventory names none (`-u`). */
  readonly user?: string;
  /** Whose `.ssh` is used. Default: the home folder of the password file, as ssh has it. */
  readonly home?: string;
  /** Default: SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
}
