import { spawn } from 'node:child_process';
import type { Channel, ChannelEnd } from '../../../src/connect/types.ts';

/** A channel to a shell of this machine that can be cut: the shell itself goes on. */
export interface CutChannel extends Channel {
  readonly pid: number;
  /** From now on only so many further bytes reach the shell; the others wait. */
  readonly letIn: (bytes: number) => void;
  /** When it answers, both ends of all pipes are closed after so many bytes of its standard output. */
  readonly cutAfter: (bytes: number) => void;
  /** Nothing is heard any more; what waits for the shell still waits. */
  readonly deafen: () => void;
  /** What waited reaches the shell now. Then its input ends. */
  readonly late: () => void;
  /** Both ends of all pipes are closed, and what waits is gone. */
  readonly cut: () => void;
  /** SIGKILL, where the shell is still there. */
  readonly kill: () => void;
  /** Resolves when the shell itself has ended: with its exit code, or its signal's name. */
  readonly ended: Promise<number | string>;
}

export const cutChannel = (argv: readonly string[], env: NodeJS.ProcessEnv = process.env): CutChannel => {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], env });
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
  let inward = Number.POSITIVE_INFINITY;
  let outward = Number.POSITIVE_INFINITY;
  let waiting = Buffer.alloc(0);
  let lose: (end: ChannelEnd) => void = () => undefined;
  const closed = new Promise<ChannelEnd>((resolve) => (lose = resolve));
  const ended = new Promise<number | string>((resolve) =>
    child.on('exit', (exit, signal) => {
      resolve(exit ?? String(signal));
      lose(exit === null ? { signal: String(signal) } : { exit });
    }),
  );
  const deafen = () => {
    child.stdout.destroy();
    child.stderr.destroy();
    lose({ lost: 'cut' });
  };
  const cut = () => {
    child.stdin.destroy();
    deafen();
  };
  return {
    pid: child.pid!,
    write: (bytes) => {
      child.stdin.write(bytes.subarray(0, inward));
      waiting = Buffer.concat([waiting, bytes.subarray(inward)]);
      inward = Math.max(0, inward - bytes.length);
    },
    onStdout: (listener) =>
      child.stdout.on('data', (bytes: Buffer) => {
        const part = bytes.subarray(0, outward);
        outward -= part.length;
        if (part.length > 0) listener(part);
        if (outward <= 0) cut();
      }),
    onStderr: (listener) => child.stderr.on('data', listener),
    closed,
    ended,
    end: () => child.stdin.end(),
    destroy: deafen,
    letIn: (bytes) => (inward = bytes),
    cutAfter: (bytes) => (outward = bytes),
    deafen,
    late: () => child.stdin.end(waiting),
    cut,
    kill: () => child.kill('SIGKILL'),
  };
};
