import { text } from '../contract/codecs.ts';
import { Type } from '../contract/index.ts';
import { defineModule, setting } from '../contract/module.ts';
import { groupWords, kernelWords } from '../contract/kernel-line.ts';
import { derived, file, type Reads } from '../contract/reads.ts';
import type { Reading, Setting, StoreEntry } from '../contract/steps.ts';
import type { HostTask } from '../playbook/types.ts';
import type { TaskResult } from '../report/events.ts';
import type { Known } from './evaluate.ts';
import { forgotten } from './forgotten.ts';
import { originals, readTarget, type Original } from './originals.ts';
import type { Claims } from './overlap.ts';
import { ownTask } from './own-task.ts';
import { stores } from './stores/index.ts';

/** What becomes of what nobody declares any more: nothing, or it is named, or it is removed. */
export type Prune = 'off' | 'list' | 'remove';

/** What perfplay keeps on a host, and no task of the run declares. */
export interface Undeclared {
  readonly entries: readonly StoreEntry[];
  readonly originals: readonly Original[];
  /** What was removed already, and is in effect until the boot. */
  readonly removed: readonly StoreEntry[];
}

/** Holds what perfplay has on record against what the host's tasks have claimed in this run. */
export const undeclaredOn = (known: Known, claims: Claims): Undeclared => ({
  entries: [...stores.values()].flatMap((store) =>
    [...known(store.own)]
      .filter(([name]) => !claims.has(`${store.name} ${name}`))
      .map(([name, line]) => ({ store: store.name, name, ...line })),
  ),
  originals: [...(known(originals).known ?? [])].filter(([name]) => !claims.has(name)).map(([, original]) => original),
  removed: [...known(forgotten).names]
    .filter((name) => !claims.has(name))
    .flatMap((name) => {
      const store = [...stores.keys()].find((one) => name.startsWith(`${one} `));
      return store ? [{ store, name: name.slice(store.length + 1), value: null }] : [];
    }),
});

const place = ({ at }: Original): string => {
  if (at.kind === 'unit') return `${at.name} ${at.aspect}`;
  return at.kind === 'entry' ? `${at.path} ${at.name}${at.word === undefined ? '' : ` ${at.word}`}` : at.path;
};

/** Names in one line; more are a number. */
const shownNames = 8;

const inLine = (names: readonly string[]): string =>
  names.length > shownNames
    ? `${names.slice(0, shownNames).join(', ')} and ${names.length - shownNames} more`
    : names.join(', ');

/** One line for each store that keeps something undeclared. */
const warningsOf = ({ entries, originals: lines }: Undeclared): readonly string[] => {
  const byStore = new Map<string, string[]>();
  for (const { store, name } of entries) byStore.set(store, [...(byStore.get(store) ?? []), name]);
  if (lines.length > 0) byStore.set('files and units of others', lines.map(place));
  return [...byStore].map(
    ([where, names]) => `kept, and declared by no task of this site (--prune removes it): ${where}: ${inLine(names)}`,
  );
};

const keyOf = ({ at }: Original): string => {
  if (at.kind === 'unit') return `unit/${at.name}/${at.aspect}`;
  return at.kind === 'entry' ? ['file', at.path, at.name, at.word ?? []].flat().join('/') : `file/${at.path}`;
};

/** What is left in the running system when an entry is gone: of the kernel line it can be seen, of the rest it is taken for granted. */
const effectOf = ({ store, name, value }: StoreEntry, cmdline: Reading<string>): Reading<string> =>
  store === 'kernel-arg' && 'value' in cmdline
    ? derived(groupWords(kernelWords(cmdline.value), name), text)
    : derived(value ?? undefined, text);

const pruneModule = ({ entries, originals: lines, removed }: Undeclared) =>
  defineModule<ReturnType<typeof Type.Object>, Reads>({
    kind: 'prune',
    summary: 'Removes what perfplay keeps and nobody declares any more',
    params: Type.Object({}),
    stores: [...new Set(entries.map(({ store }) => store))],
    removable: true,
    observe: () => ({
      cmdline: file('/proc/cmdline', text),
      ...Object.fromEntries(lines.map((original) => [place(original), readTarget(original.at)])),
    }),
    plan: (_, seen) => [
      ...entries.map((entry): Setting<string> =>
        setting(`${entry.store}/${entry.name}`, null, effectOf(entry, seen['cmdline'] as Reading<string>), entry),
      ),
      ...lines.map((original): Setting =>
        setting(keyOf(original), null, seen[place(original)] as Reading<unknown>, { store: 'itself' }),
      ),
      ...removed.map((entry): Setting<string> =>
        setting(`${entry.store}/${entry.name}`, null, derived('removed', text), entry),
      ),
    ],
  });

/** The task that removes all of it; done as the user, and shown at the place, of a task that keeps something itself. */
export const pruneTask = (undeclared: Undeclared, { task: like }: HostTask): HostTask =>
  ownTask({
    id: 'prune',
    name: 'Remove what nobody declares any more',
    position: like.position,
    module: pruneModule(undeclared),
    become: like.become,
    becomeUser: like.becomeUser,
    absent: true,
  });

/** What a plan says of it where nothing is removed: no task of the playbook, so the recap does not count it. */
export const undeclaredResult = (host: string, play: number, undeclared: Undeclared, like: HostTask): TaskResult => ({
  type: 'task',
  host,
  play,
  task: 'prune',
  name: 'What nobody declares any more',
  module: 'prune',
  position: like.task.position,
  outcome: 'ok',
  changes: [],
  pending: [],
  warnings: warningsOf(undeclared),
});
