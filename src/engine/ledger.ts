import type { WriteOp } from '../connect/shell/script.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import type { Setting } from '../contract/steps.ts';
import type { TaskWork } from './apply.ts';
import type { Known } from './evaluate.ts';
import { forgotten, forgottenFile, keptName, renderForgotten } from './forgotten.ts';
import { originals, originalsFile, renderOriginals, type Original } from './originals.ts';
import { rawOf } from './snapshot-view.ts';
import { isOnDisk, targetKey } from './targets.ts';
import { fileOp } from './write.ts';

/** What is remembered of what perfplay replaces, and what is forgotten of what it kept: on disk before it is done. */
export const ledgerOps = (work: readonly TaskWork[], snapshot: Snapshot, known: Known): readonly WriteOp[] => {
  const remembered = known(originals);
  const taken = known(forgotten);
  const kept = new Map(remembered.known);
  const gone = new Set(taken.names);
  for (const { evaluations, remembers } of work)
    for (const { setting, write, keep } of evaluations) {
      const { target } = setting.running;
      const name = keptName(setting);
      if (name !== undefined && keep === 'forget') gone.add(name);
      else if (name !== undefined && keep) gone.delete(name);
      if (setting.persist.store !== 'itself' || !target || !isOnDisk(target)) continue;
      if (keep === 'forget') kept.delete(targetKey(target));
      else if (write && remembers) {
        const original = originalOf(setting, snapshot, kept);
        if (original) kept.set(targetKey(target), original);
      }
    }
  const write = (path: string, mode: number, before: string | null, after: string | null): readonly WriteOp[] => {
    const op = fileOp({ kind: 'file', path, mode }, before, after);
    return op ? [op] : [];
  };
  return [
    ...write(originalsFile, 0o600, remembered.text, renderOriginals(kept)),
    ...write(forgottenFile, 0o644, taken.text, renderForgotten(gone)),
  ];
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
