import { execFile } from 'node:child_process';
import path from 'node:path';

/** Something is wrong with the lab itself, or with what it was asked for. */
export class LabError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'LabError';
    this.hint = hint;
  }
}

/** Where the lab keeps its things below its folder (`.perfplay/lab`). */
export interface LabFolder {
  /** The private key that its hosts accept. */
  readonly key: string;
  readonly knownHosts: string;
  /** The server's process id and its ports. */
  readonly record: string;
  readonly socket: string;
  readonly log: string;
  readonly hosts: string;
  readonly host: (name: string) => HostFolder;
  readonly hostKey: (name: string) => string;
}

/** One simulated host's folder: a login starts in it. */
export interface HostFolder {
  readonly base: string;
  /** What stands for `/`. */
  readonly root: string;
  readonly programs: string;
  /** How often it has booted. */
  readonly boots: string;
}

export const labFolder = (folder: string): LabFolder => {
  const base = path.resolve(folder);
  const hosts = path.join(base, 'hosts');
  return {
    key: path.join(base, 'key'),
    knownHosts: path.join(base, 'known_hosts'),
    record: path.join(base, 'server.json'),
    socket: path.join(base, 'control.sock'),
    log: path.join(base, 'server.log'),
    hosts,
    host: (name) => hostFolder(path.join(hosts, name)),
    hostKey: (name) => path.join(base, `host_key_${name}`),
  };
};

export const hostFolder = (base: string): HostFolder => ({
  base,
  root: path.join(base, 'root'),
  programs: path.join(base, 'bin'),
  boots: path.join(base, 'boots'),
});

export interface ProgramResult {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of a host's programs as its own shell would. Never rejects: a program that cannot start has exit -1. */
export const runProgram = (
  folder: HostFolder,
  name: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<ProgramResult> =>
  new Promise((resolve) => {
    const options = {
      cwd: folder.base,
      env: {
        PATH: `${folder.programs}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
        PERFPLAY_ROOT: folder.root,
        PERFPLAY_WRITE: path.join(folder.programs, 'write'),
        ...environment,
      },
    };
    execFile(path.join(folder.programs, name), args, options, (error, stdout, stderr) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exit, stdout, stderr });
    });
  });
