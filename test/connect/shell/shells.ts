import { execFileSync, spawn } from 'node:child_process';
import type { Channel } from '../../../src/connect/types.ts';

/** The shells of this machine that a target's /bin/sh may be. */
export const shells = [
  { name: 'dash', argv: ['dash'] },
  { name: 'bash', argv: ['bash', '--posix'] },
  { name: 'busybox', argv: ['busybox', 'sh'] },
  { name: 'mksh', argv: ['mksh'] },
].map((shell) => ({ ...shell, present: isPresent(shell.argv[0]!) }));

function isPresent(program: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A channel to a shell of this machine: the real program, without SSH between. */
export const localChannel = (argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Channel => {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], env });
  child.stdin.on('error', () => undefined);
  return {
    write: (bytes) => child.stdin.write(bytes),
    onStdout: (listener) => child.stdout.on('data', listener),
    onStderr: (listener) => child.stderr.on('data', listener),
    closed: new Promise((resolve) =>
      child.on('close', (exit, signal) => resolve(exit === null ? { signal: String(signal) } : { exit })),
    ),
    end: () => child.stdin.end(),
    destroy: () => child.kill('SIGKILL'),
  };
};
