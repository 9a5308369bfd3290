import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import service from '../../modules/service/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addSystemctl, systemctlCalls } from './programs.ts';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost();
});
afterEach(() => host.dispose());

const task = (params: Value) => ({ module: service, params });

describe('service through the engine', () => {
  it('stops and disables a unit once', async () => {
    addSystemctl(host, { 'irqbalance.service': 'loaded active enabled' });
    const quiet = task({ name: 'irqbalance', state: 'stopped', enabled: false });
    expect((await runTasks(host, [quiet])).tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(systemctlCalls(host)).toEqual(['stop irqbalance.service', 'disable irqbalance.service']);
    const second = await runTasks(host, [quiet]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
    expect(second.asks).toBe(1);
    expect(systemctlCalls(host)).toHaveLength(2);
  });

  it('unmasks before it enables and starts', async () => {
    addSystemctl(host, { 'tuned.service': 'masked inactive masked' });
    const { tasks } = await runTasks(host, [task({ name: 'tuned', state: 'started', enabled: true, masked: false })]);
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(systemctlCalls(host)).toEqual(['unmask tuned.service', 'enable tuned.service', 'start tuned.service']);
  });

  it('asks systemctl nothing but the state in check mode', async () => {
    addSystemctl(host, { 'tuned.service': 'loaded active enabled' });
    const { tasks } = await runTasks(host, [task({ name: 'tuned', masked: true, state: 'stopped' })], { check: true });
    expect(tasks[0]?.changes.map(({ key }) => key)).toEqual([
      'service/tuned.service/active',
      'service/tuned.service/masked',
    ]);
    expect(systemctlCalls(host)).toEqual([]);
  });

  it('fails with the words of systemctl', async () => {
    addSystemctl(host, { 'tuned.service': 'loaded inactive enabled' });
    host.write('/run/units/tuned.service.start', 'echo "Job for tuned.service failed." >&2; false\n');
    const { tasks } = await runTasks(host, [task({ name: 'tuned', state: 'started' })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'error' }]);
    expect(tasks[0]?.message).toContain('Job for tuned.service failed.');
  });

  it('is ineffective where a unit ends as soon as it was started', async () => {
    addSystemctl(host, { 'once.service': 'loaded inactive static' });
    host.write('/run/units/once.service.start', 'exit 0\n');
    const { tasks } = await runTasks(host, [task({ name: 'once', state: 'started' })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'ineffective' }]);
  });

  it('is ok for a unit that is not installed and shall not run, unsupported where it shall', async () => {
    addSystemctl(host, {});
    const { tasks } = await runTasks(host, [
      task({ name: 'ksmtuned', state: 'stopped', enabled: false }),
      task({ name: 'irqbalance', state: 'started' }),
    ]);
    expect(tasks).toMatchObject([{ outcome: 'ok' }, { outcome: 'failed', reason: 'unsupported' }]);
  });
});

describe('service parameters', () => {
  it('finds what cannot be true together', () => {
    const problems = (want: Parameters<NonNullable<typeof service.check>>[0]) =>
      (service.check?.(want) ?? []).map(({ param }) => param);
    expect(problems({ name: 'a', masked: true, state: 'started', enabled: true })).toEqual(['masked', 'masked']);
    expect(problems({ name: 'a' })).toEqual(['state']);
    expect(problems({ name: 'a', masked: true, state: 'stopped', enabled: false })).toEqual([]);
  });

  it('takes no name that systemctl would take for an option', () => {
    const valid = new Ajv({ strict: false }).compile(service.params);
    for (const name of ['irqbalance', 'fstrim.timer', 'getty@tty1.service', 'dev-disk-by\\x2dlabel.device'])
      expect([name, valid({ name, state: 'started' })]).toEqual([name, true]);
    for (const name of ['-H', '--user', 'a b', 'a/b', '', 'a;b', 'a*'])
      expect([name, valid({ name, state: 'started' })]).toEqual([name, false]);
  });
});
