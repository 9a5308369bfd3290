import { createHash, createHmac, ECDH } from 'node:crypto';
import { isIPv6, SocketAddress } from 'node:net';

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

/** As OpenSSH reads base64: padded, nothing left over, and only blanks beside it. */
const bytesOfBase64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text.replaceAll(/[\r\v\f]/g, '') ? bytes : undefined;
};

/** OpenSSH ends a marker at the line's first space; only a line without any can end it at a tab. */
const splitMarker = (line: string): readonly [marker: string | undefined, rest: string] => {
  if (!line.startsWith('@')) return [undefined, line];
  const end = line.search(line.includes(' ') ? / / : /\t|$/);
  return [line.slice(1, end), line.slice(end)];
};

/** The signatures that a key of type ssh-rsa makes: a line may name its key by them. */
const rsaSignatures: ReadonlySet<string> = new Set(['rsa-sha2-256', 'rsa-sha2-512']);

/** The lines of a known_hosts file that can name a key; what OpenSSH would not understand is passed over, as it does. */
export const parseKnownHosts = (text: string, file: string): readonly KnownHost[] =>
  text.split('\n').flatMap((raw, index) => {
    const line = raw.split('\0', 1)[0]!.replace(/^[ \t]+/, '');
    const [marker, rest] = splitMarker(line);
    if (line.startsWith('#') || (marker !== undefined && marker !== 'cert-authority' && marker !== 'revoked'))
      return [];
    const [hosts, word, encoded] = rest.replace(/^[ \t]+/, '').split(/[ \t]+/);
    const key = encoded === undefined ? undefined : bytesOfBase64(encoded);
    if (!hosts || hosts.startsWith('@') || key === undefined) return [];
    const type = keyType(key);
    if (word !== type && !(type === 'ssh-rsa' && rsaSignatures.has(word!))) return [];
    return [{ file, line: index + 1, ...(marker && { marker }), hosts, type, key }];
  });

/** The strings that a key's wire form is a row of (RFC 4251, section 5); undefined where it is not. */
const stringsOf = (key: Buffer): readonly Buffer[] | undefined => {
  const strings: Buffer[] = [];
  for (let at = 0; at < key.length;) {
    if (at + 4 > key.length) return undefined;
    const end = at + 4 + key.readUInt32BE(at);
    if (end > key.length) return undefined;
    strings.push(key.subarray(at + 4, end));
    at = end;
  }
  return strings;
};

const isOnCurve = (point: Buffer | undefined, curve: string): boolean => {
  try {
    return point?.[0] === 4 && ECDH.convertKey(point, curve).length > 0;
  } catch {
    return false;
  }
};

const curves: Readonly<Record<string, string>> = {
  nistp256: 'prime256v1',
  nistp384: 'secp384r1',
  nistp521: 'secp521r1',
};
const isPositive = (integer: Buffer | undefined): boolean => integer !== undefined && !((integer[0] ?? 0) & 0x80);

/** Whether it is a key that OpenSSH would read: a line with any other is none. Certificates and hardware keys are taken as they are. */
const isPublicKey = (key: Buffer): boolean => {
  const type = keyType(key);
  const [, first, second, ...more] = stringsOf(key) ?? [];
  if (type === 'ssh-ed25519') return first?.length === 32 && second === undefined;
  if (type === 'ssh-rsa') return isPositive(first) && isPositive(second) && second!.length > 128 && more.length === 0;
  const curve = /^ecdsa-sha2-(nistp\d+)$/.exec(type)?.[1];
  if (curve !== undefined)
    return curve in curves && first?.toString() === curve && isOnCurve(second, curves[curve]!) && more.length === 0;
  return /^(ssh-dss|sk-.*@openssh\.com|.*-cert-v01@openssh\.com)$/.test(type);
};

/** A hashed name (ssh_config(5), HashKnownHosts): `|1|salt|HMAC-SHA1 of the name`, both as base64, the salt of 20 bytes. */
const hashedName = (name: string, hosts: string): boolean => {
  const salt = Buffer.from(hosts.split('|')[2] ?? '', 'base64');
  const sum = createHmac('sha1', salt).update(name).digest('base64');
  return salt.length === 20 && hosts === `|1|${salt.toString('base64')}|${sum}`;
};

const matches = (pattern: string, name: string): boolean => {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
};

/** A host field's words, their ASCII letters small. */
const wordsOf = (hosts: string): readonly string[] =>
  hosts.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()).split(',');

/** Whether a line's host field names the host: `*` and `?`, a matching `!pattern` beats all, ASCII letters of any case. */
const names = (hosts: string, name: string): boolean => {
  if (hosts.startsWith('|')) return hashedName(name, hosts);
  let found = false;
  for (const word of wordsOf(hosts)) {
    const negated = word.startsWith('!');
    if (!matches(negated ? word.slice(1) : word, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
};

/** In small letters; an IPv6 address in its short form. */
const bareName = (host: string): string => {
  const [address = '', ...zone] = host.toLowerCase().split('%');
  const short =
    address.includes(':') && isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
  return [short, ...zone].join('%');
};

/** The name that stands in known_hosts for a host: bare at port 22, else `[host]:port`; an alias as it is, in small letters. */
export const knownName = (host: string, port: number, alias?: string): string =>
  alias?.toLowerCase() ?? (port === 22 ? bareName(host) : `[${bareName(host)}]:${port}`);

/** The lines about a host. */
export interface HostEntries {
  readonly named: readonly KnownHost[];
  /** By the bare name, where the host is at another port and no key is known there: they can accept a key, never refuse it. */
  readonly bare: readonly KnownHost[];
}

/** Lines that can be found by a host's name, and those that must be held against it; each by its place among all. */
interface Index {
  readonly plain: ReadonlyMap<string, readonly number[]>;
  readonly others: readonly number[];
}

const indices = new WeakMap<readonly KnownHost[], Index>();

/** Made once for all hosts that are looked up in the same lines: each of a thousand hosts has a line of its own there. */
const indexOf = (all: readonly KnownHost[]): Index => {
  const known = indices.get(all);
  if (known) return known;
  const plain = new Map<string, number[]>();
  const others: number[] = [];
  for (const [at, { hosts }] of all.entries()) {
    if (/[*?!|]/.test(hosts)) others.push(at);
    else
      for (const word of new Set(wordsOf(hosts))) {
        const places = plain.get(word);
        if (places) places.push(at);
        else plain.set(word, [at]);
      }
  }
  const made = { plain, others };
  indices.set(all, made);
  return made;
};

/** Picks the lines about a host from all files' lines, as OpenSSH's check_host_key does. */
export const entriesFor = (all: readonly KnownHost[], host: string, port: number, alias?: string): HostEntries => {
  const { plain, others } = indexOf(all);
  const find = (name: string): readonly KnownHost[] =>
    [...(plain.get(name) ?? []), ...others.filter((at) => names(all[at]!.hosts, name))]
      .sort((left, right) => left - right)
      .map((at) => all[at]!)
      .filter(({ key }) => isPublicKey(key));
  const named = find(knownName(host, port, alias));
  const final = alias !== undefined || port === 22 || named.some(({ marker }) => marker === undefined);
  return { named, bare: final ? [] : find(bareName(host)) };
};

const revocation = (entries: readonly KnownHost[], key: Buffer): KnownHost | undefined =>
  entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));

/** What the lines about a host say of the key it shows (OpenSSH's check_hostkeys_by_key_or_type). */
export const judge = ({ named, bare }: HostEntries, key: Buffer): Verdict => {
  const both = [...named, ...bare];
  const revoked = revocation(both, key);
  if (revoked) return { verdict: 'revoked', entry: revoked };
  if (both.some((entry) => entry.marker === undefined && entry.key.equals(key))) return { verdict: 'known' };
  const other = named.findLast((entry) => entry.marker === undefined);
  if (other) return { verdict: 'changed', entry: other };
  const authority = both.find((entry) => entry.marker === 'cert-authority');
  return { verdict: 'unknown', ...(authority && { authority }) };
};

/**
 * The types of the keys a host is known by; the bare name of a host at another port does not count, nor does a type whose first
 * key is revoked (OpenSSH's order_hostkeyalgs).
 */
export const knownTypes = ({ named }: HostEntries): ReadonlySet<string> => {
  const firstOfType = new Map<string, KnownHost>();
  for (const entry of named)
    if (entry.marker === undefined && !firstOfType.has(entry.type)) firstOfType.set(entry.type, entry);
  return new Set([...firstOfType].flatMap(([type, { key }]) => (revocation(named, key) ? [] : [type])));
};
