import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Who is asked for: a pattern, and the limit it is used with. */
export interface PatternQuestion {
  readonly pattern: string;
  readonly limit?: string;
}

/** An inventory: the folder it lies in, and names of files in it. */
export interface Question {
  readonly folder: string;
  /** As `-i` names them. */
  readonly sources: readonly string[];
  /** The folder of the playbook. */
  readonly playbook?: string;
  /** As `-e` gives them. */
  readonly extraVars?: readonly string[];
  readonly patterns: readonly PatternQuestion[];
}

/** `nothing`: a part of the pattern or of its limit names nothing, or one of the two no host, which Ansible passes over. */
export type PatternAnswer =
  { readonly hosts: readonly string[]; readonly nothing: boolean } | { readonly error: string };

export type Answer =
  { readonly list: string; readonly patterns: readonly PatternAnswer[] } | { readonly error: string };

const inPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** `ansible-inventory`, where it is installed. */
export const installed = inPath('ansible-inventory');

/** Ansible's settings are those it is born with, and its output is plain. */
const surroundings = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: home,
  LC_ALL: 'C.UTF-8',
  ANSIBLE_CONFIG: join(home, 'ansible.cfg'),
  ANSIBLE_NOCOLOR: '1',
  PYTHONDONTWRITEBYTECODE: '1',
});

export interface Ansible {
  readonly ask: (question: Question) => Promise<Answer>;
  /** For calls of its own programs. */
  readonly environment: NodeJS.ProcessEnv;
  readonly close: () => void;
}

/** The real Ansible in one process that answers many questions, one after the other. Throws where it is not installed. */
export const startAnsible = (): Ansible => {
  if (installed === undefined) throw new Error('ansible-inventory is not installed');
  const home = mkdtempSync(join(tmpdir(), 'perfplay-ansible-'));
  writeFileSync(join(home, 'ansible.cfg'), '');
  const environment = surroundings(home);
  const python = /^#!\s*(\S+)/.exec(readFileSync(installed, 'utf8'))?.[1] ?? 'python3';
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    python,
    [join(import.meta.dirname, 'ask_ansible.py')],
    { env: environment, stdio: 'pipe' },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  const ask = async (question: Question): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`Ansible gave no answer: ${said}`);
    return JSON.parse(value) as Answer;
  };
  return {
    ask: (question) => {
      const next = last.then(() => ask(question));
      last = next.catch(() => undefined);
      return next;
    },
    environment,
    close: () => {
      child.stdin.end();
      rmSync(home, { recursive: true, force: true });
    },
  };
};
