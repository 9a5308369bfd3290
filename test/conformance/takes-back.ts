import { expect } from 'vitest';
import type { Change } from '../../src/contract/changes.ts';
import { isSetting } from '../../src/contract/steps.ts';
import { hostJournal } from '../../src/engine/journal.ts';
import { applyModule, rollbackModule } from '../../src/engine/own-task.ts';
import { differing, type Image } from './image.ts';
import { runTask, type Outcome } from './lab-host.ts';
import type { Property } from './properties.ts';
import { check, observe, planOf, run, type Subject } from './subject.ts';

/** What a run leaves on purpose: its journal, its locks. */
const isRecord = (name: string): boolean =>
  /^\/(var\/lib\/perfplay(\/journal(\/.*)?)?|run\/perfplay(\/lock)?|run\/perfplay-grub\.lock)$/.test(name);

/** Of each boot another; counters of the kernel. */
const isPrivate = (name: string): boolean =>
  name === '/proc/sys/kernel/random/boot_id' || name.startsWith('/sys/kernel/mm/ksm/pages_shar');

const changed = (left: Image, right: Image): readonly string[] =>
  differing(left, right).filter((name) => !isRecord(name) && !isPrivate(name));

const message = ({ task, ended }: Outcome): string | undefined => task?.message ?? ended.message;

/** What only acts has nothing on record. */
const isActing = async (subject: Subject): Promise<boolean> => !planOf(subject, await observe(subject)).some(isSetting);

/** A run, taken back by what the host's own journal says of it, leaves the host to the byte as it was: mode, owner and folders too. */
export const takesBack: Property = async (subject) => {
  const { host } = subject;
  host.reset();
  if (await isActing(subject)) return;
  expect(message(await run(subject))).toBeUndefined();
  expect(changed(host.fresh, host.image())).not.toEqual([]);
  const shells = host.shells();
  const { view } = await shells.for(undefined);
  const journal = hostJournal('conformance');
  await view.ensure([journal]);
  const { parts, folders, problems } = view.decode(journal);
  await shells.close();
  expect(problems).toEqual([]);
  const changes = parts.flatMap((one) => one.changes);
  const recorded = { changes, folders, direction: 'back', force: false } as const;
  const back = () => runTask(host.shells(), rollbackModule, {}, { run: 'rollback', recorded });
  const done = await back();
  expect(message(done)).toBeUndefined();
  expect(done.task?.outcome).toBe('changed');
  expect(changed(host.fresh, host.image())).toEqual([]);
};

/** A plan that is written down and applied does what a run does, as far as it was known before the first write. */
export const appliesItsPlan: Property = async (subject) => {
  const { host, module, example } = subject;
  host.reset();
  if (await isActing(subject)) return;
  await run(subject);
  const converged = host.image();

  host.reset();
  const changes: Change[] = [];
  const planned = (all: readonly Change[]) => void changes.push(...all.filter(({ by }) => by === undefined));
  await runTask(host.shells(), module, example.params, { check: true, planned });
  expect(changes).not.toEqual([]);
  // As a file holds it.
  const recorded = {
    changes: JSON.parse(JSON.stringify(changes)) as readonly Change[],
    folders: [],
    direction: 'forth',
    force: false,
  } as const;
  const applied = await runTask(host.shells(), applyModule, {}, { run: 'apply', recorded });
  expect(message(applied)).toBeUndefined();
  expect(applied.task?.outcome).toBe('changed');
  if ((await check(subject)).task?.outcome === 'changed') await run(subject);
  expect(changed(converged, host.image())).toEqual([]);
};
