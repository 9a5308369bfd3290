import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { userInfo, type UserInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import SSHConfig from 'ssh-config';
import { printable } from './errors.ts';
import { type SshOptions, understoodOptions } from './ssh-arguments.ts';
import { ConnectError } from './types.ts';

/** What ssh_config is asked about. */
export interface SshConfigQuery {
  /** The name as the inventory gives it. */
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  /** `-F`; `none` reads nothing. */
  readonly configFile?: string;
}

/** Options that ssh_config sets for a host; those at ssh's own defaults are left out. */
export type SshConfigLookup = (query: SshConfigQuery) => Promise<SshOptions>;

const run = promisify(execFile);
const parallel = 4;
const timeoutMs = 20_000;

const systemFolders = ['/etc/ssh', '/usr/etc/ssh'];

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConnectError(`${path}: ${(error as Error).message}`);
  }
};

const listIfThere = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
};

/** The texts that ssh would read: the file of `-F` alone, else the user's and the system's. */
const configTexts = (configFile: string | undefined, home: string): readonly string[] => {
  if (configFile === 'none') return [];
  const own = join(home, '.ssh/config');
  if (configFile !== undefined) {
    const text = readIfThere(configFile);
    if (text === undefined && configFile !== own) throw new ConnectError(`${configFile} (-F) does not exist`);
    return [text ?? ''];
  }
  const dropIns = systemFolders.flatMap((folder) => listIfThere(join(folder, 'ssh_config.d')));
  const files = [own, ...systemFolders.map((folder) => join(folder, 'ssh_config')), ...dropIns];
  return files.map(readIfThere).filter((text) => text !== undefined);
};

const relevantOption = new RegExp(`^\\s*(?:match|include|canonicalizehostname|${understoodOptions.join('|')})\\b`, 'i');

/** A line that can change how a host is reached. The system's drop-in folder is read in any case. */
const relevant = (line: string): boolean =>
  relevantOption.test(line) && !/^\s*include\s+\/(?:usr\/)?etc\/ssh\/ssh_config\.d\/\*\.conf\s*$/i.test(line);

/** `key value` lines of `ssh -G`, without what ssh says of a host that no file mentions. */
const parseAnswer = (answer: string, host: string, { homedir, username }: UserInfo<string>): SshOptions => {
  const defaults: Readonly<Record<string, RegExp | string>> = {
    hostname: host.toLowerCase(),
    port: '22',
    user: username,
    identitiesonly: 'no',
    identityfile: /^~\/\.ssh\/id_(rsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss|dsa)$/,
    userknownhostsfile: `${homedir}/.ssh/known_hosts ${homedir}/.ssh/known_hosts2`,
    globalknownhostsfile: '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
    connecttimeout: 'none',
  };
  const options = new Map<string, string[]>();
  for (const line of answer.split('\n')) {
    const [, key, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    if (!understoodOptions.some((name) => name.toLowerCase() === key)) continue;
    options.set(key, [...(options.get(key) ?? []), value]);
  }
  for (const [key, usual] of Object.entries(defaults)) {
    const isUsual = (value: string) => (typeof usual === 'string' ? value === usual : usual.test(value));
    if (options.get(key)?.every(isUsual)) options.delete(key);
  }
  return options;
};

/** ssh's own answer; undefined where there is no ssh. `--` and the caller's check keep a host name from being an option. */
const askSsh = async (
  { host, port, user, configFile }: SshConfigQuery,
  account: UserInfo<string>,
): Promise<SshOptions | undefined> => {
  const words = [
    '-G',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    host,
  ];
  try {
    const { stdout } = await run('ssh', words, { timeout: timeoutMs });
    return parseAnswer(stdout, host, account);
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    if (code === 'ENOENT') return undefined;
    throw new ConnectError(
      `ssh_config: ${printable(stderr.trim().split('\n')[0] ?? '') || 'ssh -G failed'}`,
      'ssh -G shows the same',
    );
  }
};

/** Host blocks only: what needs a program or further files to decide needs the ssh program. */
const computeWithoutSsh = (texts: readonly string[], host: string): SshOptions => {
  const text = texts.join('\nHost *\n');
  if (text.split('\n').some((line) => relevant(line) && /^\s*(?:match|include|canonicalizehostname)\b/i.test(line)))
    throw new ConnectError(
      'ssh_config uses Match, Include or CanonicalizeHostname, and there is no ssh program to ask',
      'install openssh-client',
    );
  const computed = SSHConfig.parse(text).compute(host, { ignoreCase: true, matchExec: false });
  const options = new Map<string, string[]>();
  for (const name of understoodOptions) {
    const value = computed[name.toLowerCase()];
    if (value !== undefined) options.set(name.toLowerCase(), [value].flat());
  }
  const hostName = options.get('hostname')?.[0];
  if (hostName !== undefined) options.set('hostname', [hostName.replaceAll('%h', host).replaceAll('%%', '%')]);
  return options;
};

/**
 * Looks hosts up in ssh_config, with `ssh -G` where ssh exists. ssh is not started where no file says anything that matters,
 * and no query is asked twice. Throws ConnectError for a file that ssh refuses.
 */
export const createSshConfigLookup = (home: string): SshConfigLookup => {
  const limit = pLimit(parallel);
  /** Those that say anything that matters. */
  const texts = new Map<string, Promise<readonly string[] | undefined>>();
  const answers = new Map<string, Promise<SshOptions>>();
  const account = userInfo();
  /** ssh takes the home folder from the password file; another one is spelled out. */
  const usualFile = home === account.homedir ? undefined : join(home, '.ssh/config');

  const relevantTexts = async (configFile: string | undefined): Promise<readonly string[] | undefined> => {
    const found = configTexts(configFile, home);
    return found.some((text) => text.split('\n').some(relevant)) ? found : undefined;
  };

  const look = async (query: SshConfigQuery): Promise<SshOptions> => {
    const configFile = query.configFile ?? usualFile;
    const key = configFile ?? '';
    const reading = texts.get(key) ?? relevantTexts(configFile);
    texts.set(key, reading);
    const found = await reading;
    if (!found) return new Map();
    const answer = await limit(() => askSsh({ ...query, ...(configFile !== undefined && { configFile }) }, account));
    return answer ?? computeWithoutSsh(found, query.host);
  };
  return (query) => {
    const key = JSON.stringify(query);
    const known = answers.get(key);
    if (known) return known;
    const fresh = look(query);
    answers.set(key, fresh);
    return fresh;
  };
};
