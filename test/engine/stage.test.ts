import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineModule, file, setting, text, Type, type Step } from '../../src/contract/index.ts';
import { InputError } from '../../src/diagnostics.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { itemOf } from './task.ts';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ '/sys/a': 'one\n', '/sys/b': 'one\n' });
});
afterEach(() => host.dispose());

const none = { store: 'none', because: 'a test' } as const;

/** Sets /sys files, in order; each depends on the one before. */
const chain = defineModule({
  kind: 'chain',
  summary: 'a test',
  params: Type.Object({ names: Type.Array(Type.String()), value: Type.String() }),
  stores: [],
  removable: false,
  observe: ({ names }) => Object.fromEntries(names.map((name) => [name, file(`/sys/${name}`, text)])),
  plan: ({ names, value }, seen): readonly Step[] =>
    names.map((name, index) =>
      setting(`chain/${name}`, value, seen[name]!, none, index > 0 ? { dependsOn: [`chain/${names[index - 1]}`] } : {}),
    ),
});

const item = (value: string, when: () => boolean = () => true) =>
  itemOf({ names: ['a'], value }, { name: value, when });

describe('a stage', () => {
  it('writes in order and reads back', async () => {
    const { tasks, asks } = await runTasks(host, [{ module: chain, params: { names: ['a', 'b'], value: 'two' } }]);
    expect(tasks).toMatchObject([
      {
        outcome: 'changed',
        changes: [
          { before: 'one', after: 'two' },
          { before: 'one', after: 'two' },
        ],
      },
    ]);
    expect([host.read('/sys/a'), host.read('/sys/b')]).toEqual(['two\n', 'two\n']);
    expect(asks).toBe(2);
  });

  it('does not write what depends on a refused write, in no round', async () => {
    host.remove('/sys/a');
    host.write('/sys/a/is-a-folder', '');
    const { tasks } = await runTasks(host, [{ module: chain, params: { names: ['a', 'b'], value: 'two' } }]);
    expect(tasks).toMatchObject([{ outcome: 'failed' }]);
    expect(host.read('/sys/b')).toBe('one\n');
  });

  it('stops at a failed task, and goes on after one whose errors are ignored', async () => {
    const missing = { module: chain, params: { names: ['missing'], value: 'two' } };
    const after = { module: chain, params: { names: ['b'], value: 'two' } };
    const stopped = await runTasks(host, [missing, after]);
    expect(stopped.tasks.map(({ outcome, reason }) => [outcome, reason])).toEqual([['failed', 'unsupported']]);
    expect(host.read('/sys/b')).toBe('one\n');
    const ignored = await runTasks(host, [{ ...missing, more: { ignoreErrors: true } }, after]);
    expect(ignored.tasks.map(({ outcome, ignored: tolerated }) => [outcome, tolerated])).toEqual([
      ['failed', true],
      ['changed', undefined],
    ]);
    expect(ignored.run.end()).toMatchObject({ status: 'changed', recap: { ok: 2, changed: 1, failed: 0, ignored: 1 } });
  });

  it.each(['warn', 'skip'] as const)('takes what is not there as it is told to: %s', async (unsupported) => {
    const { tasks } = await runTasks(host, [
      { module: chain, params: { names: ['missing'], value: 'x' }, more: { unsupported } },
    ]);
    expect(tasks.map(({ outcome, warnings }) => [outcome, warnings.length])).toEqual([
      unsupported === 'skip' ? ['skipped', 0] : ['ok', 1],
    ]);
  });

  it('finds two items of one task that undo each other before it writes', async () => {
    const { tasks } = await runTasks(host, [{ module: chain, params: {}, items: [item('two'), item('three')] }]);
    expect(tasks.at(-1)).toMatchObject({ outcome: 'failed', reason: 'conflict' });
    expect(host.read('/sys/a')).toBe('one\n');
  });

  it('fails a task whose condition cannot be evaluated, with what to do, and nothing else', async () => {
    const when = (): boolean => {
      const hint = "did you mean 'r'?";
      throw new InputError([{ code: 'undefined-variable', severity: 'error', message: "'rc' is undefined", hint }]);
    };
    const { tasks } = await runTasks(host, [{ module: chain, params: {}, items: [item('two', when)] }]);
    expect(tasks).toMatchObject([
      { outcome: 'failed', reason: 'error', message: "'rc' is undefined\ndid you mean 'r'?" },
    ]);
    expect(host.read('/sys/a')).toBe('one\n');
  });

  it('ends the host, not the run, where a module throws', async () => {
    const broken = defineModule({ ...chain, kind: 'broken', plan: (): readonly Step[] => { throw new Error('a bug'); } }); // prettier-ignore
    const { run } = await runTasks(host, [{ module: broken, params: { names: ['a'], value: 'two' } }]);
    expect(run.end()).toMatchObject({ status: 'failed', message: expect.stringContaining('a bug') });
  });

  it('says in a check what a run would do, of later tasks too', async () => {
    const { tasks } = await runTasks(
      host,
      [
        { module: chain, params: { names: ['a'], value: 'two' } },
        { module: chain, params: { names: ['b'], value: 'two' } },
      ],
      { check: true },
    );
    expect(tasks.map(({ outcome }) => outcome)).toEqual(['changed', 'changed']);
    expect([host.read('/sys/a'), host.read('/sys/b')]).toEqual(['one\n', 'one\n']);
  });

  it('runs a handler once, after the tasks, only where something changed', async () => {
    const task = { module: chain, params: { names: ['a'], value: 'two' }, more: { notify: ['restart'] } };
    const handler = { module: chain, params: { names: ['b'], value: 'two' }, more: { name: 'restart' } };
    const first = await runTasks(host, [task, task], { handlers: [handler] });
    expect(first.tasks.map(({ name, handler: isHandler }) => [name, isHandler])).toEqual([
      ['chain', undefined],
      ['chain', undefined],
      ['restart', true],
    ]);
    host.write('/sys/b', 'one\n');
    const second = await runTasks(host, [task], { handlers: [handler] });
    expect(second.tasks).toHaveLength(1);
    expect(host.read('/sys/b')).toBe('one\n');
  });
});
