import { getEventListeners, setMaxListeners } from 'node:events';
import process from 'node:process';
import { CommanderError } from 'commander';
import { createCommandLine } from './commands/command-line.ts';
import { environmentPasswords } from './commands/environment-passwords.ts';
import type { Print } from './commands/print.ts';
import { sourceOf } from './commands/source-lines.ts';
import { InputError } from './diagnostics.ts';
import { diagnosticText } from './report/diagnostic-text.ts';
import { escapePage } from './report/escape.ts';
import { createMask } from './report/mask.ts';

const mask = createMask();
for (const password of Object.values(environmentPasswords)) mask.hide(password);
const print: Print = {
  data: (text) => process.stdout.write(`${escapePage(mask.text(text))}\n`),
  talk: (text) => process.stderr.write(`${escapePage(mask.text(text))}\n`),
  mask,
};

/** Columns of running text that are still read with ease. */
const widest = 100;

const interrupt = new AbortController();
// Every host of a fleet listens.
setMaxListeners(0, interrupt.signal);
const halt = new AbortController();
/** Time to say what was left, for a terminal that takes no more. */
const lastWordsMs = 2000;
/** The first Ctrl-C lets what is under way come to an end, where something is; the second does not wait, and still says so. */
const onSignal = (): void => {
  if (!interrupt.signal.aborted) {
    if (getEventListeners(interrupt.signal, 'abort').length === 0) process.exit(130);
    interrupt.abort();
    return;
  }
  if (halt.signal.aborted || getEventListeners(halt.signal, 'abort').length === 0) process.exit(130);
  setTimeout(() => process.exit(130), lastWordsMs);
  halt.abort();
};

/** Tells what went wrong; gives the exit code. */
const explain = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
  if (error instanceof InputError) {
    if (interrupt.signal.aborted) return 130;
    for (const diagnostic of error.diagnostics) print.talk(diagnosticText(mask.value(diagnostic), sourceOf(error)));
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error').length;
    if (errors > 1) print.talk(`${errors} errors; no host was contacted`);
    return 1;
  }
  print.talk(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
};

/** What nobody caught is told as everything else is: masked. */
const onFault = (error: unknown): never => {
  explain(error);
  process.exit(1);
};

process.on('uncaughtException', onFault);
process.on('unhandledRejection', onFault);
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('SIGHUP', onSignal);
/** Why standard output could not be written. A reader that went away (`| head`, a closed terminal) ends neither a run nor a command. */
let unwritten: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') unwritten ??= error;
});
process.stderr.on('error', () => undefined);
/** One command, from its words to its exit code. */
const main = async (): Promise<void> => {
  try {
    const program = createCommandLine({
      print,
      columns: Math.min(process.stdout.columns || 80, widest),
      signal: interrupt.signal,
      halt: halt.signal,
      exit: (code) => {
        process.exitCode = code;
      },
    });
    await program.parseAsync();
  } catch (error) {
    if (error !== unwritten) process.exitCode = explain(error);
  }
  // A pipe takes little at a time, and what goes wrong with a write is heard of a moment later.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );
  if (unwritten !== undefined) {
    print.talk(`error: standard output cannot be written: ${unwritten.code}`);
    process.exitCode = 1;
  }
  process.exit();
};

void main();
