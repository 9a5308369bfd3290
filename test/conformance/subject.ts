import type { AnyModule } from '../../src/contract/module.ts';
import { decodeAll, type Read } from '../../src/contract/reads.ts';
import type { Snapshot } from '../../src/contract/snapshot.ts';
import { isSetting, type Setting, type Step } from '../../src/contract/steps.ts';
import { facts } from '../../src/contract/facts.ts';
import { stores } from '../../src/engine/stores/index.ts';
import type { Example } from './examples.ts';
import { runTask, type LabHost, type Outcome, type TaskOptions } from './lab-host.ts';

/** A module with parameters on a host: what the properties are asked of. */
export interface Subject {
  readonly host: LabHost;
  readonly module: AnyModule;
  readonly example: Example;
}

export const run = ({ host, module, example }: Subject, options: TaskOptions = {}): Promise<Outcome> =>
  runTask(host.shells(), module, example.params, options);

export const check = (subject: Subject): Promise<Outcome> => run(subject, { check: true });

/** Every read that a run of the module makes. */
export const readsOf = ({ module, example }: Subject): readonly Read<unknown>[] => [
  facts,
  ...Object.values(module.observe(example.params as never)),
  ...module.stores.map((name) => stores.get(name)!.state),
];

/** What the host shows now. */
export const observe = async (subject: Subject): Promise<Snapshot> => {
  const shells = subject.host.shells();
  const { view } = await shells.for(undefined);
  await view.ensure(readsOf(subject));
  await shells.close();
  return view.snapshot();
};

export const planOf = ({ module, example: { params } }: Subject, snapshot: Snapshot): readonly Step[] =>
  module.plan(params as never, decodeAll(module.observe(params as never), snapshot) as never);

export const settingsOf = async (subject: Subject): Promise<readonly Setting[]> =>
  planOf(subject, await observe(subject)).filter(isSetting);
