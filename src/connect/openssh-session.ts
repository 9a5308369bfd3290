import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { execCommand } from './become.ts';
import { createChannel } from './channel.ts';
import { printable } from './errors.ts';
import { sessionArguments } from './openssh-arguments.ts';
import { type Master, startFailure } from './openssh-master.ts';
import { type Channel, ConnectError } from './types.ts';

/** How long the end of a connection may follow that of its sessions. */
const lossMs = 250;
/** How long a kill may take on its way to the host. */
const killMs = 1000;

/** One `ssh` of this machine in a session of its own: an interrupt typed at the terminal does not reach it. */
const start = (master: Master, command: string) =>
  spawn('ssh', sessionArguments(master.control, 'host', command), { stdio: 'pipe', detached: true });

/** Ends the process group of a session's program: sshd makes one for each. */
const killGroup = (master: Master, group: string): Promise<void> =>
  new Promise((resolve) => {
    const child = start(master, execCommand(['/bin/sh', '-c', 'kill -s TERM -- "-$1"', 'sh', group]));
    const done = () => {
      child.kill('SIGKILL');
      resolve();
    };
    child.once('error', done);
    child.once('exit', done);
    setTimeout(done, killMs).unref();
  });

/**
 * Starts a program on the host without a terminal, and waits until it runs: it is announced by a random word and the number of
 * its process, and what a profile has written before is cut off. Closing a channel alone leaves a busy program running, so a
 * destroyed one has it killed, as far as the login user may; `killing` hears when that is done, or cannot be.
 * Throws ConnectError where the host opens no session.
 */
export const openSession = (
  master: Master,
  argv: readonly [string, ...string[]],
  killing: (done: Promise<void>) => void,
): Promise<Channel> =>
  new Promise((resolve, reject) => {
    const word = randomBytes(16).toString('hex');
    const child = start(master, execCommand(['/bin/sh', '-c', 'echo "$0" $$; exec "$@"', word, ...argv]));
    const announced = new RegExp(`${word} (\\d+)\\n`);
    let said = '';
    let group: string | undefined;
    let ended = false;
    const cut = () => {
      child.stdin.destroy();
      child.kill('SIGKILL');
      if (group !== undefined && !ended) killing(killGroup(master, group));
    };

    /** ssh ends with 255 for many reasons: the connection's own end is the best of them. */
    const reasonOf255 = async (): Promise<string> => {
      const refused = /session request failed: (.*)/.exec(said)?.[1];
      if (group === undefined && refused !== undefined)
        return `${master.where} opens no further session: ${printable(refused)}`;
      const silent = 'the session ended without an exit status';
      return Promise.race([master.lost, delay(lossMs, silent, { ref: false })]);
    };
    const channel = createChannel({
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      watch: (exited, gone) => {
        child.once('error', (error) => {
          reject(startFailure(error));
          gone('ssh could not be started');
        });
        child.once('exit', (code) => {
          if (code !== null && code !== 255) exited({ exit: code });
        });
        child.once('close', (code) => {
          if (code === 255) void reasonOf255().then(gone);
          else gone('ssh was killed on this machine');
        });
        void master.lost.then(gone);
      },
      cut,
    });

    const timer = setTimeout(() => {
      channel.destroy();
      reject(
        new ConnectError(
          `${master.where} opened no session within ${master.timeoutMs / 1000} s`,
          'is the host overloaded?',
        ),
      );
    }, master.timeoutMs);
    child.stderr.on('data', (bytes: Buffer) => {
      if (group === undefined) said = (said + bytes.toString('latin1')).slice(-1024);
    });
    let early = '';
    channel.onStdout((bytes) => {
      early += bytes.toString('latin1');
      const found = announced.exec(early);
      if (!found) {
        early = early.slice(-2 * word.length);
        return;
      }
      clearTimeout(timer);
      group = found[1];
      const rest = Buffer.from(early.slice(found.index + found[0].length), 'latin1');
      const waiting: Buffer[] = rest.length > 0 ? [rest] : [];
      channel.onStdout((more) => waiting.push(more));
      const onStdout: Channel['onStdout'] = (listener) => {
        for (const piece of waiting.splice(0)) listener(piece);
        channel.onStdout(listener);
      };
      resolve({ ...channel, onStdout });
    });
    void channel.closed.then((end) => {
      clearTimeout(timer);
      ended = true;
      // A profile or a shell of its own may have ended it: the channel tells how.
      if (end.lost === undefined) resolve(channel);
      else
        reject(
          new ConnectError(end.lost, /further session/.test(end.lost) ? 'is MaxSessions there too low?' : undefined),
        );
    });
  });
