import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, ParsedKey } from 'ssh2';
import { agentKeys, ChosenKeys } from './agent.ts';
import type { Destination } from './destination.ts';
import { AttemptError, hostPort } from './errors.ts';
import type { KeyFile, KeyRing } from './keys.ts';
import type { PasswordGate, ReportPassword } from './password-gate.ts';

/** What the connections of a fleet share. */
export interface Credentials {
  readonly keys: KeyRing;
  /** The agent's keys, asked for once; throws where there is no agent. */
  readonly agentKeys: typeof agentKeys;
  readonly passwords: PasswordGate;
}

/** The authentication of one connection. */
export interface Authentication {
  /** For ssh2. */
  readonly handler: AuthHandlerMiddleware;
  /** To be called once, when the connection is ready or has failed. */
  readonly finish: (ready: boolean) => void;
  /** That the server let nobody in, with what was tried. */
  readonly failure: () => AttemptError;
}

interface Log {
  readonly tried: string[];
  /** Why something was not tried. */
  readonly notes: string[];
  password: ReportPassword | undefined;
}

/** Methods of servers that ssh2 does not know. */
const foreignMethods: ReadonlySet<string> = new Set(['gssapi-with-mic', 'gssapi-keyex']);

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/**
 * The offers in their order: private key files that somebody asked for, the agent's keys, ssh's default files, the password.
 * Encrypted files come after the agent, and are opened only where it does not hold their key. A key is offered once.
 */
async function* offers(
  destination: Destination,
  { keys, passwords, agentKeys: listAgent }: Credentials,
  accepts: (method: AuthenticationType) => boolean,
  log: Log,
): AsyncGenerator<AnyAuthMethod, undefined> {
  const username = destination.user;
  const wanted = destination.identityFiles;
  const paths = wanted ?? destination.defaultIdentityFiles;
  const files = await Promise.all(paths.map(keys.read));
  const certificates = await Promise.all(paths.map((path) => keys.read(`${path}-cert.pub`)));
  for (const file of files) if (file.kind === 'missing' && wanted) log.notes.push(`${file.path} does not exist`);
  for (const file of [...files, ...certificates])
    if (file.kind === 'unusable') log.notes.push(`${file.path}: ${file.why}${opensshHint(file.why)}`);
  const offered = new Set<string>();
  const fresh = (publicKey: Buffer): boolean => {
    const id = publicKey.toString('base64');
    return !offered.has(id) && offered.add(id) !== undefined;
  };
  const withKey = (path: string, key: ParsedKey): AnyAuthMethod => {
    log.tried.push(path);
    return { type: 'publickey', username, key };
  };
  function* plainKeys() {
    for (const file of files)
      if (file.kind === 'private' && accepts('publickey') && fresh(file.key.getPublicSSH()))
        yield withKey(file.path, file.key);
  }

  if (wanted) yield* plainKeys();
  const socket = destination.agentSocket;
  if (socket !== undefined && accepts('publickey')) {
    const named = files.map(publicKeyOf).filter((key) => key !== undefined);
    const isNamed = (key: ParsedKey) => named.some((publicKey) => publicKey.equals(key.getPublicSSH()));
    try {
      const held = await listAgent(socket);
      const usable = destination.identitiesOnly
        ? held.filter(isNamed)
        : held.toSorted((a, b) => Number(isNamed(b)) - Number(isNamed(a)));
      const chosen = usable.filter((key) => fresh(key.getPublicSSH()));
      if (chosen.length > 0) {
        log.tried.push(plural(chosen.length, 'agent key'));
        yield { type: 'agent', username, agent: new ChosenKeys(socket, chosen) };
      }
    } catch (error) {
      log.notes.push(`agent: ${(error as Error).message}`);
    }
  }
  if (!wanted) yield* plainKeys();
  for (const file of files) {
    if (file.kind !== 'encrypted' || !accepts('publickey')) continue;
    if (file.publicKey !== undefined && !fresh(file.publicKey)) continue;
    const key = await keys.unlock(file.path);
    if (key) yield withKey(file.path, key);
    else log.notes.push(`${file.path} stayed locked`);
  }

  const { password } = destination;
  if (password === undefined) return undefined;
  // Which of the two ways of giving a password the server takes, it tells only in an answer.
  if (accepts('password') && accepts('keyboard-interactive')) yield { type: 'none', username };
  if (!(accepts('password') || accepts('keyboard-interactive'))) return undefined;
  log.password = await passwords.enter(username, password);
  if (log.password === undefined) {
    log.notes.push('the password was refused by other hosts and not tried here');
    return undefined;
  }
  log.tried.push('the password');
  if (accepts('password')) yield { type: 'password', username, password };
  else {
    yield {
      type: 'keyboard-interactive',
      username,
      // Only the one hidden question is the password's; anything else is answered with nothing.
      prompt: (_name, _instructions, _lang, prompts, finish) =>
        finish(prompts.map(({ echo }) => (prompts.length === 1 && echo === false ? password : ''))),
    };
  }
  log.password('refused');
  return undefined;
}

const opensshHint = (why: string): string =>
  why.startsWith('ssh2 cannot use') ? ': set ansible_connection: openssh' : '';

const publicKeyOf = (file: KeyFile): Buffer | undefined => {
  if (file.kind === 'private') return file.key.getPublicSSH();
  return file.kind === 'encrypted' || file.kind === 'public' ? file.publicKey : undefined;
};

/** `pause` runs what may wait for a person. */
export const createAuthentication = (
  destination: Destination,
  credentials: Credentials,
  pause: <T>(work: () => Promise<T>) => Promise<T>,
): Authentication => {
  let left: readonly AuthenticationType[] | null = null;
  let finished = false;
  const log: Log = { tried: [], notes: [], password: undefined };
  const accepts = (method: AuthenticationType) => left === null || left.includes(method);
  const offer = offers(destination, credentials, accepts, log);
  return {
    handler: (methods, _partial, next) => {
      left = methods as typeof left;
      const answer = next as (method: AnyAuthMethod | false) => void;
      const offerNext = async () => {
        const { value } = await pause(() => offer.next());
        if (finished) log.password?.('lost');
        else answer(value ?? false);
      };
      void offerNext();
    },
    finish: (ready) => {
      finished = true;
      log.password?.(ready ? 'accepted' : 'lost');
    },
    failure: () => {
      const where = hostPort(destination.host, destination.port);
      if (left?.length && left.every((method) => foreignMethods.has(method)))
        log.notes.push(`ssh2 cannot log in by ${left.join(' or ')}: set ansible_connection: openssh`);
      const notes = log.notes.length === 0 ? undefined : log.notes.join('; ');
      const takes = left?.length ? ` (it takes ${left.join(', ')})` : '';
      if (log.tried.length === 0)
        return new AttemptError(
          'refused',
          `no key and no password to log in to ${where} as ${destination.user}${takes}`,
          notes ?? 'name a key with ansible_ssh_private_key_file, add one to the agent, or give ansible_password',
        );
      return new AttemptError(
        'refused',
        `${where} refused the login as ${destination.user} with ${log.tried.join(', ')}${takes}`,
        notes ?? `is that key in the authorized_keys of ${destination.user} there?`,
      );
    },
  };
};
