import process from 'node:process';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { sourcesOf } from './commands/load.ts';
import type { Print } from './commands/print.ts';
import { formatDiagnostic, InputError } from './diagnostics.ts';
import { LabError } from './lab/folder.ts';

const print: Print = {
  data: (text) => process.stdout.write(`${text}\n`),
  talk: (text) => process.stderr.write(`${text}\n`),
};

const interrupt = new AbortController();
/** The first Ctrl-C lets what is under way come to an end; the second does not wait. */
const onSignal = (): void => {
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort();
  print.talk('interrupted: hosts finish what they are doing; again to stop at once');
};

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is expected');
  return value;
};
const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

type Action = (...args: never[]) => Promise<number>;

/** The command line: every command's words, and nothing of what they do. */
const build = (): Command => {
  const program = new Command('perfplay')
    .description('makes a fleet of Linux hosts converge to the performance settings that playbooks declare, and proves it')
    .version('0.1.0')
    .showSuggestionAfterError()
    .exitOverride();
  const act =
    (action: Action) =>
    async (...args: unknown[]): Promise<void> => {
      process.exitCode = await (action as (...args: unknown[]) => Promise<number>)(...args);
    };

  const inventory = (command: Command): Command =>
    command
      .option('-i, --inventory <source>', 'inventory file, folder or `host1,host2,` (several times; default: $PERFPLAY_INVENTORY)', several)
      .option('-l, --limit <pattern>', 'only these hosts')
      .option('-e, --extra-vars <variables>', 'name=value, {yaml} or @file; wins over every other value (several times)', several);
  const connection = (command: Command): Command =>
    command
      .option('-u, --user <name>', 'login user where the inventory names none')
      .option('-K, --ask-become-pass', 'ask for the sudo password')
      .option('-f, --forks <number>', 'hosts at a time', positive, 100)
      .option('--timeout <seconds>', 'for connecting', positive, 20);
  const site = (command: Command): Command =>
    inventory(command)
      .option('-t, --tags <tags>', 'only tasks with one of these tags')
      .option('--skip-tags <tags>', 'no tasks with one of these tags')
      .option('-b, --become', 'become root in every play')
      .option('--no-canary', 'let a play that changes the kernel line begin with more than one host');
  const output = new Option('--output <kind>', 'default: live on a terminal, else plain').choices(['live', 'plain', 'jsonl', 'json']);

  const run = (name: string, description: string): Command =>
    connection(site(program.command(name).argument('<site>', 'playbook').description(description)))
      .addOption(output)
      .option('-D, --diff', 'show values in full, and changes of files line by line');

  run('run', 'make hosts as the playbook declares')
    .option('-C, --check', 'plan only: write nothing')
    .option('--expect-no-changes', 'write nothing; exit 10 where a change is planned')
    .option('--fail-on-pending', 'exit 13 where something waits for a reboot or restart')
    .action(
      act(async (playbook: string, options: { readonly check?: boolean }) => {
        const { run: runCommand } = await import('./commands/run.ts');
        return runCommand(playbook, options as never, options.check ? 'check' : 'run', interrupt.signal);
      }),
    );
  run('plan', 'show what a run would change')
    .option('--detailed-exitcode', '0 nothing to do, 2 changes, 1 an error or a host unread')
    .action(
      act(async (playbook: string, options: object) => {
        const { run: runCommand } = await import('./commands/run.ts');
        return runCommand(playbook, options as never, 'plan', interrupt.signal);
      }),
    );
  site(program.command('validate').argument('<site>', 'playbook').description('check a playbook and its inventory; contacts nobody')).action(
    act(async (playbook: string, options: object) => (await import('./commands/validate.ts')).validate(playbook, options, print)),
  );
  inventory(program.command('inventory').description('show what the inventory means'))
    .option('--list', 'all of it, as ansible-inventory --list prints it')
    .option('--graph', 'groups and hosts as a tree')
    .option('--host <name>', 'the variables of one host')
    .option('--list-hosts <pattern>', 'the hosts of a pattern, one a line')
    .action(act(async (options: object) => (await import('./commands/inventory.ts')).inventory(options, print)));
  connection(inventory(program.command('ping').argument('<pattern>', 'hosts').description('log in to hosts and ask for a sign of life')))
    .option('-b, --become', 'through sudo')
    .action(
      act(async (pattern: string, options: object) => (await import('./commands/ping.ts')).ping(pattern, options as never, print, interrupt.signal)),
    );
  connection(site(program.command('facts').argument('<pattern>', 'hosts').description('show what hosts tell of themselves')))
    .option('--snapshot', 'everything that was read, as YAML: a fixture for a module’s cases')
    .option('--site <playbook>', 'with --snapshot: what the tasks of this playbook read as well')
    .option('--busy', 'the clock of each CPU while it is busy for a moment')
    .action(
      act(async (pattern: string, options: object) => (await import('./commands/facts.ts')).facts(pattern, options as never, print, interrupt.signal)),
    );
  program
    .command('doc')
    .argument('[module]', 'a module, or `facts`')
    .description('show modules and their parameters')
    .action(act(async (name: string | undefined) => (await import('./commands/doc.ts')).doc(name, print)));
  connection(inventory(program.command('trust').argument('<hosts...>', 'hosts').description('add the host keys of hosts to known_hosts, once seen')))
    .option('-y, --yes', 'without asking')
    .action(
      act(async (hosts: string[], options: object) => (await import('./commands/trust.ts')).trust(hosts, options as never, print, interrupt.signal)),
    );
  program
    .command('lab')
    .argument('<verb>', 'up, down, status, reboot, drift')
    .argument('[args...]', 'reboot HOST; drift HOST [PATH VALUE]')
    .description('the embedded lab of SIMULATED hosts')
    .action(act(async (verb: string, args: string[]) => (await import('./commands/lab.ts')).lab(verb, args, print)));
  return program;
};

const explain = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
  if (error instanceof InputError) {
    const files = sourcesOf(error);
    for (const diagnostic of error.diagnostics) print.talk(formatDiagnostic(diagnostic, files?.text));
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error').length;
    if (errors > 1) print.talk(`${errors} errors; no host was contacted`);
    return 1;
  }
  if (error instanceof LabError) {
    print.talk(`${error.message}${error.hint ? `\n  hint: ${error.hint}` : ''}`);
    return 1;
  }
  print.talk(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
};

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
try {
  await build().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
process.exit();
