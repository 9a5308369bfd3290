import type { Change, KeptLine, Place, Recorded } from '../contract/changes.ts';
import { scalar, text, verbatim } from '../contract/codecs.ts';
import { groupWords, kernelWords } from '../contract/kernel-line.ts';
import { combine, derived, file, stats, type Read } from '../contract/reads.ts';
import type { Stat } from '../contract/snapshot.ts';
import type { Codec, Reading, Setting, StoreName, Target } from '../contract/steps.ts';
import { bootView, settled, textOf, wantedText, type Evaluation, type Known, type Problem } from './evaluate.ts';
import { readTarget } from './originals.ts';
import { stores } from './stores/index.ts';
import { isOnDisk } from './targets.ts';

/** Files that follow from the recorded changes, as they are where nobody has changed them since, and as they shall be. */
export interface Restored {
  readonly files: ReadonlyMap<
    string,
    { readonly from: string | null; readonly to: string | null; readonly metadata?: Change['metadata'] }
  >;
  readonly folders: readonly string[];
}

/** A record as a task's plan. */
export interface RecordedPlan {
  readonly reads: readonly Read<unknown>[];
  readonly stores: readonly StoreName[];
  /** Only of what is taken back: what a plan makes follows from its lines. */
  readonly restored?: Restored;
  /** What is still to be done. A value counts as expected from its first plan on: later ones verify. */
  readonly evaluate: (known: Known) => readonly Evaluation[];
}

/** What there is or is not, whatever it is called. */
const presence: Codec<string> = { decode: (raw) => raw, encode: (value) => value, equal: () => true };

const statReading = (path: string, at: Target, codec: Codec<string>, now: (stat: Stat) => string | undefined) =>
  combine({ found: stats(path) }, ({ found }): Reading<unknown> => {
    const stat = found.get(path);
    return derived(stat && now(stat), codec, at);
  });

const octal = (bits: number): string => bits.toString(8).padStart(4, '0');
const permissionNow: Record<'mode' | 'owner' | 'group', (stat: Stat) => string> = {
  mode: ({ mode }) => octal(mode),
  owner: ({ uid }) => `${uid}`,
  group: ({ gid }) => `${gid}`,
};

/** Reads what stands at a target now; undefined: nobody can tell. */
const readPlace = (at: Target): Read<Reading<unknown>> | undefined => {
  switch (at.kind) {
    case 'attribute':
      return file(at.path, scalar) as Read<Reading<unknown>>;
    case 'file':
      return combine({ found: file(at.path, verbatim) }, ({ found }): Reading<unknown> => ({ ...found, target: at }));
    case 'entry':
    case 'unit':
      return readTarget(at);
    case 'directory':
      return statReading(at.path, at, presence, ({ type }) => (type === 'dir' ? 'directory' : undefined));
    case 'permission':
      return statReading(at.path, at, verbatim, permissionNow[at.aspect]);
    case 'kernel-module':
      return statReading(`/sys/module/${at.name.replaceAll('-', '_')}`, at, presence, () => 'loaded');
    case 'program':
      return undefined;
  }
};

const agrees = (reading: Reading<unknown>, wanted: string | null): boolean => {
  if (!('value' in reading)) return wanted === null && reading.errno === 'ENOENT';
  const { codec, value } = reading;
  if (wanted === null) return false;
  const other = codec.decode(wanted);
  return codec.equal ? codec.equal(value, other) : codec.encode(value) === codec.encode(other);
};

/** All that a record says of one place, from its first value to its last. */
interface Step<P extends Place = Place> {
  readonly at: P;
  readonly from: string | null;
  readonly to: string | null;
  readonly metadata?: Change['metadata'];
  readonly text?: string | null;
  readonly remembered: boolean;
  readonly risks?: Change['risks'];
}

interface Thing {
  readonly key: string;
  readonly dependsOn: readonly string[];
  readonly target?: Step<Target>;
  readonly line?: Step<Extract<Place, { kind: 'store' }>>;
}

const groupBy = <T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
};

const isLine = (change: Change): change is Change & { at: Extract<Place, { kind: 'store' }> } =>
  change.at.kind === 'store';

/** Folds what was done to one place, whatever the number of times. */
const stepOf = <P extends Place>(
  changes: readonly (Change & { readonly at: P })[],
  back: boolean,
): Step<P> | undefined => {
  const [first, last] = [changes[0], changes.at(-1)];
  if (!first || !last) return undefined;
  const [from, to] = back ? [last.after, first.before] : [first.before, last.after];
  const { metadata, text: whole } = first;
  const remembered = changes.some((change) => change.remembered);
  const risks = changes.find((change) => change.risks)?.risks;
  return {
    at: last.at,
    from,
    to,
    remembered,
    ...(metadata && { metadata }),
    ...(risks && { risks }),
    ...(whole !== undefined && { text: whole }),
  };
};

/** What a thing depends on comes before it, else the order stays. */
const inOrder = (things: readonly Thing[]): readonly Thing[] => {
  const byKey = new Map(things.map((thing) => [thing.key, thing]));
  const ordered = new Set<Thing>();
  const visit = (thing: Thing, above: ReadonlySet<Thing>): void => {
    if (ordered.has(thing) || above.has(thing)) return;
    for (const key of thing.dependsOn) {
      const other = byKey.get(key);
      if (other) visit(other, new Set([...above, thing]));
    }
    ordered.add(thing);
  };
  for (const thing of things) visit(thing, new Set());
  return [...ordered];
};

/** A thing that is there or not: whatever needs it comes after it, and goes before it. */
const isContainer = ({ target }: Thing, end: 'from' | 'to'): boolean =>
  target !== undefined && ['file', 'directory', 'kernel-module'].includes(target.at.kind) && target[end] === null;

/** What is taken back keeps its dependencies, but those on what goes, and those of what comes again. */
const turned = (things: readonly Thing[]): readonly Thing[] => {
  const byKey = new Map(things.map((thing) => [thing.key, thing]));
  const pairs = things.flatMap((thing) =>
    thing.dependsOn.flatMap((key) => {
      const other = byKey.get(key);
      if (!other) return [];
      const isTurned = isContainer(thing, 'from') || isContainer(other, 'to');
      return [isTurned ? { first: thing.key, second: key } : { first: key, second: thing.key }];
    }),
  );
  const before = groupBy(pairs, ({ second }) => second);
  return things.map((thing) => ({ ...thing, dependsOn: (before.get(thing.key) ?? []).map(({ first }) => first) }));
};

const thingsOf = ({ changes, direction }: Recorded): readonly Thing[] => {
  const back = direction === 'back';
  const byKey = groupBy(
    changes.filter(({ by }) => by === undefined),
    ({ key }) => key,
  );
  const things = [...byKey].map(([key, all]): Thing => {
    const target = stepOf(
      all.filter((change): change is Change & { at: Target } => !isLine(change)),
      back,
    );
    const line = stepOf(all.filter(isLine), back);
    const dependsOn = [...new Set(all.flatMap((change) => change.dependsOn))];
    return { key, dependsOn, ...(target && { target }), ...(line && { line }) };
  });
  return inOrder(back ? turned(things.reverse()) : things);
};

type Following = Change & { readonly at: Extract<Target, { kind: 'file' }> };
const isFollowing = (change: Change): change is Following => change.by !== undefined && change.at.kind === 'file';

const filesOf = (following: readonly Following[]): Map<string, Step<Following['at']>> =>
  new Map([...groupBy(following, ({ at }) => at.path)].map(([path, all]) => [path, stepOf(all, true)!]));

/** Where it is written: what comes again has the mode and owner that it had. */
const targetOf = ({ at, to, metadata }: Step<Target>, direction: Recorded['direction']): Target => {
  if (direction === 'forth' || !metadata || to === null) return at;
  if (at.kind !== 'file' && at.kind !== 'directory' && at.kind !== 'entry') return at;
  return { ...at, mode: metadata.mode, owner: { user: `${metadata.uid}`, group: `${metadata.gid}` } };
};

const lineOf = (json: string | null): KeptLine | undefined =>
  json === null ? undefined : (JSON.parse(json) as KeptLine);
const isSameLine = (left: KeptLine | undefined, right: KeptLine | undefined): boolean =>
  left?.value === right?.value && (left === undefined) === (right === undefined);
const shownLine = (line: KeptLine | undefined): string => line?.value ?? (line ? 'taken away' : 'nothing');

const commandLine = file('/proc/cmdline', text);

/** The running kernel was started with another line than the next one will be. */
const waitsForBoot = (
  running: Reading<string>,
  name: string,
  from: KeptLine | undefined,
  to: KeptLine | undefined,
): boolean => {
  if (!('value' in running)) return false;
  const now = groupWords(kernelWords(running.value), name) ?? null;
  return to ? now !== to.value : from !== undefined && now === from.value;
};

/** What was found is neither what the record left nor what is wanted. */
const stale = (direction: Recorded['direction'], now: string, from: string): Problem => ({
  reason: 'stale',
  message:
    direction === 'back'
      ? `somebody has changed it since: it is ${now}, and the run left ${from} (--force takes it back all the same)`
      : `it is no longer as planned: it was ${from}, and is ${now}`,
});

/** Longer values are told by their length. */
const longest = 80;
const brief = (value: string | null): string => {
  if (value === null) return 'nothing';
  return value.length > longest || value.includes('\n') ? `a text of ${value.length} characters` : value;
};

/** Makes the plan of a record: forth exactly as it was planned, or back to what was there before. */
export const planRecord = (recorded: Recorded): RecordedPlan => {
  const { direction, force } = recorded;
  const things = thingsOf(recorded);
  const following = recorded.changes.filter(isFollowing);
  const files = filesOf(following);
  const readings = new Map(
    things.flatMap(({ target }) => {
      const read = target && readPlace(targetOf(target, direction));
      return target && read ? [[target, read] as const] : [];
    }),
  );
  const used = [...new Set(things.flatMap(({ line }) => line?.at.store ?? []))];
  /** Keys that were found as the record says. */
  const accepted = new Set<string>();

  const evaluateTarget = (thing: Thing, step: Step<Target>, known: Known): Evaluation => {
    const { key, dependsOn } = thing;
    const at = targetOf(step, direction);
    const read = readings.get(step);
    const [from, to] = [step.from ?? undefined, step.to ?? undefined];
    const running = read ? known(read) : derived(accepted.has(key) ? to : from, text, at);
    const persist = isOnDisk(at) ? ({ store: 'itself' } as const) : ({ store: 'none', because: 'a record' } as const);
    const want = step.to === null ? null : running.codec.decode(step.to);
    const setting: Setting = { key, want, running, persist, dependsOn, ...(step.risks && { risks: step.risks }) };
    if ('errno' in running && running.errno !== 'ENOENT')
      return settled(setting, { problem: { reason: 'refused', message: `it cannot be read: ${running.errno}` } });
    // What no reading tells is done once.
    const isThere = read ? agrees(running, step.to) : accepted.has(key) || step.from === step.to;
    if (isThere) return settled(setting);
    if (!accepted.has(key) && !force && read && !agrees(running, step.from))
      return settled(setting, { problem: stale(direction, brief(textOf(running)), brief(step.from)) });
    // It goes with its file.
    if (at.kind === 'permission' && step.to === null) return settled(setting);
    return settled(setting, {
      write: true,
      levels: [isOnDisk(at) ? 'boot' : 'running'],
      after: wantedText(setting),
      ...(direction === 'forth' && { remembers: step.remembered }),
      ...(at.kind === 'entry' && direction === 'back' && step.text !== undefined && { original: { text: step.text } }),
      ...(!read && { note: `${key}: nothing tells whether this is so: its program is run` }),
    });
  };

  /** The same with perfplay's own line of a store. */
  const withLine = (evaluation: Evaluation, { key, line }: Thing, known: Known): Evaluation => {
    if (!line || evaluation.problem) return evaluation;
    const { store, name } = line.at;
    const [now, from, to] = [known(stores.get(store)!.own).get(name), lineOf(line.from), lineOf(line.to)];
    const persist = { store, name, value: to?.value ?? null, ...(to?.recovery && { recovery: true }) };
    const setting: Setting = { ...evaluation.setting, persist };
    if (!accepted.has(key) && !force && !isSameLine(now, from) && !isSameLine(now, to))
      return { ...evaluation, write: false, levels: [], problem: stale(direction, shownLine(now), shownLine(from)) };
    const shown = evaluation.write ? {} : { before: now?.value ?? null, after: to?.value ?? null };
    const awaitsBoot = store === 'kernel-arg' && waitsForBoot(known(commandLine), name, from, to);
    const pending = awaitsBoot ? ({ pending: 'reboot' } as const) : {};
    const keeping = { ...evaluation, ...pending, ...shown, setting, levels: [...evaluation.levels, 'boot' as const] };
    if (!to) return now ? { ...keeping, keep: 'forget' } : { ...evaluation, ...pending, setting };
    const view = bootView(persist, known);
    if (!view.differs && isSameLine(now, to)) return { ...evaluation, ...pending, setting };
    return { ...keeping, keep: persist, ...(view.problem && { problem: view.problem }) };
  };

  const evaluateThing = (thing: Thing, known: Known): Evaluation => {
    const { key, dependsOn, target } = thing;
    const bare: Setting = {
      key,
      want: null,
      running: { codec: text, errno: 'ENOENT' },
      persist: { store: 'none', because: 'a record' },
      dependsOn,
    };
    return withLine(target ? evaluateTarget(thing, target, known) : settled(bare), thing, known);
  };

  /** Stores in which a line stays as it is: their files are not what they were before. */
  const storesOfOthers = (all: readonly Evaluation[]): ReadonlySet<StoreName> => {
    const stays = new Set<string>();
    return new Set(
      things.flatMap(({ key, dependsOn, line }, index) => {
        if (!all[index]!.problem && !dependsOn.some((other) => stays.has(other))) return [];
        stays.add(key);
        return line ? [line.at.store] : [];
      }),
    );
  };

  return {
    reads: [
      commandLine,
      ...readings.values(),
      ...used.flatMap((name) => [stores.get(name)!.state, stores.get(name)!.own]),
    ],
    stores: used,
    ...(direction === 'back' && { restored: { files, folders: recorded.folders } }),
    evaluate: (known) => {
      const all = things.map((thing) => evaluateThing(thing, known));
      // A plan is made wholly or not at all.
      if (direction === 'forth' && all.some(({ problem }) => problem?.reason === 'stale'))
        return all.flatMap(({ setting, problem }) => (problem ? [settled(setting, { problem })] : []));
      for (const { setting, write, keep } of all) if (write || keep) accepted.add(setting.key);
      for (const store of storesOfOthers(all))
        for (const { at, by } of following) if (by === store) files.delete(at.path);
      return all;
    },
  };
};
