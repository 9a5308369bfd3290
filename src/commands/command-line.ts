import { Command, InvalidArgumentError, Option } from 'commander';
import { ansibleHint } from './ansible-options.ts';
import type { Print } from './print.ts';

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('A whole number from 1 is expected.');
  return value;
};
const seconds = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Seconds are expected.');
  return value;
};
const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const inventory = (command: Command): Command =>
  command
    .option(
      '-i, --inventory <source>',
      'inventory file, folder or `host1,host2,` (several times; default: $PERFPLAY_INVENTORY)',
      several,
    )
    .option('-l, --limit <pattern>', 'only these hosts')
    .option(
      '-e, --extra-vars <variables>',
      'name=value, {yaml} or @file; wins over every other value (several times)',
      several,
    );

const connection = (command: Command): Command =>
  command
    .option('-u, --user <name>', 'login user where the inventory names none')
    .option('-k, --ask-pass', 'ask for the login password')
    .option(
      '--connection-password-file <file>',
      'the login password: first line of a file, or of what a program prints',
    )
    .option('-K, --ask-become-pass', 'ask for the sudo password')
    .option('--become-password-file <file>', 'the sudo password, likewise')
    .option('-f, --forks <number>', 'hosts at a time', positive, 100)
    .option('--timeout <seconds>', 'for connecting', positive, 20);

const site = (command: Command): Command =>
  inventory(command)
    .option('-t, --tags <tags>', 'only tasks with one of these tags (several times)', several)
    .option('--skip-tags <tags>', 'no tasks with one of these tags (several times)', several)
    .option('-b, --become', 'become root in every play')
    .option('--no-canary', 'let a play that changes the kernel line begin with more than one host');

const lock = (command: Command): Command =>
  command.option('--lock-timeout <seconds>', 'wait for a host that another run holds; without it exit 12', seconds);

const report = (command: Command): Command =>
  command
    .addOption(
      new Option('--output <kind>', 'default: live on a terminal, else plain').choices([
        'live',
        'plain',
        'jsonl',
        'json',
      ]),
    )
    .option('-D, --diff', 'show values in full, and changes of files line by line');

/** What a command line gives to the commands. */
export interface Surroundings {
  readonly print: Print;
  /** Of the terminal; text is broken there. */
  readonly columns: number;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Ctrl-C again. */
  readonly halt: AbortSignal;
  /** Hears the exit code. */
  readonly exit: (code: number) => void;
}

/**
 * Every command's words, and nothing of what they do: that is loaded when it is called, as start-up is felt at every call.
 * Parsing throws CommanderError for words that are wrong.
 */
export const createCommandLine = ({ print, columns, signal, halt, exit }: Surroundings): Command => {
  const program = new Command('perfplay')
    .description(
      'makes a fleet of Linux hosts converge to the performance settings that playbooks declare, and proves it',
    )
    .version('0.1.0')
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(`${text}${ansibleHint(text)}`) })
    .exitOverride();
  const act =
    <Words extends unknown[]>(action: (...words: Words) => Promise<number>) =>
    async (...words: Words): Promise<void> =>
      exit(await action(...words));

  const interrupts = { signal, halt };
  const run = (name: string, description: string): Command =>
    report(connection(site(program.command(name).argument('<site>', 'playbook').description(description)))).option(
      '--prune',
      'remove what perfplay keeps on a host and no task of the playbook declares',
    );
  lock(run('run', 'make hosts as the playbook declares'))
    .option('-C, --check', 'plan only: write nothing')
    .option('--expect-no-changes', 'write nothing; exit 10 where a change is planned')
    .option('--fail-on-pending', 'exit 13 where something waits for a reboot or restart')
    .option('--list-hosts', 'show the hosts of each play and contact nobody')
    .option('--list-tasks', 'show the tasks of each play and contact nobody')
    .option('--list-tags', 'show the tags of each play and contact nobody')
    .action(
      act(async (playbook, options) => {
        if (options.listHosts || options.listTasks || options.listTags)
          return (await import('./listing.ts')).list(playbook, options, print);
        const command = await import('./run.ts');
        return command.run(playbook, options, options.check ? 'check' : 'run', print, interrupts);
      }),
    );
  run('plan', 'show what a run would change')
    .option('--detailed-exitcode', '0 nothing to do, 2 changes, 1 an error or a host unread')
    .option('-o, --out <file>', 'write the plan down: perfplay apply does exactly that')
    .action(
      act(async (playbook, options) => (await import('./run.ts')).run(playbook, options, 'plan', print, interrupts)),
    );
  lock(
    report(
      connection(
        inventory(
          program.command('apply').argument('<plan>', 'file of plan -o').description('do exactly what a plan says'),
        ),
      ),
    ),
  ).action(act(async (file, options) => (await import('./apply.ts')).apply(file, options, print, interrupts)));
  lock(
    report(
      connection(
        inventory(
          program
            .command('rollback')
            .argument('[run]', 'name of a run, or its end')
            .description('put back what a run has changed, running and boot values alike'),
        ),
      ),
    ),
  )
    .option('--last', 'the latest run on record')
    .option('--plan', 'show what would be put back, and write nothing')
    .option('--force', 'also what somebody has changed since')
    .action(act(async (name, options) => (await import('./rollback.ts')).rollback(name, options, print, interrupts)));
  program
    .command('history')
    .argument('[host]', 'only runs that have changed this host')
    .description('list the runs that are on record here')
    .action(act(async (host) => (await import('./history.ts')).history(host, print)));
  report(
    program.command('show').argument('[run]', 'name of a run, or its end').description('show a run of the past again'),
  )
    .option('--last', 'the latest run on record')
    .action(act(async (name, options) => (await import('./history.ts')).show(name, options, print)));
  lock(
    report(
      connection(
        inventory(
          program
            .command('resume')
            .argument('[run]', 'name of a run, or its end')
            .description('go on with a run that was cut off, on the hosts that were not done'),
        ),
      ),
    ),
  )
    .option('--last', 'the latest run on record')
    .action(
      act(async (name, options, command: Command) => {
        const given = Object.entries(options as object).filter(
          ([option]) => command.getOptionValueSource(option) !== 'default',
        );
        return (await import('./resume.ts')).resume(name, Object.fromEntries(given), print, interrupts);
      }),
    );
  site(
    program
      .command('validate')
      .argument('<site>', 'playbook')
      .description('check a playbook and its inventory; contacts nobody'),
  ).action(act(async (playbook, options) => (await import('./validate.ts')).validate(playbook, options, print)));

  const views = ['list', 'graph', 'host', 'listHosts', 'explain'];
  const view = (flags: string, description: string): Option => {
    const option = new Option(flags, description);
    return option.conflicts(views.filter((name) => name !== option.attributeName()));
  };
  inventory(program.command('inventory').description('show what the inventory means'))
    .addOption(view('--list', 'all of it, as ansible-inventory --list prints it'))
    .addOption(view('--graph', 'groups and hosts as a tree'))
    .addOption(view('--host <name>', 'the variables of one host'))
    .addOption(view('--list-hosts <pattern>', 'the hosts of a pattern, one a line'))
    .addOption(
      view(
        '--explain <host...>',
        'each variable of a host, or the one named after it: every value it was given, the winner first',
      ),
    )
    .action(act(async (options) => (await import('./inventory.ts')).inventory(options, print)));
  connection(
    inventory(
      program.command('ping').argument('<pattern>', 'hosts').description('log in to hosts and ask for a sign of life'),
    ),
  )
    .option('-b, --become', 'through sudo')
    .action(act(async (pattern, options) => (await import('./ping.ts')).ping(pattern, options, print, signal)));
  connection(
    site(program.command('facts').argument('<pattern>', 'hosts').description('show what hosts tell of themselves')),
  )
    .option('--snapshot', 'everything that was read, as YAML: a fixture for a module’s cases')
    .option('--site <playbook>', 'with --snapshot: what the tasks of this playbook read as well')
    .addOption(new Option('--busy', 'the clock of each CPU while it is busy for a moment').conflicts('snapshot'))
    .action(act(async (pattern, options) => (await import('./facts.ts')).facts(pattern, options, print, signal)));
  program
    .command('schema')
    .description('print the JSON Schema of playbooks, for editors')
    .action(act(async () => (await import('./schema.ts')).schema(print)));
  program
    .command('doc')
    .argument('[module]', 'a module, or `facts`')
    .option('--errors', 'every diagnostic with its meaning, as Markdown')
    .description('show modules and their parameters')
    .action(
      act(async (name, { errors }) =>
        errors ? (await import('./errors.ts')).errors(print) : (await import('./doc.ts')).doc(name, columns, print),
      ),
    );
  connection(
    inventory(
      program
        .command('trust')
        .argument('<hosts...>', 'hosts')
        .description('add the host keys of hosts to known_hosts, once seen'),
    ),
  )
    .option('-y, --yes', 'without asking')
    .action(act(async (hosts, options) => (await import('./trust.ts')).trust(hosts, options, print, signal)));

  const lab = program.command('lab').description('the embedded lab: SIMULATED hosts on loopback');
  lab
    .command('up')
    .description('start it, every host as it comes from a distribution')
    .action(act(async () => (await import('./lab.ts')).up(print)));
  lab
    .command('down')
    .description('stop it')
    .action(act(async () => (await import('./lab.ts')).down(print)));
  lab
    .command('status')
    .description('show its hosts')
    .action(act(async () => (await import('./lab.ts')).status(print)));
  lab
    .command('reboot')
    .argument('<host>')
    .description('boot a host: what is kept comes back, the rest is forgotten')
    .action(act(async (host) => (await import('./lab.ts')).reboot(host, print)));
  lab
    .command('drift')
    .argument('<host>')
    .argument('[path]', 'below /sys or /proc; default: the governor of a CPU')
    .argument('[value]')
    .description('change one value by hand, behind perfplay’s back')
    .action(act(async (host, path, value) => (await import('./lab.ts')).drift(host, path, value, print)));
  return program;
};
