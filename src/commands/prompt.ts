import type { DiagnosticCode } from '../diagnostics.ts';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { InputError } from '../diagnostics.ts';
import { escapeText } from '../report/escape.ts';

export interface Question {
  readonly prompt: string;
  /** What is typed is not shown. */
  readonly hidden?: boolean;
  /** What to do where there is no terminal to ask on. */
  readonly instead: string;
}

const problem = (code: DiagnosticCode, message: string, hint?: string): InputError =>
  new InputError([{ code, severity: 'error', message, ...(hint !== undefined && { hint }) }]);

const openTerminal = ({ prompt, instead }: Question): ReadStream => {
  try {
    return new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    throw problem('no-terminal', `there is no terminal to ask on: ${prompt.trim()}`, instead);
  }
};

/**
 * Asks at the terminal, whatever standard input is. Ctrl-D is an empty answer. Ctrl-C interrupts the program as anywhere else:
 * here the terminal hands it over as a letter. Throws InputError where there is no terminal, or once `signal` is aborted.
 */
export const ask = async (question: Question, signal: AbortSignal): Promise<string> => {
  const input = openTerminal(question);
  const output = question.hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  // Before the prompt: who answers at once must not find a terminal that still shows what is typed.
  const lines = createInterface({ input, output, terminal: true });
  process.stderr.write(escapeText(question.prompt));
  const close = (): void => lines.close();
  const endLine = (): boolean => process.stderr.write('\n');
  signal.addEventListener('abort', close);
  lines.on('SIGINT', () => {
    endLine();
    process.emit('SIGINT', 'SIGINT');
  });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', (answer) => {
        lines.removeAllListeners('close');
        if (question.hidden) endLine();
        resolve(answer);
      });
      lines.once('close', () => {
        if (signal.aborted) return reject(problem('interrupted', 'interrupted'));
        endLine();
        resolve('');
      });
    });
  } finally {
    signal.removeEventListener('abort', close);
    lines.close();
    input.destroy();
  }
};

/** True for `y` or `yes`. */
export const confirm = async (prompt: string, instead: string, signal: AbortSignal): Promise<boolean> =>
  /^y(es)?$/i.test(await ask({ prompt: `${prompt} [y/N] `, instead }, signal));
