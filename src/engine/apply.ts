import { errnoOf } from '../connect/shell/errno.ts';
import type { WriteResult } from '../connect/shell/frames.ts';
import type { Program, WriteOp } from '../connect/shell/script.ts';
import type { Change, KeptLine } from '../contract/changes.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import type { Setting, StoreEntry, StoreName, Target } from '../contract/steps.ts';
import { withEntries, type EntryEdit, type EntryTarget } from './entries.ts';
import type { Evaluation, Known, Problem } from './evaluate.ts';
import { ledgerChanges } from './ledger.ts';
import type { Restored } from './recorded.ts';
import { rawOf } from './snapshot-view.ts';
import { stores } from './stores/index.ts';
import { isOnDisk } from './targets.ts';
import { fileOp, isMadeWith, metadataOf, opOf } from './write.ts';

/** What one task has to do in this round, in its order. */
export interface TaskWork {
  readonly evaluations: readonly Evaluation[];
  /** Its failure does not keep later tasks from being done. */
  readonly ignoreErrors: boolean;
  /** What the programs of a key run with. */
  readonly programs: ReadonlyMap<string, Omit<Program, 'argv'>>;
  /** What it replaces of somebody else's is remembered: `state: absent` will put it back. */
  readonly remembers: boolean;
  /** `no_log`: its values stand in no record but the host's own. */
  readonly secret: boolean;
  /** It takes back what a record says: files of perfplay's own become what they were. */
  readonly restored?: Restored;
}

/** A round's writes: the ops, the changes for the journal, and which ops each key stands on. */
export interface ApplyBatch {
  readonly ops: readonly WriteOp[];
  readonly changes: readonly Change[];
  readonly opsOf: ReadonlyMap<string, readonly number[]>;
  /** What may cut the connection, in the order in which it is made. */
  readonly risky: readonly Change[];
}

/** What a change replaces, as it would be written again. */
const beforeOf = ({ running }: Setting, snapshot: Snapshot): string | null => {
  if (running.target?.kind === 'file') return rawOf(snapshot, running.target.path);
  return 'value' in running ? running.codec.encode(running.value) : null;
};

/** A line of a store, or that there is none, as a change has it. */
const lineText = (line: KeptLine | undefined): string | null =>
  line ? JSON.stringify({ value: line.value, ...(line.recovery && { recovery: true }) }) : null;

const noOp: WriteOp = { op: 'gate' };

/** Two tasks may want the same of what is written as a whole: once is enough. */
const isWhole = (target: Target): target is Extract<Target, { kind: 'file' | 'directory' | 'entry' }> =>
  ['file', 'directory', 'entry'].includes(target.kind);

/**
 * Turns a round's evaluations into ops, in the order in which plan() gave them: running values task by task, then each store once.
 * A task's ops need the tasks before it; an op needs the keys it depends on; a store needs the running values it is to keep.
 * Op 0 is left for the lock, op 1 for the journal and op 2 for what undoes risky changes, which every other op needs.
 */
export const composeApply = (work: readonly TaskWork[], snapshot: Snapshot, known: Known): ApplyBatch => {
  const ops: WriteOp[] = [noOp, { ...noOp, needs: [0] }, { ...noOp, needs: [1] }];
  const changes: Change[] = [];
  const opsOf = new Map<string, number[]>();
  const risky: Change[] = [];
  /** The op that writes what is at a path. */
  const files = new Map<string, number>();
  const edits = new Map<
    StoreName,
    { entries: Map<string, StoreEntry | undefined>; keys: string[]; needs: Set<number> }
  >();
  const restored = work.flatMap((one) => one.restored ?? []);
  const secrets = new Set(
    work.flatMap(({ secret, evaluations }) => (secret ? evaluations.map(({ setting }) => setting.key) : [])),
  );
  const secretly = (keys: readonly string[]): Pick<Change, 'secret'> =>
    keys.some((key) => secrets.has(key)) ? { secret: true } : {};
  let gate = 2;

  const push = (op: WriteOp, needs: readonly number[], keys: readonly string[]): number => {
    ops.push({ ...op, needs });
    const index = ops.length - 1;
    for (const key of keys) opsOf.set(key, [...(opsOf.get(key) ?? []), index]);
    return index;
  };

  /** All lines that this round changes in a file, whichever task wants them. */
  const entriesOp = ({ path }: EntryTarget): WriteOp | undefined => {
    const edits = work
      .flatMap(({ evaluations }) => evaluations)
      .flatMap(({ write, original, setting: { running, want } }): readonly EntryEdit[] => {
        if (!write || running.target?.kind !== 'entry' || running.target.path !== path) return [];
        const after = want === null ? null : running.codec.encode(want);
        return [{ at: running.target, after, ...(original && { original: original.text }) }];
      });
    const maker = edits.find(({ at }) => at.mode !== undefined || at.owner) ?? edits[0]!;
    const old = rawOf(snapshot, path);
    return fileOp(maker.at, old, withEntries(old ?? '', edits));
  };

  for (const change of ledgerChanges(work, snapshot, known)) {
    const op = opOf(change);
    if (!op) continue;
    changes.push({ ...change, ...secretly([...secrets]) });
    gate = push(op, [gate], []);
  }

  for (const { evaluations, ignoreErrors, programs, remembers } of work) {
    const first = ops.length;
    const written = new Set<string>();
    for (const { setting, write, keep, remembers: own } of evaluations) {
      const { key, running, dependsOn = [] } = setting;
      const target = running.target;
      const again =
        !write &&
        setting.want !== null &&
        target?.kind === 'attribute' &&
        dependsOn.some((other) => written.has(other));
      const needs = [gate, ...dependsOn.flatMap((other) => opsOf.get(other) ?? [])];
      if (target && (write || again)) {
        const after = setting.want === null ? null : running.codec.encode(setting.want);
        const change = {
          key,
          at: target,
          before: beforeOf(setting, snapshot),
          after,
          dependsOn,
          ...metadataOf(snapshot, target),
          ...secretly([key]),
          ...(target.kind === 'entry' && { text: rawOf(snapshot, target.path) }),
          ...((own ?? remembers) &&
            setting.persist.store === 'itself' &&
            isOnDisk(target) && { remembered: true as const }),
          ...(setting.risks && { risks: setting.risks }),
        };
        changes.push(change);
        if (setting.risks) risky.push(change);
        const path = isWhole(target) ? target.path : undefined;
        const done = 'path' in target ? files.get(target.path) : undefined;
        if (done !== undefined && (path !== undefined || isMadeWith(ops[done], change)))
          opsOf.set(key, [...(opsOf.get(key) ?? []), done]);
        else {
          const op = target.kind === 'entry' ? entriesOp(target) : opOf(change);
          const index = op && push(op.op === 'program' ? { ...op, ...programs.get(key) } : op, needs, [key]);
          if (path !== undefined && index !== undefined) files.set(path, index);
        }
        written.add(key);
      }
      if (keep && 'name' in setting.persist) {
        const { store, name } = setting.persist;
        const edit = edits.get(store) ?? {
          entries: new Map<string, StoreEntry | undefined>(),
          keys: [] as string[],
          needs: new Set<number>(),
        };
        edit.entries.set(name, keep === 'forget' ? undefined : keep);
        edit.keys.push(key);
        const [was, is] = [known(stores.get(store)!.own).get(name), keep === 'forget' ? undefined : keep].map(lineText);
        if (was !== is)
          changes.push({
            key,
            at: { kind: 'store', store, name },
            before: was!,
            after: is!,
            dependsOn,
            ...secretly([key]),
          });
        for (const index of [...needs, ...(opsOf.get(key) ?? [])]) edit.needs.add(index);
        edits.set(store, edit);
      }
    }
    if (!ignoreErrors && ops.length > first) {
      const own = Array.from({ length: ops.length - first }, (_, index) => first + index);
      // Each of its ops needs the gate before it.
      gate = own.length === 1 ? first : push(noOp, own, []);
    }
  }

  for (const [name, { entries, keys, needs }] of edits) {
    const store = stores.get(name)!;
    const { prepare = [], changes: written, finalize } = store.write(known(store.state), entries);
    const done = [...needs];
    for (const op of prepare) done.push(push(op, [...done], keys));
    for (const { at, before: old, after: composed } of written) {
      const exact = at.kind === 'file' ? restored.find(({ files }) => files.get(at.path)?.from === old) : undefined;
      const after = exact && at.kind === 'file' ? exact.files.get(at.path)!.to : composed;
      if (old === after) continue;
      const change: Change = {
        key: `${name}/${at.kind === 'file' ? at.path : at.name}`,
        at,
        before: old,
        after,
        dependsOn: keys,
        ...metadataOf(snapshot, at),
        ...secretly(keys),
        by: name,
      };
      changes.push(change);
      const op = at.kind === 'file' ? fileOp(at, old, after, exact?.files.get(at.path)?.metadata) : undefined;
      if (op) done.push(push(op, [...done], keys));
    }
    for (const op of finalize) done.push(push(op, [...done], keys));
  }
  const folders = restored.flatMap((one) => one.folders);
  if (folders.length > 0) push({ op: 'sweep', paths: folders }, [gate], []);
  return { ops, changes, opsOf, risky };
};

const refusals = new Set(['EPERM', 'EACCES', 'EROFS', 'EIO']);

/** What became of a key: undefined when all its ops succeeded, `skipped` when something before it failed, else why. */
export const resultOf = (
  setting: Setting,
  indexes: readonly number[],
  results: readonly WriteResult[],
): Problem | 'skipped' | undefined => {
  for (const index of indexes) {
    const result = results[index];
    if (!result || result.state === 0) continue;
    if (result.state === 'skipped') return 'skipped';
    const errno = errnoOf(result.text);
    const offered = setting.allowed && setting.allowed.length > 0 ? `; allowed: ${setting.allowed.join(' ')}` : '';
    const words = result.text.split('\n').find((line) => line.trim() !== '') ?? `exit code ${result.state}`;
    return {
      reason: refusals.has(errno) ? 'refused' : 'error',
      message: `${words.trim()}${errno === 'EUNKNOWN' ? '' : ` (${errno})`}${offered}`,
    };
  }
  return undefined;
};
