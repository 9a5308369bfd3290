import { expect } from 'vitest';
import { decodeAll } from '../../src/contract/reads.ts';
import type { Content, Snapshot } from '../../src/contract/snapshot.ts';
import { isAction, isFinding, isSetting, type Setting } from '../../src/contract/steps.ts';
import type { Shell } from '../../src/connect/shell/shell.ts';
import { stores } from '../../src/engine/stores/index.ts';
import { createSnapshotView } from '../../src/engine/snapshot-view.ts';
import { deepFreeze } from './freeze.ts';
import { differing, touched, type Image } from './image.ts';
import { runTask, type LabHost, type Outcome } from './lab-host.ts';
import { perturbations } from './perturb.ts';
import { remains } from './store-files.ts';
import { check, observe, planOf, readsOf, run, settingsOf, type Subject } from './subject.ts';

/** What each module must do, whatever it sets. Each function resets the host, and rejects where the module (or the engine) does not. */
export type Property = (subject: Subject) => Promise<void>;

const summary = ({ task, ended }: Outcome) => ({
  status: ended.status,
  outcome: task?.outcome,
  message: task?.message ?? ended.message,
  changes: task?.changes ?? [],
});
const nothingToDo = { status: 'ok', outcome: 'ok', message: undefined, changes: [] };

const converged = new WeakMap<LabHost, Image>();
/** Keys of what the first run changed for the next boot. */
const changedForBoot = new WeakMap<LabHost, readonly string[]>();

/** Brings a fresh host to what the example wants; the second time by putting everything as it was then. */
const converge = async (subject: Subject): Promise<Image> => {
  const { host } = subject;
  const known = converged.get(host);
  if (known) {
    host.restore(known);
    return known;
  }
  host.reset();
  const first = await run(subject);
  expect(summary(first)).toMatchObject({ status: 'changed', outcome: 'changed', message: undefined });
  expect(summary(await check(subject))).toEqual(nothingToDo);
  const forBoot = (first.task?.changes ?? []).filter(({ levels }) => levels.includes('boot'));
  changedForBoot.set(
    host,
    forBoot.map(({ key }) => key),
  );
  const image = host.image();
  converged.set(host, image);
  return image;
};

/** What the plan announced is what is done; the second run asks once, and does nothing. */
export const converges: Property = async (subject) => {
  const { host } = subject;
  host.reset();
  const planned = await check(subject);
  expect(summary(planned)).toMatchObject({ outcome: 'changed', message: undefined });
  const done = await run(subject);
  expect(summary(done)).toMatchObject({ status: 'changed', outcome: 'changed', message: undefined });
  for (const change of planned.task?.changes ?? []) expect(done.task?.changes).toContainEqual(change);

  const before = host.image();
  const again = await run(subject);
  expect(summary(again)).toEqual(nothingToDo);
  expect(again.asks).toBe(1);
  expect(again.task?.pending).toEqual(done.task?.pending);
  expect(touched(before, host.image())).toEqual([]);
};

/** Whatever somebody changes on a converged host, the next plan names it, and nothing else. */
export const namesWhatWasPerturbed: Property = async (subject) => {
  const { host } = subject;
  const image = await converge(subject);
  const settings = await settingsOf(subject);
  const found: Record<string, readonly string[]> = {};
  const expected: Record<string, readonly string[]> = {};
  for (const { name, level, keys, make } of perturbations(host, settings)) {
    await make();
    const { task } = await check(subject);
    const changes = task?.changes ?? [];
    found[name] = changes
      .map((change) => `${change.key} ${change.levels.includes(level) ? level : change.levels.join()}`)
      .sort();
    expected[name] = keys.map((key) => `${key} ${level}`).sort();
    expect(host.restore(image), `${name}: nothing was perturbed`).not.toEqual([]);
  }
  expect(found).toEqual(expected);

  // What only acts has nothing to perturb: it acts again where its traces are gone.
  if (settings.length > 0) return;
  host.reset();
  expect(summary(await check(subject))).toMatchObject({ outcome: 'changed' });
};

/** A plan writes nothing below the root, and calls only programs that tell. */
export const checkChangesNothing: Property = async (subject) => {
  const { host, module, example } = subject;
  const queries = readsOf(subject)
    .flatMap(({ ops }) => ops)
    .flatMap((op) => (op.op === 'query' ? [op.argv.join(' ')] : []));
  const isReading = (call: string): boolean => call.startsWith('systemctl show ') || queries.includes(call);
  const plan = async (): Promise<void> => {
    const before = host.image();
    await host.calls();
    await runTask(host.shells(true), module, example.params, { check: true });
    expect(touched(before, host.image())).toEqual([]);
    const calls = await host.calls();
    expect(calls, 'nothing was recorded').not.toEqual([]);
    expect(calls.filter((call) => !isReading(call.trim()))).toEqual([]);
  };
  host.reset();
  await plan();
  await converge(subject);
  await plan();
};

/** A run's outcome where every ask brings the same snapshot, and nothing can be written. */
const checkAgainst = ({ module, example }: Subject, snapshot: Snapshot): Promise<Outcome> => {
  const refuse = (): never => {
    throw new Error('a plan wrote something');
  };
  const shell: Shell = { ask: async () => snapshot, apply: refuse, run: refuse, close: async () => undefined };
  const view = createSnapshotView(shell, () => undefined);
  const shells = {
    for: async () => ({ shell, view, anew: () => refuse() }),
    invalidate: view.invalidate,
    reset: () => undefined,
    expire: () => undefined,
    asks: () => 1,
    close: async () => undefined,
  };
  return runTask(shells, module, example.params, { check: true });
};

const mapContent = (
  { content, ...rest }: Snapshot,
  change: (path: string, content: Content) => readonly Content[],
): Snapshot => ({
  ...rest,
  content: new Map([...content].flatMap(([path, one]) => change(path, one).map((other) => [path, other] as const))),
});

/** Reads that bring nothing, are refused, or bring rubbish never throw, and are never taken for a value that is as wanted. */
export const bearsAbsentAndDenied: Property = async (subject) => {
  await converge(subject);
  const seen = await observe(subject);
  const nothing: Snapshot = { content: new Map(), stat: new Map(), units: new Map(), output: new Map() };
  const denied = { ...mapContent(seen, () => [{ errno: 'EACCES' }]), units: nothing.units, output: nothing.output };
  // What is absent may be made, or be as it should; what only acts may act where it sees no trace of having done so.
  const settings = planOf(subject, nothing).filter(isSetting);
  const isUnwanted = settings.length > 0 && settings.every(({ want }) => want === null);
  expect((await checkAgainst(subject, nothing)).task?.outcome).toMatch(
    isUnwanted ? /^(ok|failed|changed)$/ : /^(failed|changed)$/,
  );
  const isActing = planOf(subject, nothing).some(isAction);
  const refused = (await checkAgainst(subject, { ...denied, stat: isActing ? nothing.stat : seen.stat })).task;
  expect(refused?.outcome, JSON.stringify(refused)).toBe(isActing ? 'changed' : 'failed');

  for (const path of seen.content.keys()) {
    for (const other of [
      [],
      [{ errno: 'EACCES' }],
      [{ errno: 'EIO' }],
      [{ raw: '' }],
      [{ raw: '\0\uffff [ rubbish\n' }],
    ] as const) {
      const one = mapContent(seen, (name, content) => (name === path ? other : [content]));
      await expect(checkAgainst(subject, one), `${path}: ${JSON.stringify(other)}`).resolves.toBeDefined();
    }
  }
};

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (one instanceof Map ? [...one] : one instanceof Set ? [...one] : one));

/** The same snapshot gives the same plan, and is left as it was. */
export const isDeterministic: Property = async (subject) => {
  const { host, module, example } = subject;
  host.reset();
  const fresh = await observe(subject);
  await converge(subject);
  for (const snapshot of [fresh, await observe(subject)]) {
    const before = plain(snapshot);
    deepFreeze(snapshot);
    deepFreeze(example.params);
    const params = example.params as never;
    const seen = () => deepFreeze(decodeAll(module.observe(params), snapshot)) as never;
    const plans = [module.plan(params, seen()), module.plan(params, seen())].map(plain);
    expect(plans[1]).toBe(plans[0]);
    expect(plain(module.observe(params))).toBe(plain(module.observe(params)));
    expect(plain(snapshot)).toBe(before);
  }
};

/** Keys are the module's own and unique, every store that is named is declared, and what is depended on comes before. */
export const isWellFormed: Property = async (subject) => {
  const { host, module } = subject;
  host.reset();
  const fresh = await observe(subject);
  await converge(subject);
  for (const snapshot of [fresh, await observe(subject)]) {
    const steps = planOf(subject, snapshot);
    expect(
      steps.map(({ key }) => key).filter((key) => key !== module.kind && !key.startsWith(`${module.kind}/`)),
    ).toEqual([]);
    const settings = steps.filter(isSetting);
    const keys = settings.map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)]);
    const named = settings.flatMap(({ persist }) => ('name' in persist ? [persist.store] : []));
    expect(named.filter((name) => !module.stores.includes(name) || !stores.has(name))).toEqual([]);
    for (const [index, { key, dependsOn = [] }] of settings.entries())
      for (const other of dependsOn) expect(keys.slice(0, index), `${key} depends on ${other}`).toContain(other);
    for (const { blocks = [] } of steps.filter(isFinding)) for (const key of blocks) expect(keys).toContain(key);
  }
};

const hasBootFacet = ({ persist }: Setting): boolean => persist.store !== 'none';

/**
 * After a boot everything that is kept is as wanted and works; what is not kept may be as it was. Where the kernel runs with
 * another line than the boot loader's, the plan waits for a boot.
 */
export const survivesBoot: Property = async (subject) => {
  const { host } = subject;
  await converge(subject);
  expect((await host.reboot()).complaints).toEqual([]);
  const { task, ended } = await check(subject);
  const settings = await settingsOf(subject);
  const kept = settings.filter(hasBootFacet).map(({ key }) => key);
  expect(task?.message ?? ended.message).toBeUndefined();
  expect(task?.changes.filter(({ key }) => kept.includes(key))).toEqual([]);
  expect(task?.pending).toEqual([]);

  if (!settings.some(({ persist }) => persist.store === 'kernel-arg')) return;
  const line = host.fresh.get('/proc/cmdline')!;
  host.restore(new Map([...host.image(), ['/proc/cmdline', line]]));
  expect((await check(subject)).task).toMatchObject({ outcome: 'ok', changes: [], pending: ['reboot'] });
};

/**
 * `state: absent` puts back, to the byte, all that the first run changed for the next boot, perfplay's own files and folders included,
 * and leaves the running system alone.
 */
export const removesWhatItKept: Property = async (subject) => {
  const { host } = subject;
  const image = await converge(subject);
  const settings = await settingsOf(subject);
  const keys = changedForBoot.get(host)!.toSorted();
  // What has not been booted yet has no effect that would outlast it.
  const isFelt = settings.some(
    ({ key, running }) => keys.includes(key) && (running.target !== undefined || 'value' in running),
  );
  const pending = isFelt ? ['reboot'] : [];
  const removed = await run(subject, { absent: true });
  expect(summary(removed)).toMatchObject({ outcome: keys.length > 0 ? 'changed' : 'ok', message: undefined });
  expect(removed.task?.changes.map(({ key }) => key).sort()).toEqual(keys);
  expect(removed.task?.pending).toEqual(pending);

  const after = host.image();
  const isRunning = (name: string): boolean => /^\/(sys|proc|dev)\//.test(name);
  expect(differing(image, after).filter(isRunning)).toEqual([]);
  const isOnDisk = (name: string): boolean => /^\/(etc|boot|usr|var|lib)\//.test(name) && !remains.test(name);
  expect(differing(host.fresh, after).filter(isOnDisk)).toEqual([]);

  const again = await run(subject, { absent: true });
  expect(summary(again)).toEqual(nothingToDo);
  expect(again.task?.pending).toEqual(pending);
};

/** The properties of every module, with the words for a report. */
export const properties: readonly (readonly [name: string, property: Property])[] = [
  ['converges: the second run asks once and does nothing', converges],
  ['names exactly what somebody changed, at each level', namesWhatWasPerturbed],
  ['changes nothing in check', checkChangesNothing],
  ['bears absent, denied and senseless reads', bearsAbsentAndDenied],
  ['plans alike on frozen input', isDeterministic],
  ['keeps to its keys and its stores', isWellFormed],
  ['is as wanted after a boot', survivesBoot],
];
