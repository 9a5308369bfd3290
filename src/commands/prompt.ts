import { createInterface } from 'node:readline';
import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { Writable } from 'node:stream';
import { InputError } from '../diagnostics.ts';

const noTerminal = (prompt: string): InputError =>
  new InputError([
    { code: 'no-terminal', severity: 'error', message: `there is no terminal to ask on: ${prompt.trim()}`, hint: 'use an agent, or run it at a terminal' },
  ]);

/** Asks at the terminal, whatever standard input is; `hidden`: what is typed is not shown. Throws InputError where there is none. */
const question = (prompt: string, hidden: boolean): Promise<string> => {
  let input: ReadStream;
  try {
    input = new ReadStream(openSync('/dev/tty', 'r+'));
  } catch {
    throw noTerminal(prompt);
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Before the prompt: who answers at once must not find a terminal that still shows what is typed.
  const lines = createInterface({ input, output: hidden ? silent : process.stderr, terminal: true });
  process.stderr.write(prompt);
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      lines.close();
      input.destroy();
      if (hidden) process.stderr.write('\n');
      resolve(line);
    });
  });
};

export const askSecret = async (prompt: string): Promise<string> => question(prompt, true);

/** True for `y` or `yes`. */
export const confirm = async (prompt: string): Promise<boolean> => /^y(es)?$/i.test(await question(`${prompt} [y/N] `, false));
