import { hostname, type UserInfo } from 'node:os';
import { join } from 'node:path';
import type { ConnectionSettings } from '../inventory/types.ts';
import { parseSshArguments } from './ssh-arguments.ts';
import type { SshConfigLookup } from './ssh-config.ts';
import { ConnectError } from './types.ts';

/** Where one SSH connection goes and by what it is let in: inventory first, then ssh_config, then OpenSSH's defaults. */
export interface Destination {
  /** As people name the host: for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  /** Identity files that somebody asked for; undefined: ssh's default names, where they exist. */
  readonly identityFiles: readonly string[] | undefined;
  readonly defaultIdentityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket?: string;
  /** ProxyJump: `user@host:port`, the nearest first. */
  readonly jumps: readonly string[];
  readonly proxyCommand?: string;
  /** Where trusted keys are looked up; `perfplay trust` writes the first. */
  readonly knownHostsFiles: readonly string[];
  readonly hostKeyAlias?: string;
  /** ConnectTimeout, milliseconds. */
  readonly timeoutMs?: number;
  /** For the jump hosts. */
  readonly configFile?: string;
}

export interface ResolveContext {
  readonly lookup: SshConfigLookup;
  readonly home: string;
  /** Who runs this. */
  readonly account: Pick<UserInfo<string>, 'username' | 'uid'>;
  /** The login user where neither inventory nor arguments name one (`-u`). */
  readonly user?: string;
  readonly agentSocket?: string;
}

/** The names that OpenSSH accepts (its valid_hostname and valid_ruser): nothing that an option or a shell could be made of. */
const safeWord = (text: string, what: string): string => {
  if (text === '' || text.startsWith('-') || /[\s\p{Cc}'"`$\\;&<>|(){}]/u.test(text))
    throw new ConnectError(`${JSON.stringify(text)} is not a ${what}`, 'correct it in the inventory or in ssh_config');
  return text;
};

const portOf = (text: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new ConnectError(`${JSON.stringify(text)} is not a port`);
  return port;
};

const secondsOf = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text))
    throw new ConnectError(`ConnectTimeout ${JSON.stringify(text)} is not a number of seconds`);
  return Number(text);
};

/** The `%` tokens of ssh_config(5) that can be known here, and `~/`. Throws ConnectError for any other token. */
const expand = (text: string, tokens: ReadonlyMap<string, string>, home: string): string =>
  text.replace(/^~(?=\/|$)/, home).replaceAll(/%(.)/g, (_, letter: string) => {
    const value = tokens.get(letter);
    if (value === undefined) throw new ConnectError(`ssh_config: %${letter} in ${text} is not understood`);
    return value;
  });

const unlessNone = (value: string | undefined): string | undefined =>
  value?.toLowerCase() === 'none' ? undefined : value;

const agentFrom = (
  value: string | undefined,
  usual: string | undefined,
  path: (text: string) => string,
): string | undefined => {
  if (value === undefined || value === 'SSH_AUTH_SOCK') return usual;
  if (value.toLowerCase() === 'none') return undefined;
  return value.startsWith('$') ? process.env[value.replaceAll(/[${}]/g, '')] : path(value);
};

/** Settings of a host, from inventory and ssh_config. Throws ConnectError for names, ports or arguments that cannot be used. */
const resolveDestination = async (
  settings: ConnectionSettings,
  name: string,
  { lookup, home, account, user: defaultUser, agentSocket }: ResolveContext,
): Promise<Destination> => {
  const { options: words, configFile } = parseSshArguments(settings.sshArguments);
  const host = safeWord(settings.address, 'host name');
  const port = settings.port ?? (words.has('port') ? portOf(words.get('port')![0]!) : undefined);
  const user = settings.user ?? words.get('user')?.[0] ?? defaultUser;
  const config = await lookup({
    host,
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user: safeWord(user, 'user name') }),
    ...(configFile !== undefined && { configFile: configFile.replace(/^~(?=\/)/, home) }),
  });
  const option = (key: string): string | undefined => (words.get(key) ?? config.get(key))?.[0];
  const proxied = words.has('proxyjump') || words.has('proxycommand') ? words : config;

  const realHost = safeWord(option('hostname')?.replaceAll('%h', host) ?? host, 'host name').toLowerCase();
  const realPort = port ?? portOf(option('port') ?? '22');
  const realUser = safeWord(user ?? option('user') ?? account.username, 'user name');
  const givenAlias = option('hostkeyalias');
  const alias = givenAlias === undefined ? undefined : safeWord(givenAlias, 'host key alias').toLowerCase();
  const tokens = new Map([
    ['%', '%'],
    ['h', realHost],
    ['k', alias ?? host],
    ['n', host],
    ['p', String(realPort)],
    ['r', realUser],
    ['u', account.username],
    ['i', String(account.uid)],
    ['d', home],
    ['l', hostname()],
  ]);
  const path = (text: string) => expand(text, tokens, home);
  const paths = (values: readonly string[] | undefined, usual: readonly string[]) =>
    values === undefined
      ? usual
      : values
          .flatMap((value) => value.split(/\s+/))
          .filter((value) => value.toLowerCase() !== 'none')
          .map(path);

  const files = [
    ...(settings.privateKeyFile === undefined ? [] : [settings.privateKeyFile]),
    ...(words.get('identityfile') ?? []),
    ...(config.get('identityfile') ?? []),
  ];
  const userKnownHosts = paths(words.get('userknownhostsfile') ?? config.get('userknownhostsfile'), [
    join(home, '.ssh/known_hosts'),
    join(home, '.ssh/known_hosts2'),
  ]);
  const globalKnownHosts = paths(words.get('globalknownhostsfile') ?? config.get('globalknownhostsfile'), [
    '/etc/ssh/ssh_known_hosts',
    '/etc/ssh/ssh_known_hosts2',
  ]);
  const proxyCommand = unlessNone(proxied.get('proxycommand')?.[0]);
  const socket = agentFrom(option('identityagent'), agentSocket, path);
  const timeout = unlessNone(option('connecttimeout'));
  return {
    name,
    host: realHost,
    port: realPort,
    user: realUser,
    ...(settings.password !== undefined && { password: settings.password }),
    identityFiles:
      files.length === 0 ? undefined : [...new Set(files.filter((file) => file.toLowerCase() !== 'none').map(path))],
    defaultIdentityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((file) => join(home, '.ssh', file)),
    identitiesOnly: option('identitiesonly')?.toLowerCase() === 'yes',
    ...(socket !== undefined && socket !== '' && { agentSocket: socket }),
    jumps:
      unlessNone(proxied.get('proxyjump')?.[0])
        ?.split(',')
        .map((hop) => hop.trim()) ?? [],
    ...(proxyCommand !== undefined && { proxyCommand: expand(proxyCommand, tokens, home) }),
    knownHostsFiles: [
      ...(settings.knownHostsFile === undefined ? userKnownHosts : [path(settings.knownHostsFile)]),
      ...globalKnownHosts,
    ],
    ...(alias !== undefined && { hostKeyAlias: alias }),
    ...(timeout !== undefined && { timeoutMs: secondsOf(timeout) * 1000 }),
    ...(configFile !== undefined && { configFile }),
  };
};

/** A destination and the jump hosts before it, the one nearest to us first. */
export interface Route {
  readonly way: readonly Destination[];
  readonly destination: Destination;
}

const mostJumps = 16;

/**
 * A jump host's settings: `[user@]host[:port]` or `ssh://…` (ssh_config(5), ProxyJump), the rest from ssh_config alone, as ssh does;
 * only -F is handed on. Throws ConnectError for another form.
 */
const jumpSettings = (jump: string, configFile: string | undefined): ConnectionSettings => {
  const parts = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:@/]+)(?::(\d+))?\/?$/.exec(jump);
  if (!parts)
    throw new ConnectError(`${JSON.stringify(jump)} is not a jump host`, 'write ProxyJump as [user@]host[:port]');
  const [, user, host, port] = parts;
  return {
    connection: 'ssh',
    address: host!.replaceAll(/[[\]]/g, ''),
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port: portOf(port) }),
    sshArguments: configFile === undefined ? [] : ['-F', configFile],
  };
};

/**
 * A host's settings and those of all its jump hosts. As in ssh, the first jump host may have jump hosts of its own; the later
 * ones are reached from the one before. The target's known_hosts files count for jump hosts too. Throws ConnectError.
 */
export const resolveRoute = async (
  settings: ConnectionSettings,
  name: string,
  context: ResolveContext,
): Promise<Route> => {
  const { user: _, ...hopContext } = context;
  const hopOf = async (jump: string, from: Destination): Promise<Destination> => {
    const hop = await resolveDestination(jumpSettings(jump, from.configFile), jump, hopContext);
    return { ...hop, knownHostsFiles: [...new Set([...hop.knownHostsFiles, ...from.knownHostsFiles])] };
  };
  const before = async (destination: Destination, depth: number): Promise<readonly Destination[]> => {
    if (depth > mostJumps)
      throw new ConnectError(`ProxyJump leads in a circle through ${destination.name}`, 'correct ssh_config');
    const hops = await Promise.all(destination.jumps.map((jump) => hopOf(jump, destination)));
    const [first, ...later] = hops;
    if (first === undefined) return [];
    return [...(await before(first, depth + 1)), first, ...later];
  };
  const destination = await resolveDestination(settings, name, context);
  return { way: await before(destination, 0), destination };
};
