import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import { LabError, type HostFolder } from './folder.ts';

/** The sshd of one simulated host. */
export interface HostServer {
  /** Stops listening, drops every connection and kills every shell. */
  readonly close: () => Promise<void>;
}

export interface HostServerOptions {
  readonly port: number;
  /** A private key, as text. */
  readonly hostKey: string;
  /** The only key that may log in, as the user `lab`. */
  readonly login: ParsedKey;
  readonly folder: HostFolder;
  /** The host has asked for a reboot, and its connection has gone. */
  readonly reboot: () => void;
}

export const labUser = 'lab';

const accepts = (context: AuthContext, login: ParsedKey): boolean =>
  context.method === 'publickey' &&
  context.username === labUser &&
  context.key.algo === login.type &&
  context.key.data.equals(login.getPublicSSH()) &&
  (!context.signature || login.verify(context.blob!, context.signature, context.hashAlgo));

/** What a login sees: nothing of the environment of whoever started the lab. Behind sudo, which is none here, as sudo sets it. */
const environment = (folder: HostFolder, sudo: boolean): NodeJS.ProcessEnv => {
  const user = sudo ? 'root' : labUser;
  return {
    PATH: process.env['PATH'],
    HOME: folder.base,
    SHELL: '/bin/sh',
    USER: user,
    LOGNAME: user,
    ...(sudo && { SUDO_USER: labUser, SUDO_UID: '1000', SUDO_GID: '1000' }),
  };
};

/** Joins a channel with a shell of its own process group; tells the exit as sshd does. */
const serveShell = (channel: ServerChannel, folder: HostFolder, { sudo, argv }: WantedShell): ChildProcess => {
  const shell = spawn('/bin/sh', [...argv], {
    cwd: folder.base,
    env: environment(folder, sudo),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const { stdin, stdout, stderr } = shell;
  stdin.on('error', () => undefined);
  channel.on('error', () => undefined);
  channel.pipe(stdin);
  stdout.pipe(channel, { end: false });
  stderr.pipe(channel.stderr, { end: false });
  shell.on('error', () => channel.close());
  shell.on('close', (code, signal) => {
    if (code === null) channel.exit(signal?.replace('SIG', '') ?? 'KILL');
    else channel.exit(code);
    channel.end();
  });
  // A lost connection closes the shell's input, as sshd does; the shell ends by itself.
  channel.on('close', () => {
    stdin.end();
    stdout.resume();
    stderr.resume();
  });
  return shell;
};

interface WantedShell {
  readonly sudo: boolean;
  /** The words after `/bin/sh`. */
  readonly argv: readonly string[];
}

/** What perfplay starts behind sudo: a shell, which may first say that it is there. */
const sudoShell = /^exec \/usr\/bin\/sudo .*\/bin\/sh(?: -c '(echo ready [0-9a-f]{32}; exec \/bin\/sh)')?$/;

const shellFor = (command: string): WantedShell | undefined => {
  if (command === 'exec /bin/sh') return { sudo: false, argv: [] };
  const match = sudoShell.exec(command);
  return match ? { sudo: true, argv: match[1] === undefined ? [] : ['-c', match[1]] } : undefined;
};

const serveConnection = (connection: Connection, options: HostServerOptions, shells: Set<ChildProcess>): void => {
  connection.on('error', () => undefined);
  connection.on('close', () => {
    if (existsSync(path.join(options.folder.root, 'run/lab/reboot'))) options.reboot();
  });
  connection.on('authentication', (context) => {
    if (accepts(context, options.login)) context.accept();
    else context.reject(['publickey']);
  });
  connection.on('session', (accept) => {
    // Only exec is listened to: ssh2 refuses what nobody listens to (pty, shell, subsystem, forwarding).
    accept().on('exec', (acceptExec, reject, { command }) => {
      const wanted = shellFor(command);
      if (!wanted) return reject();
      const shell = serveShell(acceptExec(), options.folder, wanted);
      shells.add(shell);
      shell.on('close', () => shells.delete(shell));
    });
  });
};

/** Kills a shell and what it started. */
const killGroup = (shell: ChildProcess): void => {
  if (shell.pid === undefined) return;
  try {
    process.kill(-shell.pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
};

/**
 * Listens on a loopback port. Answers `exec /bin/sh`, and `exec /usr/bin/sudo …` alike, with the real /bin/sh in the host's
 * folder; refuses everything else. Throws LabError where the port is taken.
 */
export const serveHost = async (options: HostServerOptions): Promise<HostServer> => {
  const sockets = new Set<Socket>();
  const shells = new Set<ChildProcess>();
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey], ident: 'perfplay-lab' }, (connection) =>
    serveConnection(connection, options, shells),
  );
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new LabError(`port ${options.port} of 127.0.0.1 is taken`, 'stop the program that listens there')
          : error,
      ),
    );
    listener.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const shell of shells) killGroup(shell);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
