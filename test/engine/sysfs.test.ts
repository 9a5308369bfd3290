import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import sysfs from '../../modules/sysfs/index.ts';
import thp from '../../modules/thp/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addSystemctl, systemctlCalls } from './programs.ts';

const disk = (name: string): string => `/sys/block/${name}/queue/wbt_lat_usec`;
const huge = '/sys/kernel/mm/transparent_hugepage';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({
    [disk('nvme0n1')]: '2000\n',
    [disk('nvme1n1')]: '2000\n',
    [disk('sda')]: '75000\n',
    [`${huge}/enabled`]: '[always] madvise never\n',
    [`${huge}/defrag`]: 'always defer defer+madvise [madvise] never\n',
    [`${huge}/khugepaged/defrag`]: '1\n',
  });
  addSystemctl(host, { 'perfplay-boot.service': 'loaded inactive disabled' });
});
afterEach(() => host.dispose());

const task = (values: Value, module = sysfs) => ({ module, params: { values } });

describe('sysfs through the engine', () => {
  it('writes each file and keeps one line a pattern, then finds nothing to do', async () => {
    const tuned = task({ '/sys/block/nvme*/queue/wbt_lat_usec': 0, [`${huge}/khugepaged/defrag`]: '0' });
    const first = await runTasks(host, [tuned]);
    expect(first.tasks).toMatchObject([
      {
        outcome: 'changed',
        changes: [
          { key: 'sysfs/block/nvme0n1/queue/wbt_lat_usec', before: '2000', after: '0', levels: ['running', 'boot'] },
          { key: 'sysfs/block/nvme1n1/queue/wbt_lat_usec', before: '2000', after: '0', levels: ['running', 'boot'] },
          { key: 'sysfs/kernel/mm/transparent_hugepage/khugepaged/defrag', before: '1', after: '0' },
        ],
      },
    ]);
    expect([disk('nvme0n1'), disk('nvme1n1'), disk('sda')].map(host.read)).toEqual(['0\n', '0\n', '75000\n']);
    expect(host.read('/etc/perfplay/boot.tab')).toMatch(/\nwrite \/sys\/block\/nvme\*\/queue\/wbt_lat_usec 0\n$/);
    expect(host.read('/etc/tmpfiles.d/zz-perfplay.conf')).toMatch(/\nw \S+\/khugepaged\/defrag - - - - 0\n$/);
    expect(systemctlCalls(host)).toContain('enable perfplay-boot.service');
    const second = await runTasks(host, [tuned]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
    expect(second.asks).toBe(1);
  });

  it('takes a device that came later along', async () => {
    const tuned = { ...task({ '/sys/block/nvme*/queue/wbt_lat_usec': 0 }), more: { apply: 'running' as const } };
    await runTasks(host, [tuned]);
    host.write(disk('nvme2n1'), '2000\n');
    const { tasks } = await runTasks(host, [tuned]);
    expect(tasks[0]?.changes.map(({ key }) => key)).toEqual(['sysfs/block/nvme2n1/queue/wbt_lat_usec']);
  });

  it('fails where a pattern means nothing, or a file twice', async () => {
    const running = { apply: 'running' as const, ignoreErrors: true };
    const { tasks } = await runTasks(host, [
      { ...task({ '/sys/block/vd*/queue/wbt_lat_usec': 0 }), more: running },
      { ...task({ '/sys/block/s*/queue/wbt_lat_usec': 0, [disk('sda')]: 1 }), more: running },
    ]);
    expect(tasks).toMatchObject([
      { outcome: 'failed', reason: 'unsupported', message: expect.stringContaining('/sys/block/vd*') },
      { outcome: 'failed', reason: 'conflict' },
    ]);
    expect(host.read(disk('sda'))).toBe('75000\n');
  });

  it('and thp do not want two values of one file', async () => {
    const { tasks } = await runTasks(host, [
      { module: thp, params: { enabled: 'never' } },
      task({ [`${huge}/enabled`]: 'always' }),
    ]);
    expect(tasks).toMatchObject([{ outcome: 'failed' }]);
  });
});

describe('sysfs parameters', () => {
  const problems = (values: Parameters<NonNullable<typeof sysfs.check>>[0]['values']) =>
    sysfs.check?.({ values }) ?? [];

  it('takes paths and globs below /sys alone', () => {
    for (const path of [
      '/sys/kernel/mm/ksm/run',
      '/sys/block/nvme*n[1-3]/queue/nr_requests',
      '/sys/bus/pci/devices/0000:00:1f.2/power/control',
      '/sys/block/cciss!c0d0/queue/rotational',
      '/sys/block/sd[!a]/queue/rotational',
      '/sys/module/nvme.core/parameters/..x',
    ])
      expect([path, problems({ [path]: 1 })]).toEqual([path, []]);
    for (const path of [
      '/sys',
      '/sys/',
      '/proc/irq/1/smp_affinity',
      'kernel/mm',
      '/sys/../etc/passwd',
      '/sys//kernel',
      '/sys/a b',
      '/sys/$HOME',
      '/sys/`id`',
      '/sys/a\nb',
      '/sys/kernel/',
      '/sys/block/[',
      '/sys/block/sd[a',
      '/sys/block/sd[b-a]',
      '/sys/block/sd[]',
      '/sys/.',
    ])
      expect([path, problems({ [path]: 1 }).length]).toEqual([path, 1]);
  });

  it('sends sysctl keys where they belong', () => {
    expect(problems({ '/proc/sys/vm/swappiness': 1 })).toMatchObject([
      { hint: 'write sysctl: {values: {vm.swappiness: …}}' },
    ]);
  });

  it('takes a value of one line', () => {
    expect(problems({ '/sys/a': '' }).length).toBe(1);
    expect(problems({ '/sys/a': '1\n2' }).length).toBe(1);
    expect(problems({ '/sys/a': 'write back' })).toEqual([]);
  });
});
