import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { labDown, labUp } from '../../src/lab/index.ts';

export const checkout = path.join(import.meta.dirname, '../..');
export const program = path.join(checkout, 'dist/perfplay.cjs');

/** Nothing of this machine's own settings. */
const environment = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8', TERM: 'xterm' };

export interface Said {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
const said = ({ exitCode, stdout, stderr }: Ended): Said => ({ exitCode, stdout, stderr });

export type Folder = ReturnType<typeof createFolder>;

/** A working directory with the checkout's playbooks and inventories, from which the built program is called. */
export const createFolder = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-commands-'));
  for (const name of ['playbooks', 'inventories'])
    cpSync(path.join(checkout, name), path.join(folder, name), { recursive: true });
  const base = { reject: false, extendEnv: false, env: environment, cwd: folder } as const;
  /** Without a terminal: in a session of its own. */
  const start = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    execa(process.execPath, [program, ...words], {
      ...base,
      stdin: 'ignore',
      detached: true,
      env: { ...environment, ...more },
    });
  const shell = (line: string): string => `perfplay() { "${process.execPath}" "${program}" "$@"; }; ${line}`;
  return {
    path: folder,
    write: (name: string, text: string): void => writeFileSync(path.join(folder, name), text),
    start,
    perfplay: async (...words: readonly string[]): Promise<Said> => said(await start(words)),
    /** A line of sh in which `perfplay` is the program. */
    sh: async (line: string): Promise<Said> =>
      said(await execa('/bin/sh', ['-c', shell(line)], { ...base, stdin: 'ignore', detached: true })),
    /** The same at a terminal of 80x24, with keys that are typed once something is shown: gives all that was shown. */
    terminal: async (line: string, type: readonly (readonly [RegExp, string])[] = []): Promise<Said> => {
      const command = shell(`stty cols 80 rows 24; ${line}`);
      const child = execa('script', ['-qec', command, '/dev/null'], { ...base, stdin: 'pipe' });
      // Keys come once what they answer is there: what is typed earlier, the terminal itself shows.
      const waiting = new Set(type);
      let shown = '';
      child.stdout.on('data', (chunk: Buffer) => {
        shown += String(chunk);
        for (const next of waiting)
          if (next[0].test(shown)) {
            waiting.delete(next);
            child.stdin.write(next[1]);
          }
      });
      return said(await child);
    },
    remove: (): void => rmSync(folder, { recursive: true, force: true }),
  };
};

/** Not the lab's fixed ports, nor those of other suites: apart for test processes at the same time. */
const basePort = 31_000 + (process.pid % 170) * 10;

export interface FolderLab {
  /** `inventories/lab.yml` with this lab's ports. */
  readonly inventory: string;
  /** Of this lab where the checkout's lab would have 2401, 2402 … */
  readonly port: (usual: number) => number;
  readonly down: () => Promise<boolean>;
}

/** Starts a simulated lab in a folder, where `perfplay lab` looks for it. */
export const startLab = async (folder: Folder): Promise<FolderLab> => {
  const state = path.join(folder.path, '.perfplay/lab');
  await labUp(state, { basePort, program: path.join(checkout, 'dist/lab-server.mjs'), bootMilliseconds: 100 });
  const inventory = 'inventories/lab.yml';
  const port = (usual: number): number => usual - 2400 + basePort;
  const text = readFileSync(path.join(checkout, inventory), 'utf8');
  folder.write(
    inventory,
    text.replaceAll(/\b240\d\b/g, (usual) => String(port(Number(usual)))),
  );
  return { inventory, port, down: () => labDown(state) };
};
