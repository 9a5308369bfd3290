import { nearest } from '../diagnostics.ts';
import { ConnectError } from './types.ts';

/** Options of ssh_config(5) by their name in small letters, each with its values in order. */
export type SshOptions = ReadonlyMap<string, readonly string[]>;

export interface SshArguments {
  readonly options: SshOptions;
  /** `-F`. */
  readonly configFile?: string;
}

/**
 * The names that OpenSSH accepts (its valid_hostname and valid_ruser): nothing that an option or a shell could be made of.
 * `what` it should be, for the message. Throws ConnectError.
 */
export const safeWord = (text: string, what: string): string => {
  if (text === '' || text.startsWith('-') || /[\s\p{Cc}'"`$\\;&<>|(){}]/u.test(text))
    throw new ConnectError(`${JSON.stringify(text)} is not a ${what}`, 'correct it in the inventory or in ssh_config');
  return text;
};

/** The options that decide how a host is reached. */
export const understoodOptions = [
  'HostName',
  'Port',
  'User',
  'IdentityFile',
  'IdentitiesOnly',
  'IdentityAgent',
  'ProxyJump',
  'ProxyCommand',
  'UserKnownHostsFile',
  'GlobalKnownHostsFile',
  'HostKeyAlias',
  'ConnectTimeout',
] as const;

/** Common in inventories and without meaning here: they tune the ssh program, or would weaken the host key check. */
const withoutEffect = [
  'StrictHostKeyChecking',
  'CheckHostIP',
  'UpdateHostKeys',
  'HashKnownHosts',
  'VisualHostKey',
  'ControlMaster',
  'ControlPath',
  'ControlPersist',
  'ServerAliveInterval',
  'ServerAliveCountMax',
  'TCPKeepAlive',
  'ConnectionAttempts',
  'BatchMode',
  'LogLevel',
  'Compression',
  'PreferredAuthentications',
  'PubkeyAuthentication',
  'PasswordAuthentication',
  'KbdInteractiveAuthentication',
  'GSSAPIAuthentication',
  'AddKeysToAgent',
  'ForwardAgent',
  'ForwardX11',
  'SendEnv',
  'RequestTTY',
];

/** What ssh2 cannot do, and the ssh program can. */
const needOpenssh =
  /^(?:CertificateFile|CASignatureAlgorithms|PKCS11Provider|SecurityKeyProvider|GSSAPI\w+|KnownHostsCommand)$/i;

const hintFor = (name: string): string => {
  if (needOpenssh.test(name)) return 'set ansible_connection: openssh, which can';
  const near = nearest(name, understoodOptions);
  return near === undefined ? 'put it into ssh_config, or set ansible_connection: openssh' : `did you mean ${near}?`;
};

const flags: Readonly<Record<string, (typeof understoodOptions)[number]>> = {
  p: 'Port',
  i: 'IdentityFile',
  J: 'ProxyJump',
  l: 'User',
};

/**
 * The words of `ansible_ssh_common_args` and `ansible_ssh_extra_args`: `-o Key=Value`, `-p`, `-i`, `-J`, `-F`, `-l`, each with its
 * value attached or in the next word (ssh(1)). As there, the first value of an option counts. Throws ConnectError for any other word.
 */
export const parseSshArguments = (words: readonly string[]): SshArguments => {
  const options = new Map<string, string[]>();
  let configFile: string | undefined;
  const known = new Set<string>(understoodOptions.map((name) => name.toLowerCase()));
  const ignored = new Set(withoutEffect.map((name) => name.toLowerCase()));
  const add = (name: string, value: string) => {
    const key = name.toLowerCase();
    if (ignored.has(key)) return;
    if (!known.has(key)) throw new ConnectError(`ssh arguments: the option ${name} is not understood`, hintFor(name));
    options.set(key, [...(options.get(key) ?? []), value]);
  };
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const letter = /^-([opiJFl])/.exec(word)?.[1];
    if (letter === undefined)
      throw new ConnectError(
        `ssh arguments: ${word} is not understood`,
        'understood are -o Key=Value, -p, -i, -J, -F and -l',
      );
    const value = word.length > 2 ? word.slice(2) : words[++index];
    if (value === undefined) throw new ConnectError(`ssh arguments: ${word} needs a value`);
    if (letter === 'F') configFile ??= value;
    else if (letter === 'o') {
      const parts = /^\s*([A-Za-z0-9]+)\s*[=\s]\s*(.*?)\s*$/.exec(value);
      if (!parts) throw new ConnectError(`ssh arguments: -o ${value} is not of the form Key=Value`);
      add(parts[1]!, parts[2]!.replace(/^"(.*)"$/, '$1'));
    } else add(flags[letter]!, value);
  }
  return { options, ...(configFile !== undefined && { configFile }) };
};
