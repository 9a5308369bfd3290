import type { InputError } from '../diagnostics.ts';
import type { Read } from '../contract/reads.ts';
import { forgotten, keptName } from './forgotten.ts';
import { originals } from './originals.ts';
import { shownValue } from './shown.ts';
import { stores } from './stores/index.ts';
import { isOnDisk, targetKey } from './targets.ts';
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
  /** What people should know of how it came to be as it is. */
  readonly note?: string;
  /** What it replaces is remembered, whatever its task says. */
  readonly remembers?: boolean;
  /** With a write that puts an entry's original back: the whole file as it was. */
  readonly original?: { readonly text: string | null };
}

/** Understands a read from what is known of a host. */
export type Known = <S>(read: Read<S>) => S;

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

export const nameOf = (target: Target): string => ('path' in target ? target.path : target.name);

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
  readonly note?: string;
}

const agreesAtBoot = (entry: StoreEntry, value: string | null): boolean =>
  value === entry.value || (value !== null && entry.accepts?.(value) === true);

export const bootView = (entry: StoreEntry, known: Known): BootView => {
  const store = stores.get(entry.store)!;
  const state = known(store.state);
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
  return {
    differs: true,
    keep: entry,
    before: next.value,
    ...(next.problem !== undefined && { problem: { reason: 'ineffective', message: next.problem } }),
    ...(next.note !== undefined && { note: next.note }),
  };
};

/** Names what wins over our line, once it stands and the next boot still brings another value. */
export const overriddenBy = (entry: StoreEntry, known: Known): string => {
  const store = stores.get(entry.store)!;
  const { value, from } = store.nextBoot(known(store.state), entry);
  return `the next boot brings ${value ?? 'no value'}${from ? `, by ${from}` : ''}`;
};

const ineffective = (setting: Setting): Problem | Pending | undefined => {
  const { effective, want, takesEffect = 'now' } = setting;
  if (!effective || !('value' in effective) || want === null || isEqual(effective.codec, effective.value, want))
    return undefined;
  if (takesEffect !== 'now') return takesEffect;
  return { reason: 'ineffective', message: `the kernel shows ${effective.codec.encode(effective.value)}` };
};

/** What is not (or no more) as perfplay would have it, and so is left alone. */
export const settled = (setting: Setting, more: Partial<Evaluation> = {}): Evaluation => ({
  setting,
  write: false,
  levels: [],
  before: textOf(setting.running),
  after: null,
  ...more,
});

const refused = (what: string): Problem => ({ reason: 'refused', message: `${what} cannot be read: is become set?` });

/** Takes back what perfplay wrote where somebody else's values stand: what was there comes again. */
const putBack = (setting: Setting, target: Target, known: Known): Evaluation | undefined => {
  const { running } = setting;
  const remembered = known(originals).known;
  if (!remembered) return settled(setting, { problem: refused('what perfplay remembers of this host') });
  const original = remembered.get(targetKey(target));
  if (!original) return undefined;
  if ('errno' in running && running.errno !== 'ENOENT') return settled(setting, { problem: refused(nameOf(target)) });
  const now = 'value' in running ? running.codec.encode(running.value) : null;
  if (now === original.was) return settled(setting, { keep: 'forget', pending: 'reboot' });
  if (now !== original.set)
    return settled(setting, {
      keep: 'forget',
      note: `${setting.key} was changed by somebody after perfplay: it stays as it is`,
    });
  const want = original.was === null ? null : running.codec.decode(original.was);
  return settled(
    { ...setting, want },
    {
      write: true,
      levels: ['boot'],
      after: wantedText({ ...setting, want }),
      pending: 'reboot',
      ...(original.text !== undefined && { original: { text: original.text } }),
    },
  );
};

/** `state: absent`: what perfplay keeps of a setting goes. The running value stays until the boot. */
const evaluateAbsent = (given: Setting, apply: Apply, known: Known): Evaluation => {
  const setting: Setting = { ...given, dependsOn: [] };
  const { running, persist } = setting;
  const { target } = running;
  if (apply === 'running') return settled(setting);
  // What is only read shows by itself whether its effect is still there.
  const isFelt = target !== undefined || 'value' in running;
  const pending = isFelt ? ({ pending: 'reboot' } as const) : {};
  if ('name' in persist) {
    const own = known(stores.get(persist.store)!.own).get(persist.name);
    if (own) return settled(setting, { keep: 'forget', levels: ['boot'], before: own.value, ...pending });
  } else if (persist.store === 'itself' && target && isOnDisk(target)) {
    const back = putBack(setting, target, known);
    if (back) return back;
  }
  const name = keptName(setting);
  return settled(setting, name !== undefined && known(forgotten).names.has(name) ? pending : {});
};

/** Holds a setting against the snapshot: pure, no order, no history. */
export const evaluate = (setting: Setting, apply: Apply, absent: boolean, known: Known): Evaluation => {
  if (absent) return evaluateAbsent(setting, apply, known);
  const { running, want, persist } = setting;
  const onDisk = isOnDisk(running.target);
  const now = onDisk ? apply !== 'running' : apply !== 'boot';
  const entry = 'name' in persist && apply !== 'running' ? persist : undefined;

  const differs = now && !agrees(running, want);
  const boot = entry ? bootView(entry, known) : undefined;
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
  const pending = typeof effect === 'string' ? effect : needsBoot ? 'reboot' : undefined;

  return {
    setting,
    write: write && !blocked,
    ...(boot?.keep && { keep: boot.keep }),
    levels: [
      ...(write ? ([onDisk ? 'boot' : 'running'] as const) : []),
      ...(boot?.keep && !onDisk ? ['boot' as const] : []),
    ],
    before: shownByRunning ? textOf(running) : (boot?.before ?? null),
    after: shownByRunning ? wantedText(setting) : (entry?.value ?? null),
    ...(pending && { pending }),
    ...(problem && { problem }),
    ...(boot?.note !== undefined && { note: boot.note }),
  };
};
