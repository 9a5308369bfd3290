import { createHmac } from 'node:crypto';
import type { Goal } from './cases.ts';

/** The bare name that known_hosts has for a host: small letters, and an IPv6 address as inet_ntop(3) writes it. */
const bareName = (host: string): string => host.toLowerCase().replace('2001:0db8:0:0::7', '2001:db8::7');

/** The name that known_hosts has for a goal (sshd(8)). */
const nameOf = ({ host, port, alias }: Goal): string =>
  alias?.toLowerCase() ?? (port === 22 ? bareName(host) : `[${bareName(host)}]:${port}`);

const hashed = (name: string, salt = 'twenty bytes of salt'): string => {
  const sum = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${Buffer.from(salt).toString('base64')}|${sum}`;
};

type Variants<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

/** What can stand in the host field, by the rule it belongs to. */
export const hostFields = {
  exact: { exact: nameOf, 'as given': ({ host }) => host },
  'bare name': {
    'bare name': ({ host }) => bareName(host),
    'port 22 in brackets': ({ host }) => `[${bareName(host)}]:22`,
    'other port': ({ host }) => `[${bareName(host)}]:4022`,
  },
  list: {
    'one of several': (goal) => `db1,${nameOf(goal)},198.51.100.1`,
    'bare and exact': (goal) => `${bareName(goal.host)},${nameOf(goal)}`,
    'empty parts': (goal) => `,,${nameOf(goal)},`,
  },
  capitals: {
    capitals: (goal) => nameOf(goal).toUpperCase(),
    'letters outside ASCII': (goal) => nameOf(goal).replaceAll('k', '\u212a').replaceAll('s', '\u017f'),
  },
  star: {
    everything: () => '*',
    'star at the end': (goal) => `${nameOf(goal).slice(0, 4)}*`,
    'star at the start': (goal) => `*${nameOf(goal).slice(-3)}`,
    'star for nothing': (goal) => `*${nameOf(goal)}`,
    'any port': ({ host }) => `[${bareName(host)}]:*`,
    'stars and marks': (goal) => `${nameOf(goal).slice(0, 1)}**?${nameOf(goal).slice(3)}`,
  },
  'question mark': {
    'mark for each letter': (goal) => nameOf(goal).replaceAll(/./g, '?'),
    'mark for a dot': (goal) => nameOf(goal).replaceAll(/[.:]/g, '?'),
    'mark too many': (goal) => `${nameOf(goal)}?`,
  },
  negation: {
    'negation after': (goal) => `*,!${nameOf(goal)}`,
    'negation before': (goal) => `!${nameOf(goal)},${nameOf(goal)}`,
    'negation in capitals': (goal) => `*,!${nameOf(goal).toUpperCase()}`,
    'negated pattern': (goal) => `${nameOf(goal)},!*${nameOf(goal).slice(-2)}`,
    'negated bare name': (goal) => `*,!${bareName(goal.host)}`,
  },
  'other negation': {
    'negation of another': (goal) => `!db1,${nameOf(goal)},!db*`,
    'negation alone': () => '!db1',
    'two exclamation marks': (goal) => `!!${nameOf(goal)},*`,
    'exclamation mark alone': (goal) => `!,${nameOf(goal)}`,
  },
  hashed: {
    hashed: (goal) => hashed(nameOf(goal)),
    'hashed bare name': ({ host }) => hashed(bareName(host)),
  },
  'strange hash': {
    'hashed capitals': (goal) => hashed(nameOf(goal).toUpperCase()),
    'hashed other name': () => hashed('db1'),
    'hash and more': (goal) => `${hashed(nameOf(goal))}|x`,
    'hash in a list': (goal) => `${hashed(nameOf(goal))},${nameOf(goal)}`,
    'list with a hash': (goal) => `${nameOf(goal)},${hashed(nameOf(goal))}`,
    'hash with a short salt': (goal) => hashed(nameOf(goal), 'salt'),
    'hash without padding': (goal) => hashed(nameOf(goal)).replace(/=$/, ''),
    'hash of another version': (goal) => hashed(nameOf(goal)).replace('|1|', '|2|'),
  },
  other: {
    'other name': () => 'db1',
    'letters for dots': (goal) => nameOf(goal).replaceAll(/[.:]/g, 'x'),
    'beginning of the name': (goal) => nameOf(goal).slice(0, -1),
    'name in a longer one': (goal) => `x${nameOf(goal)}`,
  },
} as const satisfies Variants<(goal: Goal) => string>;

export const markers = {
  none: { none: '' },
  revoked: { revoked: '@revoked ' },
  authority: { authority: '@cert-authority ' },
  unknown: {
    unknown: '@trusted ',
    capitals: '@Revoked ',
    'two markers': '@revoked @cert-authority ',
    'lone at': '@ ',
    'marker and tab': '@revoked\t',
  },
} as const satisfies Variants<string>;

interface Line {
  readonly start: string;
  readonly type: string;
  readonly encoded: string;
}

/**
 * How a line is written, soundly or not, by the rule it belongs to. `start`: marker and hosts. A NUL right after the hosts is
 * left out: there ssh reads on beyond the end of its line.
 */
export const spellings = {
  usual: { usual: ({ start, type, encoded }) => `${start} ${type} ${encoded}` },
  'trailing comment': {
    comment: ({ start, type, encoded }) => `${start} ${type} ${encoded} root@rack, 2024`,
    'comment with tabs': ({ start, type, encoded }) => `${start} ${type} ${encoded}\t#\tweb1.example`,
  },
  blanks: {
    blanks: ({ start, type, encoded }) => ` \t ${start} \t ${type}  ${encoded}  \t `,
    tabs: ({ start, type, encoded }) => `${start.replaceAll(' ', '\t')}\t${type}\t${encoded}`,
    'blank lines': ({ start, type, encoded }) => `\n\r\n \t\n${start} ${type} ${encoded}\n\n`,
  },
  comment: {
    'commented out': ({ start, type, encoded }) => ` # ${start} ${type} ${encoded}`,
    'comment for a type': ({ start, type, encoded }) => `${start} #${type} ${encoded}`,
    'comment before': ({ start, type, encoded }) => `# web1.example\n${start} ${type} ${encoded}`,
  },
  CRLF: {
    CR: ({ start, type, encoded }) => `${start} ${type} ${encoded}\r`,
    'comment and CR': ({ start, type, encoded }) => `${start} ${type} ${encoded} root\r`,
    'CR after the type': ({ start, type, encoded }) => `${start} ${type}\r ${encoded}`,
    'CR after the hosts': ({ start, type, encoded }) => `${start}\r ${type} ${encoded}`,
  },
  'cut line': {
    'no key': ({ start, type }) => `${start} ${type}`,
    'no type': ({ start, encoded }) => `${start} ${encoded}`,
    'hosts alone': ({ start }) => start,
    'cut key': ({ start, type, encoded }) => `${start} ${type} ${encoded.slice(0, 40)}`,
    'key without its end': ({ start, type, encoded }) => `${start} ${type} ${encoded.slice(0, -4)}`,
  },
  'wrong type': {
    'other type': ({ start, type, encoded }) => `${start} ${type === 'ssh-rsa' ? 'ssh-ed25519' : 'ssh-rsa'} ${encoded}`,
    'other curve': ({ start, type, encoded }) => `${start} ${type.replace('256', '384')} ${encoded}`,
    'type in capitals': ({ start, type, encoded }) => `${start} ${type.toUpperCase()} ${encoded}`,
    'signature as type': ({ start, type, encoded }) => `${start} ${type.replace('ssh-rsa', 'rsa-sha2-512')} ${encoded}`,
    'short name of the type': ({ start, type, encoded }) => `${start} ${type.replace(/.*-(?=ed|rsa)/, '')} ${encoded}`,
    'bits before': ({ start, type, encoded }) => `${start} 2048 ${type} ${encoded}`,
  },
  'wrong key': {
    'further bytes': ({ start, type, encoded }) =>
      `${start} ${type} ${Buffer.concat([Buffer.from(encoded, 'base64'), Buffer.alloc(3)]).toString('base64')}`,
    'no padding': ({ start, type, encoded }) => `${start} ${type} ${encoded.replace(/=+$/, '')}`,
    'padding too much': ({ start, type, encoded }) => `${start} ${type} ${encoded}=`,
    'a changed letter': ({ start, type, encoded }) => {
      const at = Math.floor(encoded.length * 0.7);
      const other = encoded[at] === 'A' ? 'B' : 'A';
      return `${start} ${type} ${encoded.slice(0, at)}${other}${encoded.slice(at + 1)}`;
    },
    'no letter of base64': ({ start, type, encoded }) =>
      `${start} ${type} ${encoded.slice(0, 50)}!${encoded.slice(50)}`,
    'a letter of base64url': ({ start, type, encoded }) =>
      `${start} ${type} ${encoded.slice(0, 50)}_${encoded.slice(51)}`,
  },
  'strange blanks': {
    'form feed in the key': ({ start, type, encoded }) =>
      `${start} ${type} ${encoded.slice(0, 50)}\f${encoded.slice(50)}`,
    'form feed first': ({ start, type, encoded }) => `\f${start} ${type} ${encoded}`,
    'form feed last': ({ start, type, encoded }) => `${start} ${type} ${encoded}\f`,
    'hard space first': ({ start, type, encoded }) => `\u00a0${start} ${type} ${encoded}`,
    'hard space last': ({ start, type, encoded }) => `${start} ${type} ${encoded}\u00a0`,
    'byte order mark': ({ start, type, encoded }) => `\ufeff${start} ${type} ${encoded}`,
    'NUL at the end': ({ start, type, encoded }) => `${start} ${type} ${encoded}\0 x`,
    'CR alone between lines': ({ start, type, encoded }) => `db1 x\r${start} ${type} ${encoded}`,
  },
} as const satisfies Variants<(line: Line) => string>;
