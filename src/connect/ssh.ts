import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import type { ConnectionSettings } from '../inventory/types.ts';
import { type Become, execCommand, passSudo, sudoCall } from './become.ts';
import { createChannel } from './channel.ts';
import { resolveRoute } from './destination.ts';
import { hostPort, printable } from './errors.ts';
import type { Fleet } from './fleet.ts';
import { type OpenLink, openLink } from './link.ts';
import { type Channel, ConnectError, type Connection } from './types.ts';

/** In which a lost connection is known to be lost. */
const lossMs = 200;

/** Starts a program without a terminal. Throws ConnectError where the server does not. */
const startProgram = (
  { client, lost }: OpenLink,
  argv: readonly string[],
  where: string,
  timeoutMs: number,
): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    let late = false;
    const fail = (message: string, hint?: string) => {
      clearTimeout(timer);
      late = true;
      reject(new ConnectError(message, hint));
    };
    const timer = setTimeout(
      () => fail(`${where} opened no session within ${timeoutMs / 1000} s`, 'is the host overloaded?'),
      timeoutMs,
    );
    const explain = async ({ message }: Error): Promise<void> => {
      if (message.includes('Channel open failure'))
        return fail(`${where} opens no further session: ${printable(message)}`, 'is MaxSessions there too low?');
      // A connection that is lost refuses the program first.
      const why = await Promise.race([lost, sleep(lossMs, undefined)]);
      if (why === undefined && message.includes('Unable to exec'))
        fail(`${where} does not run commands`, 'may this user log in with a shell there?');
      else
        fail(
          `${why ?? `${where} closed the connection`} before a shell was started`,
          'its log (journalctl -u ssh) tells why: sshd was restarted, or the session was not allowed',
        );
    };
    try {
      client.exec(execCommand(argv), (error, stream) => {
        if (error) return void explain(error);
        clearTimeout(timer);
        if (late) stream.close();
        else resolve(stream);
      });
    } catch (error) {
      void explain(error as Error);
    }
  });

const channelOf = (stream: ClientChannel, link: OpenLink): Channel =>
  createChannel({
    stdin: stream,
    stdout: stream,
    stderr: stream.stderr,
    watch: (exited, gone) => {
      // `close` repeats the exit, which may have come with the reply to exec, before anybody could listen.
      const exit = (code?: number | null, signal?: string) => {
        if (code !== undefined) exited(code === null ? { signal: signal ?? 'an unknown signal' } : { exit: code });
      };
      stream.on('exit', exit);
      stream.on('close', (code?: number | null, signal?: string) => {
        exit(code, signal);
        // A lost connection closes its streams too, and has the better reason: it goes first.
        setImmediate(gone, 'the session ended without an exit status');
      });
      void link.lost.then(gone);
    },
    cut: () => {
      try {
        // Closing alone leaves the remote shell running. (sshd obeys for all users but root, who has no privilege separation.)
        stream.signal('TERM');
      } finally {
        link.cut();
      }
    },
  });

/** A connection by ssh2, as inventory and ssh_config say. `name`: as people name the host. Throws ConnectError. */
export const connectSsh = async (settings: ConnectionSettings, fleet: Fleet, name: string): Promise<Connection> => {
  const route = await resolveRoute(settings, name, fleet.context);
  const { destination } = route;
  const where = hostPort(destination.host, destination.port);
  const link = await openLink(route, fleet);
  return {
    shell: async (become?: Become) => {
      if (become === undefined || become.user === destination.user)
        return channelOf(await startProgram(link, ['/bin/sh'], where, fleet.timeoutMs), link);
      const call = sudoCall(become);
      const stream = await startProgram(link, call.argv, where, fleet.timeoutMs);
      const { timeoutMs } = fleet;
      const { passwords } = fleet.credentials;
      return passSudo(channelOf(stream, link), call, become, { timeoutMs, account: destination.user, passwords });
    },
    close: link.close,
  };
};
