import { createHash, createHmac } from 'node:crypto';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker?: 'cert-authority' | 'revoked';
  /** Patterns parted by commas, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  /** The key's wire form. */
  readonly key: Buffer;
}

export type Verdict =
  | { readonly verdict: 'known' }
  /** `authority`: a line that would trust the host's certificate, if it were used. */
  | { readonly verdict: 'unknown'; readonly authority?: KnownHost }
  /** The host is known by other keys only; the last such line is named. */
  | { readonly verdict: 'changed'; readonly entry: KnownHost }
  | { readonly verdict: 'revoked'; readonly entry: KnownHost };

/** The type inside a key's wire form: `ssh-ed25519`. Empty where it is no key. */
export const keyType = (key: Buffer): string => {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > key.length - 4 ? '' : key.toString('latin1', 4, 4 + length);
};

/** As `ssh-keygen -l` shows it: `SHA256:` and unpadded base64. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The usable lines of a known_hosts file; what OpenSSH would not understand is passed over, as it does. */
export const parseKnownHosts = (text: string, file: string): readonly KnownHost[] =>
  text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === '' || words[0]!.startsWith('#')) return [];
    const marker = words[0]!.startsWith('@') ? words.shift()!.slice(1) : undefined;
    if (marker !== undefined && marker !== 'cert-authority' && marker !== 'revoked') return [];
    const [hosts, type, encoded] = words;
    if (hosts === undefined || type === undefined || encoded === undefined) return [];
    const key = Buffer.from(encoded, 'base64');
    if (keyType(key) !== type) return [];
    return [{ file, line: index + 1, ...(marker && { marker }), hosts, type, key }];
  });

const hashedName = (name: string, hosts: string): boolean => {
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
};

const matches = (pattern: string, name: string): boolean => {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
};

/** Whether a line's host field names the host: `*` and `?`, a matching `!pattern` beats all, letters of any case. */
const names = (hosts: string, name: string): boolean => {
  if (hosts.startsWith('|')) return hashedName(name, hosts);
  let found = false;
  for (const word of hosts.toLowerCase().split(',')) {
    const negated = word.startsWith('!');
    if (!matches(negated ? word.slice(1) : word, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
};

/** The name that stands in known_hosts for a host: bare at port 22, else `[host]:port`; an alias as it is. */
export const knownName = (host: string, port: number, alias?: string): string =>
  (alias ?? (port === 22 ? host : `[${host}]:${port}`)).toLowerCase();

/** The lines about a host. */
export interface HostEntries {
  readonly named: readonly KnownHost[];
  /** By the bare name, where the host is at another port and no key is known there: they can accept a key, never refuse it. */
  readonly bare: readonly KnownHost[];
}

/** Picks the lines about a host from all files' lines, as OpenSSH's check_host_key does. */
export const entriesFor = (all: readonly KnownHost[], host: string, port: number, alias?: string): HostEntries => {
  const find = (name: string) => all.filter(({ hosts }) => names(hosts, name));
  const named = find(knownName(host, port, alias));
  const final = alias !== undefined || port === 22 || named.some(({ marker }) => marker === undefined);
  return { named, bare: final ? [] : find(host.toLowerCase()) };
};

/** What the lines about a host say of the key it shows (OpenSSH's check_hostkeys_by_key_or_type). */
export const judge = ({ named, bare }: HostEntries, key: Buffer): Verdict => {
  const both = [...named, ...bare];
  const revoked = both.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked) return { verdict: 'revoked', entry: revoked };
  if (both.some((entry) => entry.marker === undefined && entry.key.equals(key))) return { verdict: 'known' };
  const other = named.findLast((entry) => entry.marker === undefined);
  if (other) return { verdict: 'changed', entry: other };
  const authority = both.find((entry) => entry.marker === 'cert-authority');
  return { verdict: 'unknown', ...(authority && { authority }) };
};

/** The types of the keys a host is known by. */
export const knownTypes = ({ named, bare }: HostEntries): ReadonlySet<string> =>
  new Set([...named, ...bare].filter(({ marker }) => marker === undefined).map(({ type }) => type));
