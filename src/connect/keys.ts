import { readFileSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';
import { printable } from './errors.ts';

/** A file of the user's identities, as far as it can be known without asking for a passphrase. */
export type KeyFile =
  | { readonly kind: 'private'; readonly path: string; readonly key: ParsedKey }
  /** `publicKey`: its wire form, where it can be read without the passphrase. */
  | { readonly kind: 'encrypted'; readonly path: string; readonly publicKey: Buffer | undefined }
  /** Names a key that the agent holds. */
  | { readonly kind: 'public'; readonly path: string; readonly publicKey: Buffer }
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'unusable'; readonly path: string; readonly why: string };

/** The identities of a whole fleet: each file is read, and each passphrase asked for, once. */
export interface KeyRing {
  readonly read: (path: string) => Promise<KeyFile>;
  /** The key of an encrypted file; undefined where the person gave no passphrase that opens it. */
  readonly unlock: (path: string) => Promise<ParsedKey | undefined>;
}

const passphraseTries = 3;

/** The public key inside an encrypted private one: OpenSSH's format (PROTOCOL.key) keeps it in the clear. */
const publicKeyInside = (text: string): Buffer | undefined => {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  let at = 'openssh-key-v1\0'.length;
  const field = (): Buffer => {
    const length = bytes.readUInt32BE(at);
    const value = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  };
  try {
    for (const _ of ['cipher', 'kdf', 'options']) field();
    at += 4;
    return field();
  } catch {
    return undefined;
  }
};

/** Key types that ssh2 takes for others, or not at all: certificates and keys in hardware. */
const foreignType = /\b(sk-[\w-]+@openssh\.com|[\w-]+-cert-v\d+@openssh\.com)/;

const parseFile = (path: string, bytes: Buffer): KeyFile => {
  const text = bytes.toString('utf8');
  const key = ssh2.utils.parseKey(bytes);
  const said = key instanceof Error ? key.message : '';
  if (/encrypted/i.test(said)) return { kind: 'encrypted', path, publicKey: publicKeyInside(text) };
  const foreign = foreignType.exec(`${said} ${text.split(/\s/)[0]}`)?.[1];
  if (foreign !== undefined) return { kind: 'unusable', path, why: `ssh2 cannot use ${foreign} keys` };
  if (key instanceof Error) return { kind: 'unusable', path, why: printable(said) };
  return key.isPrivateKey() ? { kind: 'private', path, key } : { kind: 'public', path, publicKey: key.getPublicSSH() };
};

const readKeyFile = async (path: string): Promise<KeyFile> => {
  try {
    return parseFile(path, readFileSync(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'missing', path } : { kind: 'unusable', path, why: code ?? message };
  }
};

/** Remembers the promise of each path, so that hosts that come at the same time share it. */
export const once = <T>(make: (path: string) => Promise<T>): ((path: string) => Promise<T>) => {
  const made = new Map<string, Promise<T>>();
  return (path) => {
    const known = made.get(path);
    if (known) return known;
    const fresh = make(path);
    made.set(path, fresh);
    return fresh;
  };
};

/** `ask` shows a prompt and gives what the person typed; one prompt is shown at a time. */
export const createKeyRing = (ask: (prompt: string) => Promise<string>): KeyRing => {
  let turn: Promise<unknown> = Promise.resolve();
  const unlock = async (path: string): Promise<ParsedKey | undefined> => {
    const bytes = readFileSync(path);
    for (let attempt = 1; attempt <= passphraseTries; attempt++) {
      const again = attempt === 1 ? '' : ' (wrong, again)';
      const passphrase = await ask(`Passphrase for ${path}${again}: `);
      if (passphrase === '') return undefined;
      const key = ssh2.utils.parseKey(bytes, passphrase);
      if (!(key instanceof Error)) return key;
    }
    return undefined;
  };
  return {
    read: once(readKeyFile),
    unlock: once((path) => {
      const key = turn.then(() => unlock(path)).catch(() => undefined);
      turn = key;
      return key;
    }),
  };
};
