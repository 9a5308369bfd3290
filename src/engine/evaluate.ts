import type { InputError } from '../diagnostics.ts';
import { shownValue } from './shown.ts';
import { stores } from './stores/index.ts';
import type { Store } from './stores/store.ts';
import type { Codec, Reading, Setting, StoreEntry, Target } from '../contract/steps.ts';
import type { Apply } from '../playbook/types.ts';
import type { Pending, Reason } from '../report/events.ts';

export interface Problem {
  readonly reason: Reason;
  readonly message: string;
}

/** What is wrong with a late value or condition, and under it what to do. */
export const inputProblem = ({ diagnostics }: InputError): Problem => ({
  reason: 'error',
  message: diagnostics.flatMap(({ message, hint }) => (hint === undefined ? [message] : [message, hint])).join('\n'),
});

/** One setting held against what was read: what is to be written, what it waits for, what is wrong. */
export interface Evaluation {
  readonly setting: Setting;
  /** The reading differs, is wanted so, and can be written. */
  readonly write: boolean;
  /** What its store must learn: an entry, or that perfplay's line goes. */
  readonly keep?: StoreEntry | 'forget';
  readonly levels: readonly ('running' | 'boot')[];
  readonly before: string | null;
  readonly after: string | null;
  readonly pending?: Pending;
  readonly problem?: Problem;
}

export type StoreState = (store: Store) => unknown;

/** What is on disk is the value of the next boot; everything else runs now. */
export const isOnDisk = (target: Target | undefined): boolean =>
  target !== undefined &&
  (['file', 'directory', 'permission', 'entry'].includes(target.kind) ||
    (target.kind === 'unit' && target.aspect !== 'active'));

const isEqual = <T>(codec: Codec<T>, left: T, right: T): boolean =>
  codec.equal ? codec.equal(left, right) : codec.encode(left) === codec.encode(right);

const shown = <T>({ codec, target }: Reading<T>, value: T): string =>
  shownValue(target, codec.show ? codec.show(value) : codec.encode(value));

/** A reading as people see it: null where it does not exist, `?` where it cannot be read. */
export const textOf = <T>(reading: Reading<T>): string | null => {
  if ('value' in reading) return shown(reading, reading.value);
  return reading.errno === 'ENOENT' ? null : `? (${reading.errno})`;
};

/** What is wanted, as people see it; null: nothing. */
export const wantedText = ({ running, want }: Setting): string | null => (want === null ? null : shown(running, want));

const agrees = <T>(reading: Reading<T>, want: T | null): boolean => {
  if ('value' in reading) return want !== null && isEqual(reading.codec, reading.value, want);
  if (reading.errno !== 'ENOENT') return false;
  // A unit that is not installed is neither active nor enabled.
  return (
    want === null ||
    (reading.target?.kind === 'unit' && reading.target.aspect !== 'masked' && (want as unknown) === false)
  );
};

const nameOf = (target: Target): string => ('path' in target ? target.path : target.name);

/** Why a differing reading cannot simply be written. */
const obstacle = <T>(reading: Reading<T>, want: T | null): Problem | undefined => {
  const { target } = reading;
  if ('value' in reading || !target) return undefined;
  if (reading.errno !== 'ENOENT')
    return { reason: 'refused', message: `${nameOf(target)} cannot be read: ${reading.errno}` };
  if (target.kind === 'attribute')
    return { reason: 'unsupported', message: `${target.path} does not exist on this kernel` };
  if (target.kind === 'unit' && want !== null)
    return { reason: 'unsupported', message: `${target.name} is not installed` };
  return undefined;
};

interface BootView {
  readonly differs: boolean;
  readonly keep?: StoreEntry | 'forget';
  readonly before: string | null;
  readonly problem?: Problem;
}

const agreesAtBoot = (entry: StoreEntry, value: string | null): boolean =>
  value === entry.value || (value !== null && entry.accepts?.(value) === true);

const bootView = (entry: StoreEntry, absent: boolean, stateOf: StoreState): BootView => {
  const store = stores.get(entry.store)!;
  const state = stateOf(store);
  const own = store.own(state, entry.name);
  if (absent)
    return own === undefined ? { differs: false, before: null } : { differs: true, keep: 'forget', before: own };
  const refusal = store.refuses?.(state);
  if (refusal !== undefined)
    return { differs: true, before: null, problem: { reason: 'unsupported', message: refusal } };
  const next = store.nextBoot(state, entry);
  if (next.value === undefined)
    return {
      differs: true,
      before: null,
      problem: { reason: 'refused', message: `${next.from} cannot be read: is become set?` },
    };
  if (agreesAtBoot(entry, next.value)) return { differs: false, before: next.value };
  return { differs: true, keep: entry, before: next.value };
};

/** Names what wins over our line, once it stands and the next boot still brings another value. */
export const overriddenBy = (entry: StoreEntry, stateOf: StoreState): string => {
  const store = stores.get(entry.store)!;
  const { value, from } = store.nextBoot(stateOf(store), entry);
  return `the next boot brings ${value ?? 'no value'}${from ? `, by ${from}` : ''}`;
};

const ineffective = (setting: Setting): Problem | Pending | undefined => {
  const { effective, want, takesEffect = 'now' } = setting;
  if (!effective || !('value' in effective) || want === null || isEqual(effective.codec, effective.value, want))
    return undefined;
  if (takesEffect !== 'now') return takesEffect;
  return { reason: 'ineffective', message: `the kernel shows ${effective.codec.encode(effective.value)}` };
};

/** Holds a setting against the snapshot: pure, no order, no history. */
export const evaluate = (setting: Setting, apply: Apply, absent: boolean, stateOf: StoreState): Evaluation => {
  const { running, want, persist } = setting;
  const onDisk = isOnDisk(running.target);
  const now = !absent && (onDisk ? apply !== 'running' : apply !== 'boot');
  const entry = 'name' in persist && apply !== 'running' ? persist : undefined;

  const differs = now && !agrees(running, want);
  const boot = entry ? bootView(entry, absent, stateOf) : undefined;
  const write = differs && running.target !== undefined;
  const blocked = write ? obstacle(running, want) : undefined;
  const needsBoot = differs && !running.target;

  const shownByRunning = differs || !boot?.differs;
  const effect = now && !differs ? ineffective(setting) : undefined;
  const unreachable: Problem | undefined =
    needsBoot && !entry
      ? { reason: 'unsupported', message: 'it can only change at a boot, and this task is apply: running' }
      : undefined;
  const problem = blocked ?? boot?.problem ?? unreachable ?? (typeof effect === 'object' ? effect : undefined);
  const pending = typeof effect === 'string' ? effect : needsBoot || (absent && boot?.differs) ? 'reboot' : undefined;

  return {
    setting,
    write: write && !blocked,
    ...(boot?.keep && { keep: boot.keep }),
    levels: [
      ...(write ? ([onDisk ? 'boot' : 'running'] as const) : []),
      ...(boot?.keep && !onDisk ? ['boot' as const] : []),
    ],
    before: shownByRunning ? textOf(running) : (boot?.before ?? null),
    after: absent ? null : shownByRunning ? wantedText(setting) : (entry?.value ?? null),
    ...(pending && { pending }),
    ...(problem && { problem }),
  };
};

/** Where a write of this step goes, as one text: two tasks must not want two values for it. */
export const targetKey = (target: Target): string => {
  switch (target.kind) {
    case 'attribute':
    case 'file':
    case 'directory':
      return `${target.kind} ${target.path}`;
    case 'entry': {
      const { path, section, name, word } = target;
      return ['entry', path, ...(section ? [`[${section}]`] : []), name, ...(word === undefined ? [] : [word])].join(
        ' ',
      );
    }
    case 'permission':
      return `${target.aspect} ${target.path}`;
    case 'unit':
      return `unit ${target.name} ${target.aspect}`;
    case 'kernel-module':
    case 'program':
      return `${target.kind} ${target.name}`;
  }
};

/**
 * What a target takes a thing for, by the thing's name: whoever writes a whole file undoes what others do to its lines, and
 * whoever sets a whole value undoes what others do to its words.
 */
export const targetForms = (target: Target, absent: boolean): readonly (readonly [string, string])[] => {
  switch (target.kind) {
    case 'file':
    case 'directory':
      return [[target.path, absent ? 'nothing' : target.kind === 'file' ? 'a whole file' : 'a folder']];
    case 'entry': {
      const { word, ...line } = target;
      return [
        [target.path, 'some lines of a file'],
        [targetKey(line), word === undefined ? 'a whole value' : 'some words of a value'],
      ];
    }
    default:
      return [];
  }
};
