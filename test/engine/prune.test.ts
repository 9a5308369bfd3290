import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import debug from '../../modules/debug/index.ts';
import fileModule from '../../modules/file/index.ts';
import qemuKvm from '../../modules/qemu_kvm/index.ts';
import sysctl from '../../modules/sysctl/index.ts';
import thp from '../../modules/thp/index.ts';
import type { Prune } from '../../src/engine/prune.ts';
import { createLocalHost, runTasks, type LocalHost, type TaskInput } from './local-host.ts';

const defaults = '/etc/default/qemu-kvm';
const sysctlFile = '/etc/sysctl.d/zz-perfplay.conf';
const huge = '/sys/kernel/mm/transparent_hugepage';

let host: LocalHost;
beforeEach(async () => {
  host = createLocalHost({
    [defaults]: 'KVM_HUGEPAGES="0"\n',
    '/proc/sys/vm/swappiness': '60\n',
    '/proc/sys/kernel/numa_balancing': '1\n',
    [`${huge}/enabled`]: '[always] madvise never\n',
    [`${huge}/defrag`]: 'always defer defer+madvise [madvise] never\n',
  });
  await runTasks(host, [swappiness, balancing, never, pages]);
});
afterEach(() => host.dispose());

const swappiness: TaskInput = { module: sysctl, params: { values: { 'vm.swappiness': 1 } } };
const balancing: TaskInput = { module: sysctl, params: { values: { 'kernel.numa_balancing': 0 } } };
const never: TaskInput = { module: thp, params: { enabled: 'never' } };
const pages: TaskInput = { module: qemuKvm, params: { defaults: { KVM_HUGEPAGES: 1 } } };

const pruned = async (inputs: readonly TaskInput[], prune: Prune, check = false) => {
  const { tasks, run } = await runTasks(host, inputs, { prune, check });
  return { result: tasks.find(({ task }) => task === 'prune'), tasks, recap: run.end().recap };
};

describe('what nobody declares any more', () => {
  it('is named by a plan, by store, and counted nowhere', async () => {
    const { result, recap } = await pruned([swappiness], 'list', true);
    expect(result).toMatchObject({ outcome: 'ok', changes: [] });
    expect(result?.warnings.map((text) => text.replace(/^.*?\): /, '')).sort()).toEqual([
      `files and units of others: ${defaults} KVM_HUGEPAGES`,
      'sysctl.d: kernel/numa_balancing',
      `tmpfiles.d: ${huge}/enabled`,
    ]);
    expect(recap).toMatchObject({ ok: 1, changed: 0 });
  });

  it('is nothing where all is declared, and that costs no ask', async () => {
    const inputs = [swappiness, balancing, never, pages];
    const { asks, tasks } = await runTasks(host, inputs, { prune: 'remove' });
    expect(tasks.map(({ task }) => task)).not.toContain('prune');
    expect(asks).toBe(1);
  });

  it('is removed where that was asked for, what stood there before comes back, and the rest stays', async () => {
    const { result, recap } = await pruned([swappiness], 'remove');
    expect(result).toMatchObject({
      outcome: 'changed',
      changes: [
        { key: 'sysctl.d/kernel/numa_balancing', before: '0', after: null, levels: ['boot'] },
        { key: `tmpfiles.d/${huge}/enabled`, before: 'never', after: null, levels: ['boot'] },
        { key: `file/${defaults}/KVM_HUGEPAGES`, before: '1', after: '0', levels: ['boot'] },
      ],
      pending: ['reboot'],
    });
    expect(recap.changed).toBe(1);
    expect(host.read(sysctlFile)).toMatch(/\nvm\/swappiness = 1\n$/);
    expect(host.read('/etc/tmpfiles.d/zz-perfplay.conf')).toBeUndefined();
    expect(host.read(defaults)).toBe('KVM_HUGEPAGES="0"\n');
    expect(host.read('/proc/sys/kernel/numa_balancing')).toBe('0\n');

    const again = await pruned([swappiness], 'remove');
    expect(again.result).toMatchObject({ outcome: 'ok', changes: [], pending: ['reboot'] });
    host.remove('/run');
    expect((await pruned([swappiness], 'remove')).result).toBeUndefined();
  });

  it('is shown by a check and left', async () => {
    const before = host.read(sysctlFile);
    const { result } = await pruned([swappiness], 'remove', true);
    expect(result).toMatchObject({ outcome: 'changed' });
    expect(host.read(sysctlFile)).toBe(before);
  });

  it('is not what a task with `state: absent` speaks of, nor one whose turn did not come', async () => {
    const absent = { ...balancing, more: { absent: true } };
    const { result } = await pruned([swappiness, absent, never, pages], 'list', true);
    expect(result).toBeUndefined();
    const failing = { module: fileModule, params: { path: '/proc/sys/vm', state: 'file', content: 'x' } };
    const stopped = await pruned([swappiness, failing, never], 'remove');
    expect(stopped.tasks.map(({ outcome }) => outcome)).toContain('failed');
    expect(stopped.result).toBeUndefined();
  });

  it('is all of it for a site that keeps nothing, and only where that was asked for', async () => {
    const nothing: TaskInput = { module: debug, params: { msg: 'hello' } };
    expect((await pruned([nothing], 'list', true)).result).toBeUndefined();
    expect((await pruned([nothing], 'remove')).result?.changes).toHaveLength(4);
    expect([sysctlFile, '/var/lib/perfplay/originals'].map(host.read)).toEqual([undefined, undefined]);
  });

  it('is what a condition leaves out', async () => {
    const { result } = await pruned(
      [swappiness, balancing, pages, { ...never, items: [{ ...itemOf(never), when: () => false }] }],
      'list',
      true,
    );
    expect(result?.warnings).toEqual([expect.stringContaining('tmpfiles.d')]);
  });
});

const itemOf = ({ params }: TaskInput) => ({
  name: 'item',
  params,
  environment: new Map(),
  judge: () => undefined,
});
