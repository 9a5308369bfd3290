import { InputError } from '../diagnostics.ts';
import { readYaml } from '../yaml/document.ts';
import { createBinder } from './bind.ts';
import { cutBatches } from './batches.ts';
import { ExpressionError } from './expressions/errors.ts';
import { hasTemplate, render } from './expressions/render.ts';
import { createLookups } from './lookups.ts';
import { readPlay } from './play.ts';
import { createProblems } from './problems.ts';
import { collectRegisters } from './registers.ts';
import { checkTaskTexts, checkVariables } from './syntax-check.ts';
import { isSelected } from './tags.ts';
import { valueWarnings } from './value-warnings.ts';
import type { AnyModule } from '../contract/module.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Inventory, Variable } from '../inventory/types.ts';
import type { MapNode } from '../yaml/document.ts';
import type { Binder } from './bind.ts';
import type { PlayDefinition, TaskDefinition } from './definitions.ts';
import type { TaskPlace } from './lookups.ts';
import type { Problems } from './problems.ts';
import type { Play, Site } from './types.ts';

export interface CompileOptions {
  readonly files: readonly string[];
  readonly inventory: Inventory;
  readonly modules: ReadonlyMap<string, AnyModule>;
  readonly limit?: string;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly extraVars: ReadonlyMap<string, Variable>;
  /** The default of `become`. */
  readonly become?: boolean;
  /** Lets a task that needs a canary start on many hosts at once. */
  readonly noCanary?: boolean;
  /** Gives a file's text; throws InputError. */
  readonly sources: { readonly read: (file: string) => string };
  readonly matchHosts: (
    inventory: Inventory,
    pattern: string,
    limit?: string,
  ) => { readonly hosts: readonly string[]; readonly diagnostics: readonly Diagnostic[] };
}

/** The plays of a file as maps; what is no play is reported. */
const readFile = (file: string, { sources }: CompileOptions, problems: Problems): readonly MapNode[] => {
  try {
    const { document, diagnostics } = readYaml(file, sources.read(file));
    problems.add(diagnostics);
    const position = document?.position ?? { file, line: 1, column: 1 };
    const hint = 'begin with "- name: …" and "hosts: …" below it';
    if (document?.kind === 'sequence')
      return document.items.filter((item): item is MapNode => {
        if (item.kind !== 'map')
          problems.error('wrong-type', 'a play is a map of keys and values', item.position, hint);
        return item.kind === 'map';
      });
    if (document?.kind === 'map')
      problems.error('wrong-type', 'a playbook is a list of plays; this is a map', position, hint);
    else if (diagnostics.length === 0)
      problems.error('empty-playbook', 'a playbook is a list of plays; there is none here', position, hint);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.add(error.diagnostics);
  }
  return [];
};

/** The hosts of a play after the limit; empty where the play is left out or nothing matches, which is reported. */
const hostsOf = (
  { pattern }: PlayDefinition,
  limited: ReadonlySet<string> | undefined,
  options: CompileOptions,
  problems: Problems,
): readonly string[] => {
  if (!pattern) return [];
  const { inventory, matchHosts, extraVars } = options;
  let { text } = pattern;
  if (hasTemplate(text)) {
    try {
      const get = (name: string) =>
        extraVars.get(name) && ({ kind: 'variable', value: extraVars.get(name)!.value } as const);
      text = String(render(text, { get, names: () => extraVars.keys() }));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problems.error(error.code, error.message, pattern.position, "'hosts' knows only the variables given with -e");
      return [];
    }
  }
  const { hosts, diagnostics } = matchHosts(inventory, text);
  problems.add(diagnostics.map((diagnostic) => ({ position: pattern.position, ...diagnostic })));
  if (hosts.length === 0 && diagnostics.length === 0)
    problems.error('no-hosts', `"${text}" matches no host`, pattern.position);
  return limited ? hosts.filter((host) => limited.has(host)) : hosts;
};

const checkCanary = (play: Play, tasks: readonly TaskDefinition[], problems: Problems): void => {
  if (play.hosts.length < 2 || play.batches[0]?.length === 1) return;
  for (const { task, moduleAt } of tasks)
    if (task.module.canary && task.apply !== 'running')
      problems.error(
        'canary',
        `'${task.module.kind}' can keep a host from booting, and this play begins with ${play.batches[0]!.length} hosts at once`,
        moduleAt,
        'try one host first with serial: [1, 100%] on the play, or give --no-canary',
      );
};

interface CompiledPlay {
  readonly definition: PlayDefinition;
  readonly play: Play;
  readonly tasks: readonly TaskDefinition[];
}

/** The plays that have hosts, each with the tasks that its tags select. */
const selectPlays = (
  definitions: readonly PlayDefinition[],
  options: CompileOptions,
  problems: Problems,
): readonly CompiledPlay[] => {
  const { inventory, limit, tags = [], skipTags = [], noCanary = false, matchHosts } = options;
  const limitMatch = limit === undefined ? undefined : matchHosts(inventory, 'all', limit);
  problems.add(limitMatch?.diagnostics ?? []);
  const limited = limitMatch && new Set(limitMatch.hosts);
  return definitions.flatMap((definition): readonly CompiledPlay[] => {
    const { index, name, position, serial, maxFailPercentage, handlers } = definition;
    const hosts = hostsOf(definition, limited, options, problems);
    if (hosts.length === 0) return [];
    const selected = definition.tasks.filter(({ task }) => isSelected(task.tags, { tags, skipTags }));
    const play: Play = {
      index,
      name,
      position,
      hosts,
      batches: cutBatches(hosts, serial),
      ...(maxFailPercentage !== undefined && { maxFailPercentage }),
      tasks: selected.map(({ task }) => task),
      handlers: handlers.map(({ task }) => task),
    };
    if (!noCanary) checkCanary(play, selected, problems);
    return [{ definition, play, tasks: selected }];
  });
};

const checkTexts = (definitions: readonly PlayDefinition[], problems: Problems): void => {
  for (const { declared, tasks, handlers } of definitions) {
    checkVariables(declared.nodes, problems);
    for (const task of [...tasks, ...handlers]) checkTaskTexts(task, problems);
  }
};

const binderOf = (
  definitions: readonly PlayDefinition[],
  plays: readonly CompiledPlay[],
  { inventory, extraVars, matchHosts }: CompileOptions,
): Binder => {
  const groups = new Map([...inventory.groups.keys()].map((name) => [name, matchHosts(inventory, name).hosts]));
  const registers = collectRegisters(definitions, plays);
  return createBinder(
    createLookups({ inventory, extraVars, groups }),
    ({ task }) => registers(task),
    (name) => extraVars.has(name),
  );
};

/**
 * Reads and checks playbooks wholly, before any host is contacted. `diagnostics` holds everything found in all files, in their
 * order; `site` is undefined where one of them is an error.
 */
export const compileSite = (
  options: CompileOptions,
): { readonly site: Site | undefined; readonly diagnostics: Diagnostic[] } => {
  const { files, inventory, modules, limit, become = false } = options;
  const problems = createProblems();
  const definitions = files
    .flatMap((file) => readFile(file, options, problems))
    .map((map, index) => readPlay(map, { index, modules, become, problems }));
  const plays = selectPlays(definitions, options, problems);
  const isRefused = problems.all(files).some(({ severity }) => severity === 'error');
  if (plays.length === 0 && definitions.length > 0 && !isRefused)
    problems.error('no-hosts', `the limit "${limit ?? ''}" leaves no host of any play`, undefined);

  const binder = binderOf(definitions, plays, options);
  const places = ({ definition, play, tasks }: CompiledPlay, hostName: string): readonly TaskPlace[] => {
    const host = inventory.hosts.get(hostName)!;
    return [...tasks, ...definition.handlers].map((task) => ({ host, play, playDefinition: definition, task }));
  };
  checkTexts(definitions, problems);
  for (const compiled of plays)
    for (const host of compiled.play.hosts)
      for (const place of places(compiled, host)) problems.addFor(host, binder.check(place));
  problems.add(valueWarnings(definitions, options));

  const diagnostics = problems.all(files);
  if (diagnostics.some(({ severity }) => severity === 'error')) return { site: undefined, diagnostics };
  const byPlay = new Map(plays.map((compiled) => [compiled.play, compiled]));
  const site: Site = {
    files,
    plays: plays.map(({ play }) => play),
    bind: (play, host) => {
      const bound = places(byPlay.get(play)!, host.name).map(binder.hostTask);
      return { play, tasks: bound.slice(0, play.tasks.length), handlers: bound.slice(play.tasks.length) };
    },
  };
  return { site, diagnostics };
};
