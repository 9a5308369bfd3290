import { hostPort, type Stage } from './errors.ts';

/** What `ssh -v` has said of one connection. Only messages are made of it: words of ssh differ from version to version. */
export interface SshLog {
  /** What is not for debugging, without its last `\r`. */
  readonly errors: readonly string[];
  /** `host:port`, where it has come so far. */
  readonly where?: string;
  readonly user?: string;
  readonly stage: Stage;
  /** The host key that was shown, as `SHA256:… (ssh-ed25519)`. */
  readonly hostKey?: string;
  /** The fingerprint of the authority that has signed the host certificate. */
  readonly authority?: string;
  /** The keys that were offered, by file or comment, each once. */
  readonly offered: readonly string[];
  /** The key that the server would have taken, where it was the last. */
  readonly acceptedKey?: string;
  /** What the peer has said before any SSH greeting. */
  readonly greeting: string;
  /** How the connection is carried: by a jump host or a ProxyCommand. */
  readonly proxy?: 'jump' | 'command';
}

const notError = /^(?:debug\d: |OpenSSH_|Authenticated to |Transferred: |Bytes per second: |$)/;

const stageOf = (text: string): Stage => {
  if (text.includes('debug1: SSH2_MSG_NEWKEYS received')) return 'authentication';
  if (text.includes('debug1: Remote protocol version')) return 'key exchange';
  return text.includes('debug1: Local version string') ? 'greeting' : 'connect';
};

/** Reads the output of `ssh -v`. Every part that is not found is left out. */
export const readSshLog = (text: string): SshLog => {
  const lines = text.split(/\r?\n/);
  const last = (pattern: RegExp): RegExpExecArray | undefined =>
    lines.map((line) => pattern.exec(line)).findLast((match) => match !== null) ?? undefined;
  const all = (pattern: RegExp): readonly string[] => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);

  const login = last(/^debug1: Authenticating to (.+):(\d+) as '(.*)'$/);
  const contact = last(/^debug1: Connecting to (\S+) (?:\[.*\] )?port (\d+)\.$/);
  const forward = last(/ -W '\[(.+)\]:(\d+)'/);
  const place = login ?? contact ?? forward;
  const key = last(/^debug1: Server host (?:key|certificate): (\S+) (SHA256:[^\s,]+)/);
  const authority = last(/^debug1: Server host certificate: .* CA \S+ (SHA256:\S+)/)?.[1];
  const acceptedKey = last(/^debug1: (?:Server accepts|Offering public) key: (.+?) [A-Z0-9-]+ SHA256:/);
  const proxied = last(/^debug1: Executing proxy (?:dialer )?command/) !== undefined;
  return {
    errors: lines.filter((line) => !notError.test(line)),
    ...(place && { where: hostPort(place[1]!, Number(place[2])) }),
    ...(login && { user: login[3]! }),
    stage: stageOf(text),
    ...(key && { hostKey: `${key[2]!} (${key[1]!.replace(/-cert-v\d+@openssh\.com$/, '')})` }),
    ...(authority !== undefined && { authority }),
    offered: [...new Set(all(/^debug1: Offering public key: (.+?) [A-Z0-9-]+ SHA256:/))],
    ...(acceptedKey?.[0].startsWith('debug1: Server') && { acceptedKey: acceptedKey[1]! }),
    greeting: all(/^debug1: (?:kex|ssh)_exchange_identification: (?:banner line \d+: )?(.*)$/).join(' '),
    ...(proxied && { proxy: text.includes('ProxyCommand from ProxyJump') ? 'jump' : 'command' }),
  };
};
