import { join } from 'node:path';
import type { ConnectionSettings } from '../inventory/types.ts';
import { safeWord } from './ssh-arguments.ts';
import { ConnectError } from './types.ts';

/** Flags of ssh(1) that a user may give, and those that take a value. All others would change what ssh is started for. */
const flags = '46AaCKkqTvXxY';
const withValue = 'BbcFIiJlmop';

/** The user's words for ssh, as they are; only `-F` is taken out. */
export interface OpensshArguments {
  readonly words: readonly string[];
  /** `-F`, of which ssh heeds the last. */
  readonly configFile?: string;
  /** The first value of a `-o` option that perfplay must know itself. */
  readonly option: (name: 'ConnectTimeout' | 'UserKnownHostsFile') => string | undefined;
}

/**
 * Checks the words of `ansible_ssh_common_args` and `ansible_ssh_extra_args` letter by letter (getopt(3), ssh(1)).
 * Throws ConnectError for a word that is no option, an option that perfplay needs itself, and a value that is missing.
 */
export const checkOpensshArguments = (given: readonly string[]): OpensshArguments => {
  const words: string[] = [];
  const options: string[] = [];
  let configFile: string | undefined;
  for (let index = 0; index < given.length; index++) {
    const word = given[index]!;
    const at = [...word].findIndex((letter, place) => place > 0 && !flags.includes(letter));
    const letter = word[at];
    if (!word.startsWith('-') || word === '-' || (letter !== undefined && !withValue.includes(letter)))
      throw new ConnectError(
        `ssh arguments: ${word} cannot be given to ssh`,
        `it may be given -o Key=Value and -${[...flags, ...withValue].join(' -')}`,
      );
    if (letter === undefined) {
      words.push(word);
      continue;
    }
    const attached = word.slice(at + 1);
    const value = attached === '' ? given[++index] : attached;
    if (value === undefined) throw new ConnectError(`ssh arguments: ${word} needs a value`);
    if (letter === 'o') options.push(value);
    if (letter === 'F') {
      configFile = value;
      if (at > 1) words.push(word.slice(0, at));
    } else words.push(...(attached === '' ? [word, value] : [word]));
  }
  return {
    words,
    ...(configFile !== undefined && { configFile }),
    option: (name) => {
      const pattern = new RegExp(`^\\s*${name}\\s*[=\\s]\\s*(.*?)\\s*$`, 'i');
      return options.map((option) => pattern.exec(option)?.[1]).find((value) => value !== undefined);
    },
  };
};

/** A value of ssh_config(5) as one word. Throws ConnectError for control characters, which would end the line. */
const quoted = (value: string): string => {
  if (/\p{Cc}/u.test(value)) throw new ConnectError(`${JSON.stringify(value)} is not a file name`);
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
};

/** What nobody may weaken, on the way through jump hosts either. ssh heeds the first value that it meets. */
const forced: readonly string[] = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'NoHostAuthenticationForLocalhost=no',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=3',
];

/** How long a master waits for its controller, in seconds: it ends by itself where perfplay was killed. */
const orphanSeconds = 15;

export interface Configuration {
  /** Files that ssh would read by itself. */
  readonly files: readonly string[];
  /** The text of the file that was given with -F, which then stands alone. */
  readonly text?: string;
  readonly home: string;
  readonly timeoutMs: number;
  /** Where the target is known, which counts for its jump hosts too. */
  readonly knownHosts: string | undefined;
}

/**
 * The ssh_config of one connection: what is forced, then the user's and the system's files, then defaults. As a file it reaches
 * the `ssh` of every ProxyJump too, which ssh starts with its own `-F` and none of its `-o`.
 */
export const configurationText = ({ files, text, home, timeoutMs, knownHosts }: Configuration): string =>
  [
    ...forced.map((option) => option.replace('=', ' ')),
    ...files.map((file) => `Include ${quoted(file)}`),
    ...(text === undefined ? [] : [text]),
    'Host *',
    `ConnectTimeout ${Math.ceil(timeoutMs / 1000)}`,
    `UserKnownHostsFile ${['known_hosts', 'known_hosts2'].map((file) => quoted(join(home, '.ssh', file))).join(' ')}`,
    `GlobalKnownHostsFile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2 ${knownHosts ?? ''}`,
    '',
  ].join('\n');

/** Files of one connection, in a private folder of its own. */
export interface MasterFiles {
  readonly configuration: string;
  readonly control: string;
  /** What ssh itself says. */
  readonly log: string;
}

export const targetKnownHosts = (settings: ConnectionSettings, given: OpensshArguments): string | undefined =>
  settings.knownHostsFile === undefined ? given.option('UserKnownHostsFile') : quoted(settings.knownHostsFile);

/**
 * The words for the `ssh` that logs in and then waits in the background for sessions. The inventory's settings come before the
 * user's words, the `-u` user after them, as the ssh2 transport has it. Throws ConnectError for a name that is none.
 */
export const masterArguments = (
  settings: ConnectionSettings,
  { words }: OpensshArguments,
  files: MasterFiles,
  defaultUser: string | undefined,
): readonly string[] => {
  const options = [
    ...forced,
    'ClearAllForwardings=yes',
    'ControlMaster=yes',
    `ControlPersist=${orphanSeconds}`,
    ...(settings.port === undefined ? [] : [`Port=${settings.port}`]),
    ...(settings.user === undefined ? [] : [`User=${safeWord(settings.user, 'user name')}`]),
    ...(settings.privateKeyFile === undefined ? [] : [`IdentityFile=${quoted(settings.privateKeyFile)}`]),
    ...(settings.knownHostsFile === undefined ? [] : [`UserKnownHostsFile=${quoted(settings.knownHostsFile)}`]),
  ];
  return [
    '-F',
    files.configuration,
    ...options.flatMap((option) => ['-o', option]),
    ...words,
    ...(defaultUser === undefined ? [] : ['-l', safeWord(defaultUser, 'user name')]),
    '-fNTv',
    `-S${files.control}`,
    `-E${files.log}`,
    '--',
    safeWord(settings.address, 'host name'),
  ];
};

/**
 * The words for a session through a master. It has neither configuration nor a way of its own to the host: where the master is
 * gone, or the host opens no further session, ssh would connect anew.
 */
export const sessionArguments = (control: string, address: string, command: string): readonly string[] => {
  const options = [
    'BatchMode=yes',
    'ControlMaster=no',
    'ProxyCommand=false',
    'EscapeChar=none',
    'ClearAllForwardings=yes',
    'LogLevel=ERROR',
  ];
  return ['-F', 'none', '-S', control, '-T', ...options.flatMap((option) => ['-o', option]), '--', address, command];
};
