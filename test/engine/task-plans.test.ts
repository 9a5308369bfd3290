import { describe, expect, it } from 'vitest';
import { defineModule, file, files, setting, text, Type } from '../../src/contract/index.ts';
import type { Snapshot } from '../../src/contract/snapshot.ts';
import { createSnapshotView } from '../../src/engine/snapshot-view.ts';
import { readsOf } from '../../src/engine/task-plan.ts';
import { createTaskPlans } from '../../src/engine/task-plans.ts';
import type { HostTask } from '../../src/playbook/types.ts';
import { hostTaskOf, itemOf, taskOf } from './task.ts';

/** A module that counts how often it is asked. */
const counting = () => {
  const counts = { observe: 0, plan: 0 };
  const module = defineModule({
    kind: 'counting',
    summary: 'a test',
    params: Type.Object({ path: Type.String() }),
    stores: ['sysctl.d'],
    removable: false,
    observe: ({ path }) => {
      counts.observe++;
      // What a pattern brings is planned for each host by itself.
      return { seen: file(path, text), others: files('/none/*', text) };
    },
    plan: ({ path }, { seen }) => {
      counts.plan++;
      return [setting(path, 'x', seen, { store: 'none', because: 'a test' })];
    },
  });
  return { counts, module };
};

const scope = () => ({ registered: new Map(), unknown: new Map() });

const viewOf = () => {
  const asked: string[] = [];
  const never = async (): Promise<never> => Promise.reject(new Error('nothing is written'));
  const shell = {
    ask: async (ops: readonly unknown[]): Promise<Snapshot> => {
      asked.push(JSON.stringify(ops));
      return { content: new Map([['/a', { raw: 'x' }]]), stat: new Map(), units: new Map(), output: new Map() };
    },
    apply: never,
    run: never,
    close: async () => undefined,
  };
  return { asked, view: createSnapshotView(shell, () => undefined) };
};

describe('tasks of hosts', () => {
  it('with the same parameters are observed once for all of them', () => {
    const { counts, module } = counting();
    const params = { path: '/a' };
    const task = taskOf(module, params);
    const reads = Array.from({ length: 100 }, () => {
      const bound = createTaskPlans(scope).bind(hostTaskOf(task, { items: () => [itemOf(params)] }));
      return bound.items[0]!.reads;
    });
    expect(counts.observe).toBe(1);
    expect(new Set(reads).size).toBe(1);
  });

  it('with parameters of their own are observed each', () => {
    const { counts, module } = counting();
    const reads = ['/a', '/b'].map(
      (path) => createTaskPlans(scope).bind(hostTaskOf(taskOf(module, { path }))).items[0]!.reads,
    );
    expect(counts.observe).toBe(2);
    expect(reads.map(({ seen }) => seen!.ops)).toEqual([
      [{ op: 'content', pattern: '/a' }],
      [{ op: 'content', pattern: '/b' }],
    ]);
  });

  it('with apply: running read no store', () => {
    const { module } = counting();
    const patterns = (apply: 'running' | 'both') =>
      readsOf(createTaskPlans(scope).bind(hostTaskOf(taskOf(module, { path: '/a' }, { apply }))))
        .flatMap(({ ops }) => ops)
        .flatMap((op) => (op.op === 'content' ? [op.pattern] : []));
    expect(patterns('both')).toContain('/usr/lib/sysctl.d/*.conf');
    expect(patterns('running')).not.toContain('/usr/lib/sysctl.d/*.conf');
    // What perfplay keeps itself is read all the same: what nobody declares is told.
    expect(patterns('running')).toContain('/etc/sysctl.d/zz-perfplay.conf');
  });
});

describe('a task on a host', () => {
  const planTwice = async (more: Partial<HostTask>) => {
    const { counts, module } = counting();
    const { view } = viewOf();
    const plans = createTaskPlans(scope);
    const task = hostTaskOf(taskOf(module, { path: '/a' }), more);
    await view.ensure(readsOf(plans.bind(task)));
    const [first, second] = [0, 1].map(() => plans.plan(plans.bind(task), view));
    return { counts, first, second, plans, task, view };
  };

  it('that waits for nothing is planned once for what is known of the host', async () => {
    const { counts, first, second, plans, task, view } = await planTwice({});
    expect(counts).toEqual({ observe: 1, plan: 1 });
    expect(second).toBe(first);
    view.invalidate();
    await view.ensure(readsOf(plans.bind(task)));
    plans.plan(plans.bind(task), view);
    expect(counts).toEqual({ observe: 1, plan: 2 });
  });

  it.each(['params', 'when', 'result'] as const)('that waits for its %s is planned each time', async (what) => {
    const { needs } = hostTaskOf(taskOf(counting().module, {}));
    const { counts } = await planTwice({ needs: { ...needs, [what]: new Set(['registered']) } });
    expect(counts.plan).toBe(2);
  });
});
