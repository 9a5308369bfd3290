import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { LabError, type LabFolder } from './folder.ts';

interface PrivateKey {
  /** As OpenSSH writes it. */
  readonly text: string;
  readonly key: ParsedKey;
}

/** A new Ed25519 key. ssh2 drops the first byte of a public half that begins with zero, one in 256: such a key is made again. */
export const generateKey = (): PrivateKey => {
  for (;;) {
    const text = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'perfplay lab' }).private;
    const key = ssh2.utils.parseKey(text);
    if (!(key instanceof Error)) return { text, key };
  }
};

/** The private key in `file`, made where there is none yet (mode 0600). */
const keyIn = async (file: string): Promise<PrivateKey> => {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const fresh = generateKey();
    await writeFile(file, fresh.text, { mode: 0o600 });
    return fresh;
  }
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw new LabError(`${file}: ${key.message}`, 'remove the file: it is made again');
  return { text, key };
};

export interface LabKeys {
  /** The one key that every host accepts. */
  readonly login: ParsedKey;
  /** Each host's private host key, as text. */
  readonly hosts: ReadonlyMap<string, string>;
}

/** Keys of the lab's folder, kept from one `lab up` to the next, and a known_hosts file that names the ports. */
export const prepareKeys = async (folder: LabFolder, ports: ReadonlyMap<string, number>): Promise<LabKeys> => {
  await mkdir(path.dirname(folder.key), { recursive: true, mode: 0o700 });
  const login = await keyIn(folder.key);
  const hosts = new Map<string, string>();
  const lines: string[] = [];
  for (const [name, port] of ports) {
    const { text, key } = await keyIn(folder.hostKey(name));
    hosts.set(name, text);
    lines.push(`[127.0.0.1]:${port} ${key.type} ${key.getPublicSSH().toString('base64')}\n`);
  }
  await writeFile(folder.knownHosts, lines.join(''), { mode: 0o600 });
  return { login: login.key, hosts };
};
