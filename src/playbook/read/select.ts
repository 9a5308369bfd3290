import { checkReboots } from './check-reboots.ts';
import { nearest } from '../../diagnostics.ts';
import { cutBatches } from '../batches.ts';
import { dropRepeats } from './repeats.ts';
import { keepFlushes } from './sections.ts';
import { mapSequence, tasksOf } from '../sequence.ts';
import { isSelected, reservedTags } from './tags.ts';
import type { Diagnostic } from '../../diagnostics.ts';
import type { Inventory } from '../../inventory/types.ts';
import type { PlayDefinition, TaskDefinition } from '../definitions.ts';
import type { Problems } from '../problems.ts';
import type { Reading } from './reading.ts';
import type { TagSelection } from './tags.ts';
import type { Play, Sequence } from '../types.ts';

export interface Selection {
  readonly inventory: Inventory;
  readonly limit?: string;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  /** Lets a task that needs a canary start on many hosts at once. */
  readonly noCanary?: boolean;
  readonly matchHosts: (
    inventory: Inventory,
    pattern: string,
    limit?: string,
  ) => { readonly hosts: readonly string[]; readonly diagnostics: readonly Diagnostic[] };
}

/** A play that has hosts, with the tasks that its tags select. */
export interface SelectedPlay {
  readonly definition: PlayDefinition;
  readonly play: Play;
  readonly sequence: Sequence<TaskDefinition>;
}

/** The hosts of a play after the limit; empty where the play is left out or nothing matches, which is reported. */
const hostsOf = (
  { pattern }: PlayDefinition,
  limited: ReadonlySet<string> | undefined,
  { inventory, matchHosts }: Selection,
  { fixed, problems }: Reading,
): readonly string[] => {
  const text = pattern && fixed(pattern, "'hosts'");
  if (text === undefined) return [];
  const { hosts, diagnostics } = matchHosts(inventory, text);
  problems.add(diagnostics.map((diagnostic) => ({ position: pattern!.position, ...diagnostic })));
  if (hosts.length === 0 && diagnostics.length === 0)
    problems.error('no-hosts', `"${text}" matches no host`, pattern!.position);
  return limited ? hosts.filter((host) => limited.has(host)) : hosts;
};

const checkCanary = ({ play, sequence, definition }: SelectedPlay, problems: Problems): void => {
  if (play.hosts.length < 2 || play.batches[0]?.length === 1) return;
  for (const { task, moduleAt } of [...tasksOf(sequence), ...definition.handlers])
    if (task.module.canary && task.apply !== 'running' && !task.runOnce)
      problems.error(
        'canary',
        `'${task.module.kind}' can keep a host from booting, and this play begins with ${play.batches[0]!.length} hosts at once`,
        moduleAt,
        'try one host first with serial: [1, 100%] on the play, or give --no-canary',
      );
};

/** Warns of tags that were asked for and that no task has. */
const checkTags = (
  definitions: readonly PlayDefinition[],
  asked: readonly (readonly [option: string, tags: readonly string[]])[],
  problems: Problems,
): void => {
  const tasks = definitions.flatMap(({ sequence }) => tasksOf(sequence));
  const known = new Set([...tasks.flatMap(({ task }) => task.tags), ...reservedTags]);
  for (const [option, tags] of asked)
    for (const tag of tags.filter((one) => !known.has(one))) {
      const near = nearest(tag, known);
      const message = `no task has the tag '${tag}' of ${option}`;
      problems.warn('unknown-tag', message, undefined, near === undefined ? undefined : `did you mean '${near}'?`);
    }
};

/** The plays that have hosts, each with the tasks that its tags select. */
export const selectPlays = (
  definitions: readonly PlayDefinition[],
  selection: Selection,
  reading: Reading,
): readonly SelectedPlay[] => {
  const { inventory, limit, tags = [], skipTags = [], noCanary = false, matchHosts } = selection;
  const { problems } = reading;
  const limitMatch = limit === undefined ? undefined : matchHosts(inventory, 'all', limit);
  problems.add(limitMatch?.diagnostics ?? []);
  const limited = limitMatch && new Set(limitMatch.hosts);
  const wanted: TagSelection = { tags, skipTags };
  checkTags(
    definitions,
    [
      ['-t', tags],
      ['--skip-tags', skipTags],
    ],
    problems,
  );
  return definitions.flatMap((definition): readonly SelectedPlay[] => {
    const { index, name, position, serial, maxFailPercentage, onFailure, maxDown, handlers } = definition;
    const hosts = hostsOf(definition, limited, selection, reading);
    if (hosts.length === 0) return [];
    const tagged = mapSequence(definition.sequence, (one) => (isSelected(one.task.tags, wanted) ? one : undefined));
    const sequence = keepFlushes(dropRepeats(tagged), handlers.length > 0, wanted);
    const play: Play = {
      index,
      name,
      position,
      hosts,
      batches: cutBatches(hosts, serial),
      ...(maxFailPercentage !== undefined && { maxFailPercentage }),
      ...(onFailure && { onFailure }),
      ...(maxDown && { maxDown }),
      sequence: mapSequence(sequence, ({ task }) => task),
      handlers: handlers.map(({ task }) => task),
    };
    const selected = { definition, play, sequence };
    if (!noCanary) checkCanary(selected, problems);
    checkReboots(selected, inventory, problems);
    return [selected];
  });
};
