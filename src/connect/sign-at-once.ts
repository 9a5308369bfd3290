import { createPrivateKey, type KeyObject, sign as signWith } from 'node:crypto';
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

const opened = new WeakMap<ParsedKey, KeyObject>();

/** A key as it is signed with, understood once for all hosts: ssh2 reads its text again for each signature. */
const openedKey = (key: ParsedKey): KeyObject => {
  const known = opened.get(key) ?? createPrivateKey(key.getPrivatePEM());
  opened.set(key, known);
  return known;
};

/** As ssh2's own `sign`: what cannot be signed is given back as an error. */
const signatureOf = (key: ParsedKey, data: Buffer, algorithm: string | undefined): Buffer | Error => {
  if (key.type !== 'ssh-ed25519') return key.sign(data, hashes[algorithm ?? '']);
  try {
    return signWith(undefined, data, openedKey(key));
  } catch (error) {
    return error as Error;
  }
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
      const signature = signatureOf(key, data, algorithm);
      if (signature instanceof Error) original(user, key, algorithm);
      else done(signature);
    });
  };
};
