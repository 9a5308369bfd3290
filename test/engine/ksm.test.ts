import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import ksm from '../../modules/ksm/index.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addSystemctl, systemctlCalls } from './programs.ts';

const run = '/sys/kernel/mm/ksm/run';
const off = { module: ksm, params: { run: false, owners: 'stop' } };

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({
    [run]: '1\n',
    '/sys/kernel/mm/ksm/pages_to_scan': '100\n',
    '/sys/kernel/mm/ksm/pages_sharing': '1000\n',
    '/proc/meminfo': 'MemTotal: 65536000 kB\nMemAvailable: 32768000 kB\n',
  });
  addSystemctl(host, {});
});
afterEach(() => host.dispose());

describe('ksm through the engine', () => {
  it('turns merging off and keeps it off, then finds nothing to do', async () => {
    const first = await runTasks(host, [off]);
    expect(first.tasks).toMatchObject([
      { outcome: 'changed', changes: [{ key: 'ksm/run', levels: ['running', 'boot'] }] },
    ]);
    expect(host.read(run)).toBe('0\n');
    expect(host.read('/etc/tmpfiles.d/zz-perfplay.conf')).toMatch(/^w \/sys\/kernel\/mm\/ksm\/run - - - - 0$/m);
    const second = await runTasks(host, [off]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
    expect(second.asks).toBe(1);
  });

  it('stops the owners first', async () => {
    addSystemctl(host, { 'ksmtuned.service': 'loaded active enabled', 'ksm.service': 'loaded active enabled' });
    // What a service leaves when it stops must not be what stays.
    host.write('/run/units/ksm.service.stop', `echo 1 >"$PERFPLAY_ROOT${run}"\n`);
    const { tasks } = await runTasks(host, [off]);
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(systemctlCalls(host)).toEqual([
      'stop ksmtuned.service',
      'disable ksmtuned.service',
      'stop ksm.service',
      'disable ksm.service',
    ]);
    expect(host.read(run)).toBe('0\n');
  });

  describe('where an owner cannot be stopped', () => {
    beforeEach(() => {
      addSystemctl(host, { 'ksmtuned.service': 'loaded active enabled' });
      host.write('/run/units/ksmtuned.service.stop', 'echo "Access denied" >&2; false\n');
    });

    it('fails with the words of systemctl', async () => {
      const { tasks } = await runTasks(host, [off]);
      expect(tasks).toMatchObject([{ outcome: 'failed' }]);
      expect(tasks[0]?.message).toContain('Access denied');
    });

    it('leaves the value alone', async () => {
      await runTasks(host, [off]);
      expect(host.read(run)).toBe('1\n');
    });
  });

  it('is a conflict where owners are not to be touched, and changes nothing', async () => {
    addSystemctl(host, { 'ksmtuned.service': 'loaded active enabled' });
    const { tasks } = await runTasks(host, [{ module: ksm, params: { run: false } }]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'conflict', changes: [] }]);
    expect(systemctlCalls(host)).toEqual([]);
    expect(host.read(run)).toBe('1\n');
  });

  it('changes only its line of /etc/default/qemu-kvm and lets the unit run', async () => {
    const defaults = '# Ubuntu\nKSM_ENABLED=AUTO\nSLEEP_MILLISECS=200\n# end\n';
    host.write('/etc/default/qemu-kvm', defaults);
    addSystemctl(host, { 'qemu-kvm.service': 'loaded active enabled' });
    await runTasks(host, [off]);
    expect(host.read('/etc/default/qemu-kvm')).toBe(defaults.replace('AUTO', '0'));
    expect(systemctlCalls(host)).toEqual([]);
    expect((await runTasks(host, [off])).tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
  });

  it('names the one value that someone changed', async () => {
    await runTasks(host, [off]);
    host.write(run, '1\n');
    const running = await runTasks(host, [off], { check: true });
    expect(running.tasks[0]?.changes).toMatchObject([{ key: 'ksm/run', levels: ['running'] }]);
    host.write(run, '0\n');
    host.remove('/etc/tmpfiles.d/zz-perfplay.conf');
    const boot = await runTasks(host, [off], { check: true });
    expect(boot.tasks[0]?.changes).toMatchObject([{ key: 'ksm/run', levels: ['boot'] }]);
  });

  it('unmerges where the memory is there, and is unsupported without KSM', async () => {
    const unmerge = { module: ksm, params: { run: 'unmerge' } };
    expect((await runTasks(host, [unmerge])).tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read(run)).toBe('2\n');
    host.remove('/sys/kernel/mm/ksm');
    expect((await runTasks(host, [unmerge])).tasks).toMatchObject([{ outcome: 'failed', reason: 'unsupported' }]);
  });
});
