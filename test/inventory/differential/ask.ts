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

type Answer = { readonly list: string; readonly patterns: readonly PatternAnswer[] } | { readonly error: string };

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
  /** One question at a time. */
  readonly ask: (question: Question) => Promise<Answer>;
  /** For calls of its own programs. */
  readonly environment: NodeJS.ProcessEnv;
  readonly close: () => void;
}

/** The release whose answers are stored, and whose inside `ask_ansible.py` knows. */
const release = '2.14.';

/**
 * The real Ansible in one process that answers many questions, one after the other; or why there is none: `missing`. Where it
 * is not installed, or another release, suites that need it are skipped by name.
 */
export const startAnsible = async (): Promise<{ readonly ansible?: Ansible; readonly missing: string }> => {
  const installed = inPath('ansible-inventory');
  if (installed === undefined) return { missing: 'ansible-inventory is not installed' };
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
  const nextLine = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`Ansible gave no answer: ${said}`);
    return JSON.parse(value) as unknown;
  };
  const close = (): void => {
    child.stdin.end();
    rmSync(home, { recursive: true, force: true });
  };

  const version = String(await nextLine());
  if (!version.startsWith(release)) {
    close();
    return { missing: `ansible-core ${version} is installed, and the answers are those of ${release}x` };
  }
  const ask = async (question: Question): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return (await nextLine()) as Answer;
  };
  return { ansible: { ask, environment, close }, missing: '' };
};
