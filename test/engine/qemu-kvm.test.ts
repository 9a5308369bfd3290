import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import qemuKvm from '../../modules/qemu_kvm/index.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addProgram, addSystemctl } from './programs.ts';

const file = '/etc/default/qemu-kvm';
const text = '# Ubuntu\nKSM_ENABLED=AUTO\nVHOST_NET_ENABLED=0 # the story\n# end\n';
const on = { module: qemuKvm, params: { vhost_net: true } };

const modprobe = `#!/bin/sh
module=$PERFPLAY_ROOT/sys/module/vhost_net
echo "$*" >>"$PERFPLAY_ROOT/run/modprobe.log"
[ ! -e "$PERFPLAY_ROOT/modprobe-fails" ] || { echo "modprobe: FATAL: Module vhost_net not found in directory /lib/modules/6.1" >&2; exit 1; }
case $1 in
  -r) rm -rf "$module" ;;
  *) mkdir -p "$module" && echo live >"$module/initstate" && echo 0 >"$module/refcnt" ;;
esac
`;

const machine = (host: LocalHost, pid: number, comm: string, argv: readonly string[]): void => {
  host.write(`/proc/${pid}/comm`, `${comm}\n`);
  host.write(`/proc/${pid}/cmdline`, argv.map((word) => `${word}\0`).join(''));
};

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ [file]: text });
  addSystemctl(host, {});
  addProgram(host, 'modprobe', modprobe);
});
afterEach(() => host.dispose());

describe('qemu_kvm through the engine', () => {
  it('sets the line, loads the module and keeps it, then finds nothing to do', async () => {
    const first = await runTasks(host, [on]);
    expect(first.tasks).toMatchObject([
      {
        outcome: 'changed',
        changes: [
          { key: 'qemu_kvm/VHOST_NET_ENABLED', before: '0', after: '1', levels: ['boot'] },
          { key: 'qemu_kvm/module/vhost_net', before: null, after: 'loaded', levels: ['running', 'boot'] },
        ],
      },
    ]);
    expect(host.read(file)).toBe('# Ubuntu\nKSM_ENABLED=AUTO\nVHOST_NET_ENABLED=1\n# end\n');
    expect(host.read('/etc/modules-load.d/perfplay.conf')).toMatch(/^vhost_net$/m);
    expect(host.read('/run/modprobe.log')).toBe('vhost_net\n');
    const second = await runTasks(host, [on]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [], pending: [], warnings: [] }]);
    expect(second.asks).toBe(1);
  });

  it('tells of each running machine without vhost, and of no other process', async () => {
    machine(host, 990, 'qemu-system-x86', [
      '/usr/bin/qemu-system-x86_64',
      '-name',
      'guest=db1',
      '-netdev',
      'tap,fd=3,id=hostnet0',
    ]);
    machine(host, 991, 'qemu-system-x86', [
      '/usr/bin/qemu-system-x86_64',
      '-name',
      'guest=web1',
      '-netdev',
      'tap,fd=3,id=n,vhost=on',
    ]);
    // Its first words look like QEMU's, its name does not.
    machine(host, 992, 'bash', ['qemu-system-x86_64', '-name', 'guest=fake', '-netdev', 'tap,id=n']);
    await runTasks(host, [on]);
    const { tasks } = await runTasks(host, [on]);
    expect(tasks).toMatchObject([{ outcome: 'ok', pending: ['restart:db1'] }]);
    expect(tasks[0]?.warnings).toEqual([expect.stringContaining('db1 runs without vhost (hostnet0)')]);
  });

  it('fails for such a machine where it is told to, once everything else is done', async () => {
    machine(host, 990, 'qemu-kvm', [
      '/usr/libexec/qemu-kvm',
      '-name',
      'guest=db1',
      '-netdev',
      '{"type":"tap","id":"hostnet0"}',
    ]);
    const { tasks } = await runTasks(host, [{ module: qemuKvm, params: { vhost_net: true, running_vms: 'fail' } }]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'ineffective' }]);
    expect(host.read('/sys/module/vhost_net/initstate')).toBe('live\n');
    expect(host.read(file)).toContain('VHOST_NET_ENABLED=1');
  });

  it('keeps the words of modprobe where the module cannot be loaded', async () => {
    host.write('/modprobe-fails', '');
    const { tasks } = await runTasks(host, [on]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'error' }]);
    expect(tasks[0]?.message).toContain('Module vhost_net not found');
  });

  it('names the one value that someone changed', async () => {
    await runTasks(host, [on]);
    const flips: readonly (readonly [() => void, string])[] = [
      [() => host.write(file, text), 'qemu_kvm/VHOST_NET_ENABLED'],
      [() => host.remove('/sys/module/vhost_net'), 'qemu_kvm/module/vhost_net'],
      [() => host.remove('/etc/modules-load.d/perfplay.conf'), 'qemu_kvm/module/vhost_net'],
    ];
    for (const [flip, key] of flips) {
      flip();
      const { tasks } = await runTasks(host, [on]);
      expect(tasks[0]?.changes.map((change) => change.key)).toEqual([key]);
    }
    expect((await runTasks(host, [on])).tasks).toMatchObject([{ outcome: 'ok' }]);
  });

  it('unloads the module where it is to be off and nobody uses it', async () => {
    await runTasks(host, [on]);
    const off = { module: qemuKvm, params: { vhost_net: false } };
    expect((await runTasks(host, [off])).tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read('/sys/module/vhost_net/initstate')).toBeUndefined();
    expect(host.read('/etc/modules-load.d/perfplay.conf')).toBeUndefined();
    expect(host.read(file)).toContain('VHOST_NET_ENABLED=0');
    expect((await runTasks(host, [off])).tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
  });
});

describe('qemu_kvm parameters', () => {
  it('leaves each key of the file to one owner', () => {
    const problems = (want: Parameters<NonNullable<typeof qemuKvm.check>>[0]) =>
      (qemuKvm.check?.(want) ?? []).map(({ message }) => message);
    expect(problems({ defaults: { KSM_ENABLED: 0 } })).toEqual(['KSM_ENABLED belongs to ksm']);
    expect(problems({ defaults: { VHOST_NET_ENABLED: 1 } })).toEqual(['VHOST_NET_ENABLED is set by vhost_net']);
    expect(problems({ defaults: { 'A B': 1, OK: 'a\nb' } })).toHaveLength(2);
    expect(problems({})).toHaveLength(1);
    expect(problems({ vhost_net: true, defaults: { KVM_HUGEPAGES: 1 } })).toEqual([]);
  });
});
