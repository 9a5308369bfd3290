import { AttemptError, hostPort } from './errors.ts';
import type { Destination } from './destination.ts';
import { entriesFor, fingerprint, type HostEntries, judge, type KnownHost, keyType, knownName } from './known-hosts.ts';

/** The host key check of one destination against the lines of its known_hosts files; strict: an unknown key is refused. */
export interface HostKeyCheck {
  readonly entries: HostEntries;
  /** What is wrong with a key, or undefined. */
  readonly judge: (key: Buffer) => AttemptError | undefined;
}

export const createHostKeyCheck = (destination: Destination, lines: readonly KnownHost[]): HostKeyCheck => {
  const { name, host, port, hostKeyAlias } = destination;
  const entries = entriesFor(lines, host, port, hostKeyAlias);
  const where = hostPort(host, port);
  const refuse = (message: string, hint: string) => new AttemptError('refused', message, hint, true);
  return {
    entries,
    judge: (key) => {
      const shown = `${fingerprint(key)} (${keyType(key)})`;
      const verdict = judge(entries, key);
      switch (verdict.verdict) {
        case 'known':
          return undefined;
        case 'revoked':
          return refuse(
            `${where} shows the key ${shown}, which is revoked in ${verdict.entry.file}:${verdict.entry.line}`,
            'somebody may use a stolen key: find out before anything else',
          );
        case 'changed':
          return refuse(
            `${where} shows the key ${shown}, another one than in ${verdict.entry.file}:${verdict.entry.line}`,
            `if the host was installed anew: ssh-keygen -R '${knownName(host, port, hostKeyAlias)}' -f ${verdict.entry.file}, then perfplay trust ${name}`,
          );
        case 'unknown': {
          const certificate = verdict.authority
            ? `; ${verdict.authority.file}:${verdict.authority.line} may trust its certificate, which ssh2 cannot use: set ansible_connection: openssh`
            : '';
          return refuse(
            `${where} shows the unknown key ${shown}`,
            `if that is its fingerprint: perfplay trust ${name}${certificate}`,
          );
        }
      }
    },
  };
};
