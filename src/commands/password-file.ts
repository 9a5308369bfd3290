import { execFile, type ExecFileException } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { InputError, type DiagnosticCode } from '../diagnostics.ts';

/** Standard input's place among file names, as in Ansible. */
const standardInput = '-';
/** Bytes that a program may print; a password is a line. */
const mostOutput = 1 << 16;

const problem = (code: DiagnosticCode, message: string, hint?: string): InputError =>
  new InputError([{ code, severity: 'error', message, ...(hint !== undefined && { hint }) }]);

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ERR_CHILD_PROCESS_STDIO_MAXBUFFER: 'it prints too much',
  ENOENT: 'its interpreter (the first line) does not exist',
};
const reasonOf = (error: NodeJS.ErrnoException): string => reasons[error.code ?? ''] ?? error.code ?? error.message;

const statOf = (file: string): Stats => {
  try {
    return statSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const hint = 'name a file whose first line is the password, or a program that prints it';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw problem('missing-file', `the password file ${file} does not exist`, hint);
    throw problem(
      'unreadable-file',
      `the password file ${file} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`,
      hint,
    );
  }
};

const isProgram = (file: string, stats: Stats): boolean => {
  if (!stats.isFile()) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Whether the system can execute it by itself: a script without `#!` would go to a shell, and so would a mere password. */
const namesItsInterpreter = (file: string): boolean => {
  const descriptor = openSync(file, 'r');
  try {
    const start = Buffer.alloc(4);
    readSync(descriptor, start, 0, start.length, 0);
    return /^(#!|\x7fELF)/.test(start.toString('latin1'));
  } finally {
    closeSync(descriptor);
  }
};

const endOf = (error: ExecFileException): string => {
  if (typeof error.code === 'number') return `ended with exit code ${error.code}`;
  if (error.signal) return `was ended by ${error.signal}`;
  return `cannot be used: ${reasonOf(error as NodeJS.ErrnoException)}`;
};

/** What the program prints. What it says on standard error may be a password too, and is not shown. */
const outputOf = (file: string, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(path.resolve(file), { signal, maxBuffer: mostOutput }, (error, stdout) => {
      if (!error) resolve(stdout);
      else if (signal.aborted) reject(problem('interrupted', 'interrupted'));
      else
        reject(
          problem(
            'no-password',
            `the password program ${file} ${endOf(error)}`,
            'call it yourself to see what it says',
          ),
        );
    });
    child.stdin?.end();
  });

const contentOf = (file: string): string => {
  try {
    return readFileSync(file === standardInput ? 0 : file, 'utf8');
  } catch (error) {
    throw problem(
      'unreadable-file',
      `the password file ${file} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`,
      'make it yours: chown it to this user, chmod 600',
    );
  }
};

/**
 * The password that a file holds: the first line of what it prints where it is executable, else of what it contains; `-` is
 * standard input. Rule: Ansible's --connection-password-file and --become-password-file (cli/__init__.py, get_password_from_file).
 * `warn` hears of a file that others can read. Throws InputError where there is no password in it.
 */
export const readPasswordFile = async (
  given: string,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<string> => {
  const file = given.replace(/^~(?=\/)/, homedir());
  const stats = file === standardInput ? undefined : statOf(file);
  const isRun = stats !== undefined && isProgram(file, stats);
  if (isRun && !namesItsInterpreter(file))
    throw problem(
      'no-password',
      `the password file ${file} is executable and no program`,
      'chmod 600 it, or begin it with #!/bin/sh',
    );
  if (stats?.isFile() && !isRun && (stats.mode & 0o044) !== 0)
    warn(`others can read the password file ${file}: chmod 600 it`);
  const text = isRun ? await outputOf(file, signal) : contentOf(file);
  const password = text.split(/\r?\n/, 1)[0]!;
  if (password !== '') return password;
  const [message, hint] = isRun
    ? [
        `the password program ${file} printed nothing on its first line`,
        'it must print the password to standard output',
      ]
    : [`the first line of the password file ${file} is empty`, 'write the password there'];
  throw problem('no-password', message, hint);
};
