import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootHost, type Boot } from '../../src/lab/boot/boot.ts';
import { installHost } from '../../src/lab/daemon.ts';
import { hostFolder, runProgram, type HostFolder, type ProgramResult } from '../../src/lab/folder.ts';
import { simulatedHosts } from '../../src/lab/hosts.ts';

/** A simulated host in a temporary folder, without its sshd. */
export interface Installed {
  readonly folder: HostFolder;
  readonly read: (name: string) => Promise<string>;
  readonly put: (name: string, text: string) => Promise<void>;
  /** The error's text, or nothing where it was written. */
  readonly write: (name: string, value: string) => Promise<string>;
  readonly run: (program: string, ...args: string[]) => Promise<ProgramResult>;
  readonly reboot: () => Promise<Boot>;
  readonly remove: () => Promise<void>;
}

export const temporaryFolder = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'perfplay-lab-'));

/** The programs of a host are sh scripts: `interpreter` runs them, the machine's /bin/sh unless told otherwise. */
const interpretBy = async (folder: HostFolder, interpreter: string): Promise<void> => {
  for (const name of await readdir(folder.programs)) {
    const file = path.join(folder.programs, name);
    await writeFile(file, (await readFile(file, 'utf8')).replace('#!/bin/sh', `#!${interpreter}`));
  }
};

export const install = async (name: string, interpreter = '/bin/sh'): Promise<Installed> => {
  const host = simulatedHosts.find((one) => one.name === name)!;
  const base = await temporaryFolder();
  const folder = hostFolder(base);
  await installHost(host, folder);
  await interpretBy(folder, interpreter);
  const at = (file: string): string => path.join(folder.root, file);
  return {
    folder,
    read: async (file) => (await readFile(at(file), 'utf8')).replace(/\n$/, ''),
    put: (file, text) => writeFile(at(file), text),
    write: async (file, value) => {
      const { exit, stderr } = await runProgram(folder, 'write', [file, value]);
      if ((exit === 0) !== (stderr === '')) throw new Error(`exit ${exit} with "${stderr}"`);
      return stderr.trim();
    },
    run: (program, ...args) => runProgram(folder, program, args),
    reboot: () => bootHost(host, folder),
    remove: () => rm(base, { recursive: true, force: true }),
  };
};
