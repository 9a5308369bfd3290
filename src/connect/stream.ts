import { spawn } from 'node:child_process';
import { connect as connectSocket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'ssh2';
import { AttemptError, hostPort, printable, socketError } from './errors.ts';

/** What carries an SSH connection. */
export interface Carrier {
  readonly stream: Duplex;
  /** Closes after what was written has left; `cut` at once. */
  readonly close: () => void;
  readonly cut: () => void;
  /** The last line of what the carrier itself complained about, once it is cut; empty: nothing. */
  readonly complaint: () => Promise<string>;
}

const keepaliveDelayMs = 15_000;
const lingerMs = 1000;
const addressAttemptMs = 2000;

const carrier = (stream: Duplex, cut: () => void, complaint: () => Promise<string> = async () => ''): Carrier => ({
  stream,
  close: () => {
    stream.end();
    setTimeout(cut, lingerMs).unref();
  },
  cut,
  complaint,
});

/** A TCP connection, small packets unheld (40 ms at each exec otherwise). Throws AttemptError; `signal` ends the attempt. */
export const openTcp = (host: string, port: number, signal: AbortSignal): Promise<Carrier> =>
  new Promise((resolve, reject) => {
    const socket = connectSocket({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepaliveDelayMs,
      autoSelectFamilyAttemptTimeout: addressAttemptMs,
    });
    const abort = () => {
      socket.destroy();
      reject(new AttemptError('broken', `${hostPort(host, port)} was not reached`));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const failed = (error: Error) =>
      reject(socketError(error, hostPort(host, port)) ?? new AttemptError('broken', error.message));
    socket.on('error', failed);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      resolve(carrier(socket, () => socket.destroy()));
    });
  });

/** The standard input and output of a ProxyCommand, run by sh as ssh runs it. */
export const openProxyCommand = (command: string): Carrier => {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe', detached: true });
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaint = (complaint + bytes.toString('utf8')).slice(-1024);
  });
  child.on('error', (error) => {
    complaint = error.message;
  });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.on('error', () => undefined);
  const cut = () => {
    stream.destroy();
    try {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  };
  const gone = new Promise((resolve) => child.once('close', resolve));
  return carrier(stream, cut, async () => {
    await Promise.race([gone, delay(lingerMs)]);
    return printable(complaint.trim().split('\n').at(-1) ?? '');
  });
};

/** A connection that a jump host makes for us. Throws AttemptError where it cannot. */
export const openForward = (hop: Client, hopName: string, host: string, port: number): Promise<Carrier> =>
  new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      const why = printable(error.message.replace('(SSH) Channel open failure: ', ''));
      reject(
        new AttemptError(
          'broken',
          `jump host ${hopName} cannot reach ${hostPort(host, port)}: ${why}`,
          'is it up, and does the jump host allow AllowTcpForwarding?',
        ),
      );
    };
    try {
      hop.forwardOut('127.0.0.1', 0, host, port, (error, stream) => {
        if (error) return failed(error);
        stream.on('error', () => undefined);
        resolve(carrier(stream, () => stream.destroy()));
      });
    } catch (error) {
      failed(error as Error);
    }
  });
