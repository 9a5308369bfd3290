import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';

const answerMs = 5000;

/** The public keys that the agent behind a socket holds. Throws where there is no agent or it does not answer within 5 s. */
export const agentKeys = (socket: string): Promise<readonly ParsedKey[]> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the agent does not answer')), answerMs);
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve((keys ?? []).filter((key) => 'getPublicSSH' in key));
    });
  });

/** An agent as ssh2 wants it, reduced to the keys that shall be offered, in their order. */
export class ChosenKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #keys: ParsedKey[];
  readonly #agent: ssh2.OpenSSHAgent;

  constructor(socket: string, keys: readonly ParsedKey[]) {
    super();
    this.#keys = [...keys];
    this.#agent = new ssh2.OpenSSHAgent(socket);
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    done(undefined, this.#keys);
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done: SignCallback = () => undefined,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, done);
  }
}
