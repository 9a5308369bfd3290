import type { Change } from '../contract/changes.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import { hostJournal, type HostJournal } from '../engine/journal.ts';
import { siteOfRecords, type RecordedTask } from '../engine/recorded-site.ts';
import type { Inventory } from '../inventory/types.ts';
import { descriptionOf, eventsOf, findRun, journalOf } from '../record/read.ts';
import type { RecordedPart } from '../record/types.ts';
import type { Event } from '../report/events.ts';
import { execute } from './execute.ts';
import { onHosts } from './fleet.ts';
import type { Interrupts } from './interrupt.ts';
import { hostsOf } from './inventory.ts';
import { openInventory } from './load.ts';
import type { ExecuteOptions, InventoryOptions } from './options.ts';
import type { Print } from './print.ts';
import { newRun } from './run.ts';

export interface RollbackOptions extends InventoryOptions, ExecuteOptions {
  readonly last?: boolean;
  readonly plan?: boolean;
  readonly force?: boolean;
}

const warn = (message: string, hint?: string): Diagnostic => ({
  code: 'not-taken-back',
  severity: 'warning',
  message,
  ...(hint !== undefined && { hint }),
});

/** What no record of values can take back. */
const actsOf = (events: readonly Event[]): readonly Diagnostic[] => {
  const names = events.flatMap((event) =>
    event.type === 'task' && event.outcome === 'changed' && event.changes.length === 0 ? [event.name] : [],
  );
  return [...new Set(names)].map((name) => warn(`"${name}" ran a program: what that did is not taken back`));
};

/** The hosts whose changes are taken back: those of the record, or, without one, all that are asked for. */
const changedHosts = (
  inventory: Inventory,
  parts: readonly RecordedPart[],
  limit: string | undefined,
): readonly string[] => {
  const meant = new Set(hostsOf(inventory, limit ?? 'all'));
  const recorded = [...new Set(parts.map(({ host }) => host))];
  if (recorded.length === 0) return [...meant];
  return recorded.filter((host) =>
    limit === undefined ? inventory.hosts.has(host) || inventory.implicit?.has(host) : meant.has(host),
  );
};

/** The changes of a host: its own journal has them to the byte, and counts; else what was recorded here. */
const changesOf = (
  host: string,
  own: HostJournal | undefined,
  parts: readonly RecordedPart[],
): {
  readonly changes: readonly Change[];
  readonly folders: readonly string[];
  readonly warnings: readonly Diagnostic[];
} => {
  const warnings = (own?.problems ?? []).map((problem) => warn(`${host}: ${problem}: what it would say was not done`));
  if (own && own.parts.length > 0)
    return { changes: own.parts.flatMap(({ changes }) => changes), folders: own.folders, warnings };
  const recorded = parts.filter((part) => part.host === host).flatMap(({ changes }) => changes);
  const usable = recorded.filter(({ secret }) => !secret);
  return {
    changes: usable,
    folders: [],
    warnings: [
      ...warnings,
      ...(own && recorded.length > 0
        ? [warn(`${host}: its own journal of the run is gone: the record here is taken`)]
        : []),
      ...(usable.length < recorded.length
        ? [warn(`${host}: ${recorded.length - usable.length} changes have secrets, which only its own journal holds`)]
        : []),
    ],
  };
};

/** A kernel line is tried on one host first: where that fails, the others stay as they are. */
const batchesOf = (hosts: readonly string[], tasks: ReadonlyMap<string, readonly RecordedTask[]>) => {
  const isRisky = [...tasks.values()]
    .flat()
    .some(({ recorded }) => recorded.changes.some(({ at }) => at.kind === 'store' && at.store === 'kernel-arg'));
  return isRisky && hosts.length > 1 ? [hosts.slice(0, 1), hosts.slice(1)] : [hosts];
};

/** Puts back what a run has changed, running and boot values alike; what somebody has changed since stays, unless forced. */
export const rollback = async (
  word: string | undefined,
  given: RollbackOptions,
  print: Print,
  interrupts: Interrupts,
): Promise<number> => {
  const run = findRun(word, given.last ?? false);
  const description = descriptionOf(run);
  const parts = journalOf(run);
  const playbook = description?.playbook;
  const { limit: _, ...asked } = description?.options ?? {};
  const options: RollbackOptions = { ...(typeof asked['user'] === 'string' && { user: asked['user'] }), ...given };
  const { inventory, warnings, files } = openInventory({ ...asked, ...options }, print.mask.hide, playbook);
  const hosts = changedHosts(inventory, parts, options.limit);
  if (hosts.length === 0)
    throw new InputError([
      {
        code: 'no-hosts',
        severity: 'error',
        message: `run ${run} has changed nothing on ${options.limit ?? 'any host'}`,
      },
    ]);
  const read = hostJournal(run);
  // Journals are root's.
  const answers = await onHosts(
    inventory,
    hosts,
    { ...options, become: true },
    print,
    interrupts.signal,
    async (_shell, view) => {
      await view.ensure([read]);
      return view.decode(read);
    },
  );
  if (interrupts.signal.aborted) return 130;
  const found = new Map(answers.map((one) => [one.host, 'answer' in one ? one.answer : undefined]));
  const news: Diagnostic[] = [...warnings, ...actsOf(eventsOf(run))];
  const tasks = new Map<string, readonly RecordedTask[]>();
  for (const host of hosts) {
    const { changes, folders, warnings: own } = changesOf(host, found.get(host), parts);
    news.push(...own);
    if (changes.length === 0 && found.get(host)) continue;
    tasks.set(host, [
      {
        become: true,
        becomeUser: 'root',
        recorded: { changes, direction: 'back', force: options.force ?? false, folders },
      },
    ]);
  }
  if (tasks.size === 0)
    throw new InputError([
      {
        code: 'no-run',
        severity: 'error',
        message: `no host has a journal of run ${run}`,
        hint: 'perfplay history lists the runs that are on record here',
      },
    ]);
  const isSilent = (host: string): number => (found.get(host) ? 0 : 1);
  const left = [...tasks.keys()].sort((one, other) => isSilent(one) - isSilent(other));
  const play = { name: `Rollback of ${run}`, batches: batchesOf(left, tasks), tasks };
  const { exit } = await execute(
    {
      run: newRun(),
      command: options.plan ? 'plan' : 'rollback',
      site: siteOfRecords([play], { file: run, line: 1, column: 1 }),
      prune: 'off',
      inventory,
      hash: description?.hash ?? '',
      warnings: news,
      source: files.text,
      ...(!options.plan && {
        description: {
          subject: run,
          ...(playbook !== undefined && { playbook }),
          options: { ...asked, inventory: inventory.sources },
          secret: [],
        },
      }),
    },
    options,
    print,
    interrupts,
  );
  return exit;
};
