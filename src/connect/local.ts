import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { type Become, passSudo, sudoCall } from './become.ts';
import { createChannel } from './channel.ts';
import type { PasswordGate } from './password-gate.ts';
import type { Channel, Connection } from './types.ts';

/** A program of this machine in a session of its own: an interrupt typed at the terminal does not reach it. */
const run = ([program, ...words]: readonly [string, ...string[]]): Channel => {
  const child = spawn(program, words, { stdio: 'pipe', detached: true });
  const kill = () => {
    child.stdin.destroy();
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // Gone already, or another user's through sudo, which ends with its input.
    }
  };
  return createChannel({
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    watch: (exited, gone) => {
      child.on('error', () => {
        exited({ exit: 127 });
        gone('');
      });
      child.on('exit', (code, signal) => exited(code === null ? { signal: signal ?? 'SIGKILL' } : { exit: code }));
      child.on('close', () => gone(`${program} ended without an exit code`));
    },
    cut: kill,
  });
};

/** `connection: local`: shells of this machine, as this user or through sudo. */
export const connectLocal = (timeoutMs: number, passwords: PasswordGate): Connection => {
  const open = new Set<Channel>();
  const start = (argv: readonly [string, ...string[]]): Channel => {
    const channel = run(argv);
    open.add(channel);
    void channel.closed.then(() => open.delete(channel));
    return channel;
  };
  return {
    shell: async (become?: Become) => {
      const account = userInfo().username;
      if (become === undefined || become.user === account) return start(['/bin/sh']);
      const call = sudoCall(become);
      return passSudo(start(call.argv), call, become, { timeoutMs, account, passwords });
    },
    close: () => {
      for (const channel of open) channel.destroy();
    },
  };
};
