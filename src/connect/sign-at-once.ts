import type { Client, ParsedKey } from 'ssh2';

type Sign = (data: Buffer, done: (signature: Buffer) => void) => void;

/** ssh2 1.17's own interface to one connection: not public, so the version is pinned exactly. */
interface Protocol {
  authPK?: (user: string, key: ParsedKey, algorithm: string | undefined, sign?: Sign) => void;
}

const hashes: Readonly<Record<string, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ssh-rsa': 'sha1',
};

/**
 * Makes a connecting client sign with a private key at once. By itself ssh2 first asks whether the key would do (RFC 4252
 * section 7): one round trip more for each host. An agent's keys are still asked for, since signing may need a person there.
 */
export const signAtOnce = (client: Client): void => {
  const protocol = (client as unknown as { _protocol?: Protocol })._protocol;
  const original = protocol?.authPK?.bind(protocol);
  if (protocol === undefined || original === undefined) return;
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined || !key.isPrivateKey()) return original(user, key, algorithm, sign);
    return original(user, key, algorithm, (data, done) => {
      const signature: Buffer | Error = key.sign(data, hashes[algorithm ?? '']);
      if (signature instanceof Error) original(user, key, algorithm);
      else done(signature);
    });
  };
};
