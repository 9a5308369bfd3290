import type { Change } from '../contract/changes.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import type { Setting } from '../contract/steps.ts';
import type { TaskWork } from './apply.ts';
import type { Known } from './evaluate.ts';
import { forgotten, forgottenFile, keptName, namesOf, renderForgotten } from './forgotten.ts';
import { originals, originalsFile, parseOriginals, renderOriginals, type Original } from './originals.ts';
import type { Restored } from './recorded.ts';
import { rawOf } from './snapshot-view.ts';
import { isOnDisk, targetKey } from './targets.ts';

/** What is remembered of what perfplay replaces, and what is forgotten of what it kept: on disk before it is done. */
export const ledgerChanges = (work: readonly TaskWork[], snapshot: Snapshot, known: Known): readonly Change[] => {
  const remembered = known(originals);
  const taken = known(forgotten);
  const kept = new Map(remembered.known);
  const gone = new Set(taken.names);
  for (const { evaluations, remembers, restored } of work) {
    if (restored) {
      asRecorded(kept, restored, originalsFile, (text) => parseOriginals(text ?? ''), isSameOriginal);
      const names = new Map([...gone].map((name) => [name, name]));
      // A boot has taken the file away, and with it what it was about.
      if (taken.text !== null) asRecorded(names, restored, forgottenFile, namesOf, (left, right) => left === right);
      gone.clear();
      for (const name of names.keys()) gone.add(name);
      continue;
    }
    for (const { setting, write, keep, remembers: own } of evaluations) {
      const { target } = setting.running;
      const name = keptName(setting);
      if (name !== undefined && keep === 'forget') gone.add(name);
      else if (name !== undefined && keep) gone.delete(name);
      if (setting.persist.store !== 'itself' || !target || !isOnDisk(target)) continue;
      if (keep === 'forget') kept.delete(targetKey(target));
      else if (write && (own ?? remembers)) {
        const original = originalOf(setting, snapshot, kept);
        if (original) kept.set(targetKey(target), original);
      } else if (write && own === false && isBack(setting, kept.get(targetKey(target)))) kept.delete(targetKey(target));
    }
  }
  const change = (path: string, mode: number, before: string | null, after: string | null): readonly Change[] =>
    before === after
      ? []
      : [{ key: `ledger${path}`, at: { kind: 'file', path, mode }, before, after, dependsOn: [], by: 'ledger' }];
  return [
    ...change(originalsFile, 0o600, remembered.text, renderOriginals(kept)),
    ...change(forgottenFile, 0o644, taken.text, renderForgotten(gone)),
  ];
};

/** A record puts back what was there before perfplay. */
const isBack = ({ want, running }: Setting, original: Original | undefined): boolean =>
  original !== undefined && original.was === (want === null ? null : running.codec.encode(want));

const isSameOriginal = (left: Original, right: Original): boolean => JSON.stringify(left) === JSON.stringify(right);

/** A table as a record leaves it: what only stands in `from` goes, what stands in `to` comes. */
const asRecorded = <V>(
  table: Map<string, V>,
  { files }: Restored,
  path: string,
  parse: (text: string | null) => ReadonlyMap<string, V>,
  isSame: (left: V, right: V) => boolean,
): void => {
  const file = files.get(path);
  if (!file) return;
  const [from, to] = [parse(file.from), parse(file.to)];
  const stands = (name: string, value: V): boolean => table.has(name) && isSame(table.get(name)!, value);
  for (const [name, value] of from) if (!to.has(name) && stands(name, value)) table.delete(name);
  for (const [name, value] of to) if (!from.has(name) || !isSame(from.get(name)!, value)) table.set(name, value);
};

/** What stands where a setting is about to be written; what was there before perfplay is known from the first time. */
const originalOf = (
  { running, want }: Setting,
  snapshot: Snapshot,
  kept: ReadonlyMap<string, Original>,
): Original | undefined => {
  const at = running.target;
  if (at?.kind !== 'entry' && at?.kind !== 'file' && at?.kind !== 'unit') return undefined;
  const set = want === null ? null : running.codec.encode(want);
  const earlier = kept.get(targetKey(at));
  if (earlier) return { ...earlier, set };
  const was = 'value' in running ? running.codec.encode(running.value) : null;
  if (at.kind !== 'entry') return { at, was, set };
  const sibling = [...kept.values()].find((one) => one.at.kind === 'entry' && one.at.path === at.path);
  return { at, was, set, text: sibling?.text === undefined ? rawOf(snapshot, at.path) : sibling.text };
};
