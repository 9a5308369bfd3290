import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import type { LabFolder } from './folder.ts';

/** The private key in `file`, made where there is none yet (Ed25519, mode 0600). */
const keyIn = async (file: string): Promise<{ readonly text: string; readonly key: ParsedKey }> => {
  const text = await readFile(file, 'utf8').catch(async () => {
    const fresh = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'perfplay lab' }).private;
    await writeFile(file, fresh, { mode: 0o600 });
    return fresh;
  });
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
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
