import { errnoOf } from '../connect/shell/errno.ts';
import type { WriteResult } from '../connect/shell/frames.ts';
import type { WriteOp } from '../connect/shell/script.ts';
import { setShellVar, shellVars } from '../contract/shell-vars.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import type { Setting, StoreEntry, StoreName, Target } from '../contract/steps.ts';
import type { Evaluation, Problem, StoreState } from './evaluate.ts';
import type { JournalChange } from './journal.ts';
import { stores } from './stores/index.ts';

/** What one task has to do in this round, in its order. */
export interface TaskWork {
  readonly evaluations: readonly Evaluation[];
  /** Its failure does not keep later tasks from being done. */
  readonly ignoreErrors: boolean;
}

/** A round's writes: the ops, the changes for the journal, and which ops each key stands on. */
export interface ApplyBatch {
  readonly ops: readonly WriteOp[];
  readonly changes: readonly JournalChange[];
  readonly opsOf: ReadonlyMap<string, readonly number[]>;
}

const rawOf = (snapshot: Snapshot, path: string): string | null => {
  const content = snapshot.content.get(path);
  return content && 'raw' in content ? content.raw : null;
};

const withWord = (value: string, word: string, present: boolean): string => {
  const others = value.split(/\s+/).filter((one) => one !== '' && one !== word);
  return (present ? [...others, word] : others).join(' ');
};

/** A file with all entry edits of this round made. */
const withEntries = (text: string, settings: readonly Setting[]): string =>
  settings.reduce((current, setting) => {
    const { target, codec } = setting.running;
    if (target?.kind !== 'entry') return current;
    const value = setting.want === null ? null : codec.encode(setting.want);
    if (target.word === undefined) return setShellVar(current, target.name, value);
    const words = shellVars.decode(current).get(target.name) ?? '';
    return setShellVar(current, target.name, withWord(words, target.word, value !== null));
  }, text);

const fileOp = (path: string, mode: number, before: string | null, after: string | null): WriteOp | undefined => {
  if (before === after) return undefined;
  return after === null ? { op: 'remove', path, before: before ?? '' } : { op: 'file', path, mode, before, after };
};

const unitVerbs = { active: ['start', 'stop'], enabled: ['enable', 'disable'], masked: ['mask', 'unmask'] } as const;

/** The write of a single-valued target; files of entries are composed elsewhere. */
const opOf = (
  setting: Setting,
  target: Exclude<Target, { kind: 'entry' }>,
  snapshot: Snapshot,
): WriteOp | undefined => {
  const text = setting.want === null ? null : setting.running.codec.encode(setting.want);
  switch (target.kind) {
    case 'attribute':
      return { op: 'attribute', path: target.path, value: text ?? '' };
    case 'file':
      return fileOp(target.path, target.mode ?? 0o644, rawOf(snapshot, target.path), text);
    case 'unit': {
      const [yes, no] = unitVerbs[target.aspect];
      return { op: 'program', argv: ['systemctl', setting.want === true ? yes : no, target.name] };
    }
    case 'kernel-module':
      return {
        op: 'program',
        argv: setting.want === null ? ['modprobe', '-r', target.name] : ['modprobe', target.name],
      };
    case 'program':
      return { op: 'program', argv: target.set.map((word) => word.replaceAll('{}', text ?? '')) };
  }
};

const metadataOf = (snapshot: Snapshot, target: Target): Pick<JournalChange, 'metadata'> => {
  const stat = target.kind === 'file' || target.kind === 'entry' ? snapshot.stat.get(target.path) : undefined;
  return stat ? { metadata: { mode: stat.mode, uid: stat.uid, gid: stat.gid } } : {};
};

/**
 * Turns a round's evaluations into ops, in the order in which plan() gave them: running values task by task, then each store once.
 * A task's ops need the tasks before it; an op needs the keys it depends on; a store needs the running values it is to keep.
 * Op 0 is left for the journal, which every other op needs.
 */
export const composeApply = (work: readonly TaskWork[], snapshot: Snapshot, stateOf: StoreState): ApplyBatch => {
  const ops: WriteOp[] = [{ op: 'function', script: '', name: 'pp_gate', args: [] }];
  const changes: JournalChange[] = [];
  const opsOf = new Map<string, number[]>();
  const files = new Map<string, number>();
  const edits = new Map<
    StoreName,
    { entries: Map<string, StoreEntry | undefined>; keys: string[]; needs: Set<number> }
  >();
  let gate = 0;

  const push = (op: WriteOp, needs: readonly number[], keys: readonly string[]): number => {
    ops.push({ ...op, needs });
    const index = ops.length - 1;
    for (const key of keys) opsOf.set(key, [...(opsOf.get(key) ?? []), index]);
    return index;
  };

  const toWrite = work.flatMap(({ evaluations }) => evaluations.filter((one) => one.write).map((one) => one.setting));
  const entriesOf = (path: string): readonly Setting[] =>
    toWrite.filter(({ running: { target } }) => target?.kind === 'entry' && target.path === path);

  for (const { evaluations, ignoreErrors } of work) {
    const first = ops.length;
    const written = new Set<string>();
    for (const { setting, write, keep, before } of evaluations) {
      const { key, running, dependsOn = [] } = setting;
      const target = running.target;
      const again =
        !write &&
        setting.want !== null &&
        target?.kind === 'attribute' &&
        dependsOn.some((other) => written.has(other));
      const needs = [gate, ...dependsOn.flatMap((other) => opsOf.get(other) ?? [])];
      if (target && (write || again)) {
        const raw = 'raw' in running ? running.raw : null;
        const after = setting.want === null ? null : running.codec.encode(setting.want);
        changes.push({
          key,
          at: target,
          before: target.kind === 'file' ? raw : before,
          after,
          dependsOn,
          ...metadataOf(snapshot, target),
        });
        if (target.kind === 'entry') {
          const done = files.get(target.path);
          if (done === undefined) {
            const old = rawOf(snapshot, target.path);
            const op = fileOp(target.path, 0o644, old, withEntries(old ?? '', entriesOf(target.path)));
            if (op) files.set(target.path, push(op, needs, [key]));
          } else opsOf.set(key, [...(opsOf.get(key) ?? []), done]);
        } else {
          const op = opOf(setting, target, snapshot);
          if (op) push(op, needs, [key]);
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
        for (const index of [gate, ...(opsOf.get(key) ?? [])]) edit.needs.add(index);
        edits.set(store, edit);
      }
    }
    if (!ignoreErrors && ops.length > first) {
      const own = Array.from({ length: ops.length - first }, (_, index) => first + index);
      gate = push({ op: 'function', script: '', name: 'pp_gate', args: [] }, [gate, ...own], []);
    }
  }

  for (const [name, { entries, keys, needs }] of edits) {
    const store = stores.get(name)!;
    const { prepare = [], changes: written, finalize } = store.write(stateOf(store), entries);
    const done = [...needs];
    for (const op of prepare) done.push(push(op, [...done], keys));
    for (const { at, before: old, after } of written) {
      if (old === after) continue;
      changes.push({
        key: `${name}/${at.kind === 'file' ? at.path : at.name}`,
        at,
        before: old,
        after,
        dependsOn: keys,
        ...metadataOf(snapshot, at),
      });
      const op = at.kind === 'file' ? fileOp(at.path, at.mode ?? 0o644, old, after) : undefined;
      if (op) done.push(push(op, [...done], keys));
    }
    for (const op of finalize) done.push(push(op, [...done], keys));
  }
  return { ops, changes, opsOf };
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
