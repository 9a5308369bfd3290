import { cutDownGroups } from './batches.ts';
import { createBinder } from './bind/bind.ts';
import { createLookups } from './bind/lookups.ts';
import { readPlaybooks } from './read/playbook.ts';
import { createProblems } from './problems.ts';
import { createReading } from './read/reading.ts';
import { refine } from './read/refine.ts';
import { collectRegisters } from './bind/registers.ts';
import { selectPlays } from './read/select.ts';
import { mapSequence, tasksOf } from './sequence.ts';
import { checkTaskTexts, checkVariables } from './read/syntax-check.ts';
import { declarations, valueWarnings } from './value-warnings.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Host, Variable } from '../inventory/types.ts';
import type { PlayDefinition } from './definitions.ts';
import type { TaskPlace } from './bind/lookups.ts';
import type { Problems } from './problems.ts';
import type { ReadingOptions } from './read/reading.ts';
import type { SelectedPlay, Selection } from './read/select.ts';
import type { Site } from './types.ts';

export interface CompileOptions extends Selection, Omit<ReadingOptions, 'problems'> {
  readonly files: readonly string[];
  readonly extraVars: ReadonlyMap<string, Variable>;
  /** The default of `become`. */
  readonly become?: boolean;
  /** What templates see as `ansible_check_mode`. */
  readonly check?: boolean;
  /** Hears of passwords of the environment that templates look up. */
  readonly hide?: (secret: string) => void;
}

const checkTexts = (definitions: readonly PlayDefinition[], problems: Problems): void => {
  for (const { nodes } of declarations(definitions)) checkVariables(nodes, problems);
  for (const { sequence, handlers } of definitions)
    for (const task of [...tasksOf(sequence), ...handlers]) checkTaskTexts(task, problems);
};

/**
 * Reads and checks playbooks wholly, before any host is contacted. `diagnostics` holds everything found in all files, in their
 * order; `site` is undefined where one of them is an error.
 */
export const compileSite = (
  options: CompileOptions,
): { readonly site: Site | undefined; readonly diagnostics: Diagnostic[] } => {
  const { files, inventory, limit, become = false, check = false, hide, extraVars, matchHosts } = options;
  const problems = createProblems();
  const reading = createReading({ ...options, problems });
  const definitions = readPlaybooks(files, reading, become);
  const plays = selectPlays(definitions, options, reading);
  const isRefused = problems.all(files).some(({ severity }) => severity === 'error');
  if (plays.length === 0 && definitions.length > 0 && !isRefused)
    problems.error('no-hosts', `the limit "${limit ?? ''}" leaves no host of any play`, undefined);

  const groups = new Map([...inventory.groups.keys()].map((name) => [name, matchHosts(inventory, name).hosts]));
  const lookups = createLookups({ inventory, extraVars, groups, check, ...(hide && { hide }) });
  const binder = createBinder(lookups, collectRegisters(definitions, plays), (name) => extraVars.has(name));
  const hostOf = (name: string): Host => (inventory.hosts.get(name) ?? inventory.implicit?.get(name))!;
  const placeOn = ({ definition, play }: SelectedPlay, hostName: string) => {
    const host = hostOf(hostName);
    return (task: TaskPlace['task']): TaskPlace => ({ host, play, playDefinition: definition, task });
  };
  checkTexts(definitions, problems);
  for (const selected of plays)
    for (const host of selected.play.hosts)
      for (const task of [...tasksOf(selected.sequence), ...selected.definition.handlers])
        problems.addFor(host, refine(task, binder.check(placeOn(selected, host)(task))));
  problems.add(valueWarnings(definitions, { inventory, extraVars, files: lookups.files }));

  const diagnostics = problems.all(reading.files);
  if (diagnostics.some(({ severity }) => severity === 'error')) return { site: undefined, diagnostics };
  const byPlay = new Map(plays.map((selected) => [selected.play, selected]));
  const site: Site = {
    files,
    plays: plays.map(({ play }) => play),
    bind: (play, host) => {
      const selected = byPlay.get(play)!;
      const place = placeOn(selected, host.name);
      return {
        play,
        sequence: mapSequence(selected.sequence, (task) => binder.hostTask(place(task))),
        handlers: selected.definition.handlers.map((task) => binder.hostTask(place(task))),
      };
    },
    downGroups: ({ hosts, maxDown }) =>
      cutDownGroups(hosts, maxDown, (host, variable) => hostOf(host).variables.get(variable)?.value),
  };
  return { site, diagnostics };
};
