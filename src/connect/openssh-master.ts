import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionSettings } from '../inventory/types.ts';
import { AttemptError, hostPort } from './errors.ts';
import {
  checkOpensshArguments,
  configurationText,
  masterArguments,
  type OpensshArguments,
  targetKnownHosts,
} from './openssh-arguments.ts';
import { type FailedLogin, loginFailure, loginTimeout, lossReason } from './openssh-errors.ts';
import { readSshLog } from './openssh-log.ts';
import { holdMaster, type MasterHold } from './openssh-mux.ts';
import { type ConnectOptions, defaultTimeoutMs } from './options.ts';
import { ConnectError } from './types.ts';

/** An `ssh` that has logged in and waits in the background for sessions. */
export interface Master {
  /** Its control socket. */
  readonly control: string;
  /** `host:port`, for messages. */
  readonly where: string;
  /** Who has logged in, where ssh has said so. */
  readonly user: string | undefined;
  readonly timeoutMs: number;
  /** Resolves when the connection is gone, with why. Never rejects. */
  readonly lost: Promise<string>;
  readonly close: () => void;
}

const attempts = 5;
const firstDelayMs = 250;

/**
 * Logs in. A server too busy to say a word is asked again, as by ssh2; everything else fails at once. Throws ConnectError.
 */
export const openMaster = async (
  settings: ConnectionSettings,
  options: ConnectOptions,
  name: string,
): Promise<Master> => {
  if (settings.password !== undefined)
    throw new ConnectError(
      `${name} has an ansible_password, which ssh cannot be given`,
      'log in with a key or a certificate, or set ansible_connection: ssh',
    );
  const given = checkOpensshArguments(settings.sshArguments);
  for (let attempt = 1; ; attempt++) {
    try {
      return await openOnce(settings, given, options, name);
    } catch (error) {
      if (!(error instanceof AttemptError) || error.kind !== 'busy' || attempt === attempts) throw error;
      const jitter = 0.5 + Math.random();
      const waiting = options.signal ? { signal: options.signal } : {};
      await delay(firstDelayMs * 2 ** (attempt - 1) * jitter, undefined, waiting).catch(() => undefined);
    }
  }
};

/** What must not outlive this process. */
const leftovers = new Set<() => void>();
process.once('exit', () => {
  for (const clean of leftovers) clean();
});

/** The longest path of a folder whose sockets ssh can still name: sun_path has 108 bytes (unix(7)), and ssh appends 17. */
const longestFolder = 64;

/** A folder that only this user can read, for one connection. */
const makeFolder = async (): Promise<string> => {
  const usual = tmpdir();
  const parent = usual.length <= longestFolder && /^[\w./-]+$/.test(usual) ? usual : '/tmp';
  try {
    return await mkdtemp(join(parent, 'perfplay-'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConnectError(`ssh needs a private folder below ${parent}: ${code}`, 'make room there, or set TMPDIR');
  }
};

const readConfigFile = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConnectError(code === 'ENOENT' ? `${file} (-F) does not exist` : `${file} (-F) cannot be read: ${code}`);
  }
};

/** What ssh would read by itself, or the one file of `-F`, or with `-F none` nothing (ssh(1)). */
const configurationSources = async (configFile: string | undefined, home: string) => {
  const systems = ['/etc/ssh/ssh_config', '/usr/etc/ssh/ssh_config'];
  if (configFile === undefined) return { files: [join(home, '.ssh/config'), ...systems] };
  if (configFile.toLowerCase() === 'none') return { files: [] };
  return { files: [], text: await readConfigFile(resolve(configFile.replace(/^~(?=\/)/, home))) };
};

const openOnce = async (
  settings: ConnectionSettings,
  given: OpensshArguments,
  options: ConnectOptions,
  name: string,
): Promise<Master> => {
  const home = options.home ?? userInfo().homedir;
  const seconds = Number(given.option('ConnectTimeout'));
  const timeoutMs = seconds > 0 ? seconds * 1000 : (options.timeoutMs ?? defaultTimeoutMs);
  const sources = await configurationSources(given.configFile, home);
  const text = configurationText({ ...sources, home, timeoutMs, knownHosts: targetKnownHosts(settings, given) });
  const folder = await makeFolder();
  const remove = () => rmSync(folder, { recursive: true, force: true });
  leftovers.add(remove);
  const forget = () => {
    leftovers.delete(remove);
    remove();
  };
  const files = { configuration: join(folder, 'config'), control: join(folder, 'c'), log: join(folder, 'log') };
  const aside = join(folder, 'aside');
  const failed = async (): Promise<FailedLogin> => ({
    name,
    where: hostPort(settings.address, settings.port ?? 22),
    log: await readFile(files.log, 'utf8').catch(() => ''),
    aside: await readFile(aside, 'utf8').catch(() => ''),
    timeoutMs,
  });

  try {
    await writeFile(files.configuration, text, { mode: 0o600 });
    const words = masterArguments(settings, given, files, options.user);
    const outcome = await logIn(words, aside, timeoutMs, options);
    if (outcome === 'interrupted') throw new AttemptError('broken', `${(await failed()).where}: interrupted`);
    if (outcome === 'late') throw loginTimeout(await failed());
    const hold = outcome === 'in' ? await holdMaster(files.control, timeoutMs).catch(() => undefined) : undefined;
    const login = await failed();
    if (hold === undefined) throw loginFailure(login);
    return masterOf(hold, files.control, login, forget);
  } catch (error) {
    forget();
    throw error instanceof ConnectError
      ? error
      : new ConnectError(`ssh cannot be prepared: ${(error as Error).message}`, 'is the temporary folder full?');
  }
};

const masterOf = (hold: MasterHold, control: string, login: FailedLogin, forget: () => void): Master => {
  const said = readSshLog(login.log);
  const where = said.where ?? login.where;
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    leftovers.delete(close);
    hold.end();
    forget();
  };
  leftovers.add(close);
  const lost = hold.gone.then(async () => {
    const text = open ? await readFile(join(control, '../log'), 'utf8').catch(() => '') : '';
    close();
    return lossReason(text, where);
  });
  return { control, where, user: said.user, timeoutMs: login.timeoutMs, lost, close };
};

/**
 * Starts the master's ssh in a session of its own, so that no interrupt of the terminal reaches it, and waits until it has gone
 * to the background (`-f`), which it does when it has logged in and its control socket is there. What it says besides its log
 * goes to the file `aside`: the jump hosts' ssh say it there too.
 */
const logIn = async (
  words: readonly string[],
  aside: string,
  timeoutMs: number,
  { signal, agentSocket }: ConnectOptions,
): Promise<'in' | 'failed' | 'late' | 'interrupted'> => {
  if (signal?.aborted) return 'interrupted';
  const env = { ...process.env, ...(agentSocket !== undefined && { SSH_AUTH_SOCK: agentSocket }) };
  const output = await open(aside, 'w', 0o600);
  const child = spawn('ssh', words, { stdio: ['ignore', 'ignore', output.fd], detached: true, env });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  leftovers.add(kill);
  try {
    return await new Promise((settle, reject) => {
      const end = (outcome: 'late' | 'interrupted') => {
        kill();
        settle(outcome);
      };
      const timer = setTimeout(end, timeoutMs, 'late');
      const interrupt = () => end('interrupted');
      signal?.addEventListener('abort', interrupt, { once: true });
      const stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', interrupt);
      };
      child.once('error', (error: NodeJS.ErrnoException) => {
        stop();
        reject(startFailure(error));
      });
      child.once('exit', (code) => {
        stop();
        settle(code === 0 ? 'in' : 'failed');
      });
    });
  } finally {
    leftovers.delete(kill);
    await output.close();
  }
};

/** ssh could not be started at all. */
export const startFailure = ({ code }: NodeJS.ErrnoException): ConnectError =>
  code === 'ENOENT'
    ? new ConnectError(
        'ansible_connection is openssh, and there is no ssh program in the PATH',
        'install openssh-client (Debian, Ubuntu), openssh-clients (RHEL, Fedora, SUSE), or set ansible_connection: ssh',
      )
    : new ConnectError(`ssh cannot be started: ${code}`, 'is this machine out of processes or memory? lower --forks');
