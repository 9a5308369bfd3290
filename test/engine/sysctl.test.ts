import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import sysctl from '../../modules/sysctl/index.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';

const own = '/etc/sysctl.d/zz-perfplay.conf';
const limits = {
  module: sysctl,
  params: {
    values: { 'vm.swappiness': 1, 'fs.aio-max-nr': { min: 1048576 }, 'net/ipv4/tcp_rmem': '4096 87380 16777216' },
  },
};

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({
    '/proc/sys/vm/swappiness': '60\n',
    '/proc/sys/fs/aio-max-nr': '65536\n',
    '/proc/sys/net/ipv4/tcp_rmem': '4096\t131072\t6291456\n',
  });
});
afterEach(() => host.dispose());

describe('sysctl through the engine', () => {
  it('writes and keeps the values, then finds nothing to do', async () => {
    const first = await runTasks(host, [limits]);
    expect(first.tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read('/proc/sys/vm/swappiness')).toBe('1\n');
    expect(host.read('/proc/sys/fs/aio-max-nr')).toBe('1048576\n');
    expect(host.read(own)?.split('\n').slice(1)).toEqual([
      'vm/swappiness = 1',
      'fs/aio-max-nr = 1048576',
      'net/ipv4/tcp_rmem = 4096 87380 16777216',
      '',
    ]);
    const second = await runTasks(host, [limits]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
    expect(second.asks).toBe(1);
  });

  it('keeps a better value, and names the one value that someone changed', async () => {
    await runTasks(host, [limits]);
    host.write('/proc/sys/fs/aio-max-nr', '4194304\n');
    expect((await runTasks(host, [limits])).tasks).toMatchObject([{ outcome: 'ok' }]);
    host.write('/proc/sys/vm/swappiness', '10\n');
    const running = await runTasks(host, [limits], { check: true });
    expect(running.tasks[0]?.changes).toMatchObject([{ key: 'sysctl/vm.swappiness', levels: ['running'] }]);
    host.write('/proc/sys/vm/swappiness', '1\n');
    host.write(own, (host.read(own) ?? '').replace('aio-max-nr = 1048576', 'aio-max-nr = 8192'));
    const boot = await runTasks(host, [limits], { check: true });
    expect(boot.tasks[0]?.changes).toMatchObject([{ key: 'sysctl/fs.aio-max-nr', levels: ['boot'] }]);
  });

  it('fails where a later file undoes it, and names the file', async () => {
    host.write('/etc/sysctl.d/zzz-local.conf', 'vm.swappiness = 60\n');
    const { tasks } = await runTasks(host, [limits]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'ineffective' }]);
    expect(tasks[0]?.message).toContain('/etc/sysctl.d/zzz-local.conf');
  });

  it('sets what is there before it fails for what is not', async () => {
    const { tasks } = await runTasks(host, [
      { module: sysctl, params: { values: { 'vm.swappiness': 1, 'net.netfilter.nf_conntrack_max': 1048576 } } },
    ]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'unsupported' }]);
    expect(tasks[0]?.message).toContain('nf_conntrack');
    expect(host.read('/proc/sys/vm/swappiness')).toBe('1\n');
  });

  it('takes its lines back and leaves the running value, which the boot will reset', async () => {
    await runTasks(host, [limits]);
    const gone = await runTasks(host, [{ ...limits, more: { absent: true } }]);
    expect(gone.tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
    expect(host.read(own)).toBeUndefined();
    expect(host.read('/proc/sys/vm/swappiness')).toBe('1\n');
  });
});

describe('sysctl parameters', () => {
  const problems = (values: Parameters<NonNullable<typeof sysctl.check>>[0]['values']) =>
    (sysctl.check?.({ values }) ?? []).map(({ message }) => message);

  it('finds a key that stands there twice', () => {
    expect(problems({ 'vm.swappiness': 1, 'vm/swappiness': 2 })).toEqual([
      'vm.swappiness and vm/swappiness are one key',
    ]);
    expect(problems({ 'net.ipv4.conf.eth0/100.rp_filter': 1, 'net/ipv4/conf/eth0.100/rp_filter': 1 })).toHaveLength(1);
    expect(problems({ 'vm.dirty_ratio': 10, 'vm/dirty_bytes': 1 })).toHaveLength(1);
  });

  it.each([
    'swappiness',
    'vm/../../etc/passwd',
    '../vm/swappiness',
    '/vm/swappiness',
    'vm//swappiness',
    'vm.swap*',
    '__proto__',
    'vm swappiness',
    'vm/',
  ])('refuses the key %s', (key) => {
    expect(problems({ [key]: '1' })).toEqual([expect.stringContaining('is no sysctl key')]);
  });

  it('refuses a value of several lines', () => {
    expect(problems({ 'kernel.core_pattern': 'core\nvm.swappiness = 1' })).toEqual([
      'kernel.core_pattern: the value must be one line',
    ]);
    expect(problems({ 'kernel.core_pattern': '|/usr/lib/systemd/systemd-coredump %P %u %g' })).toEqual([]);
  });
});
