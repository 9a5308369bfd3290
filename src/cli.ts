import process from 'node:process';
import { CommanderError } from 'commander';
import { createCommandLine } from './commands/command-line.ts';
import type { Print } from './commands/print.ts';
import { sourceOf } from './commands/source-lines.ts';
import { formatDiagnostic, InputError } from './diagnostics.ts';

const print: Print = {
  data: (text) => process.stdout.write(`${text}\n`),
  talk: (text) => process.stderr.write(`${text}\n`),
};

/** Columns of running text that are still read with ease. */
const widest = 100;

const interrupt = new AbortController();
/** The first Ctrl-C lets what is under way come to an end; the second does not wait. */
const onSignal = (): void => {
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort();
};

/** Tells what went wrong; gives the exit code. */
const explain = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
  if (error instanceof InputError) {
    if (interrupt.signal.aborted) return 130;
    for (const diagnostic of error.diagnostics) print.talk(formatDiagnostic(diagnostic, sourceOf(error)));
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error').length;
    if (errors > 1) print.talk(`${errors} errors; no host was contacted`);
    return 1;
  }
  const { code, syscall, stack } = error as NodeJS.ErrnoException;
  if (syscall === 'write') print.talk(`error: standard output cannot be written: ${code}`);
  else print.talk(`internal error: ${stack ?? String(error)}`);
  return 1;
};

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// A reader that went away (`| head`) ends neither a run nor a command: what is left to say is said to nobody.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
try {
  const program = createCommandLine({
    print,
    columns: Math.min(process.stdout.columns || 80, widest),
    signal: interrupt.signal,
    exit: (code) => {
      process.exitCode = code;
    },
  });
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
process.exit();
