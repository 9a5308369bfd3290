import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from 'vitest';

const program = '/usr/sbin/sshd';

/** Why tests against a real sshd cannot run here; undefined where they can. */
export const noSshd: string | undefined = !existsSync(program)
  ? `${program} is missing: install openssh-server`
  : process.getuid?.() === 0
    ? undefined
    : 'sshd is started as root: run the tests as root';

export interface KeyPair {
  /** The private key's file. */
  readonly file: string;
  /** `type base64`, as in authorized_keys and known_hosts. */
  readonly public: string;
}

type Overlay = Readonly<Record<string, string | { readonly content: string; readonly mode: number }>>;

/** A user that only this sshd and its sessions know. */
export interface SshdUser {
  readonly name: string;
  /** As `openssl passwd -6` gives it. Default: none, keys only. */
  readonly passwordHash?: string;
  readonly shell?: string;
  readonly home?: string;
}

export interface SshdSettings {
  /** Lines `type base64` that may log in as any user. */
  readonly authorizedKeys: readonly string[];
  /** Files of private host keys. Default: one new ed25519 key. */
  readonly hostKeys?: readonly string[];
  /** Further lines of sshd_config; they win over the ones below. */
  readonly extraConfig?: string;
  /** Files laid over the system's, seen by this sshd and its sessions alone: path to content and mode (default 0644). */
  readonly overlay?: Overlay;
  readonly users?: readonly SshdUser[];
}

export interface Sshd {
  readonly port: number;
  /** The first host key: `type base64`. */
  readonly hostKey: string;
  /** All that it has logged so far. */
  readonly log: () => string;
  /** The processes that serve its connections. */
  readonly sessions: () => readonly number[];
  readonly stop: () => Promise<void>;
}

/** A new folder under the system's temporary one, removed when all tests of the file have run. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'perfplay-test-'));
  folders.push(folder);
  return folder;
};
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A key pair made by ssh-keygen. */
export const makeKey = (folder: string, name: string, type = 'ed25519', passphrase = ''): KeyPair => {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', '', '-f', file]);
  return { file, public: publicKey(file) };
};

const publicKey = (file: string): string => readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ');

/** A TCP port from 20000 on that is free now. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
};

const childrenOf = (parent: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);

const kill = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
};

/** The system's users and these. */
const accounts = (users: readonly SshdUser[]): Overlay => {
  if (users.length === 0) return {};
  const passwd = users.map(({ name, shell = '/bin/sh', home = '/' }, index) => {
    const id = 4200 + index;
    return `${name}:x:${id}:${id}::${home}:${shell}\n`;
  });
  const shadow = users.map(({ name, passwordHash = '*' }) => `${name}:${passwordHash}:19000:0:99999:7:::\n`);
  return {
    '/etc/passwd': readFileSync('/etc/passwd', 'utf8') + passwd.join(''),
    '/etc/shadow': { content: readFileSync('/etc/shadow', 'utf8') + shadow.join(''), mode: 0o600 },
  };
};

const overlayFiles = (folder: string, overlay: Overlay): readonly string[] =>
  Object.entries(overlay).flatMap(([path, file], index) => {
    const source = join(folder, `overlay${index}`);
    const { content, mode } = typeof file === 'string' ? { content: file, mode: 0o644 } : file;
    writeFileSync(source, content, { mode });
    return [source, path];
  });

/** An OpenSSH server on 127.0.0.1 with its own configuration, keys and log; resolves when it accepts connections. */
export const startSshd = async (settings: SshdSettings): Promise<Sshd> => {
  const { authorizedKeys, extraConfig = '', overlay = {}, users = [] } = settings;
  const folder = temporaryFolder();
  chmodSync(folder, 0o755); // authorized_keys is read as the user who logs in.
  const hostKeys = settings.hostKeys ?? [makeKey(folder, 'host_key').file];
  const port = await freePort();
  const logFile = join(folder, 'log');
  writeFileSync(join(folder, 'authorized_keys'), authorizedKeys.map((key) => `${key}\n`).join(''));
  writeFileSync(logFile, '');
  const config = [
    extraConfig,
    `ListenAddress 127.0.0.1:${port}`,
    ...hostKeys.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile none`,
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel DEBUG1',
    '',
  ];
  writeFileSync(join(folder, 'sshd_config'), config.join('\n'));
  mkdirSync('/run/sshd', { recursive: true });
  const command = [program, '-D', '-f', join(folder, 'sshd_config'), '-E', logFile];
  const files = overlayFiles(folder, { ...accounts(users), ...overlay });
  const script =
    'while [ $# -gt 0 ] && [ "$1" != -- ]; do mount --bind "$1" "$2" || exit; shift 2; done; shift; exec "$@"';
  const child = files.length
    ? spawn('unshare', ['-m', 'sh', '-c', script, 'sh', ...files, '--', ...command], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    : spawn(program, command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr?.on('data', (bytes: Buffer) => (complaint += bytes.toString()));
  const pid = child.pid!;
  const log = () => readFileSync(logFile, 'utf8');
  for (let tries = 0; !log().includes('Server listening'); tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`sshd did not start: ${complaint} ${log()}`);
    await delay(25);
  }
  return {
    port,
    hostKey: publicKey(hostKeys[0]!),
    log,
    sessions: () => childrenOf(pid),
    stop: async () => {
      for (const session of childrenOf(pid)) kill(session, 'SIGKILL');
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        kill(pid, 'SIGTERM');
        await gone;
      }
    },
  };
};
