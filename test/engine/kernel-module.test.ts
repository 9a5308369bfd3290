import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import kernelModule from '../../modules/kernel_module/index.ts';
import qemuKvm from '../../modules/qemu_kvm/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addProgram, addSystemctl } from './programs.ts';

/** Loads whatever it is told, but what modprobe.d forbids; /takes says which values of `nested` the module takes. */
const modprobe = `#!/bin/sh
case $1 in
  --show-depends)
    case $2 in
      nosuch) echo 'modprobe: FATAL: Module nosuch not found in directory /lib/modules/6.1' >&2; exit 1 ;;
      ext4) echo 'builtin ext4' ;;
      *) echo "insmod /lib/modules/6.1/kernel/drivers/misc/$2.ko " ;;
    esac
    exit ;;
esac
echo "$*" >>"$PERFPLAY_ROOT/run/modprobe.log"
[ ! -e "$PERFPLAY_ROOT/modprobe-fails" ] || { cat "$PERFPLAY_ROOT/modprobe-fails" >&2; exit 1; }
[ "$1" != -r ] || { rm -rf "$PERFPLAY_ROOT/sys/module/$2"; exit; }
! grep -qs "^install $1 " "$PERFPLAY_ROOT"/etc/modprobe.d/*.conf ||
  { echo "modprobe: ERROR: could not insert '$1': Operation not permitted" >&2; exit 1; }
folder=$PERFPLAY_ROOT/sys/module/$1
mkdir -p "$folder/parameters"
echo live >"$folder/initstate"
echo 0 >"$folder/refcnt"
value=Y
shift
for option; do case $option in nested=*) value=\${option#nested=} ;; esac; done
[ ! -e "$PERFPLAY_ROOT/takes" ] || value=$(cat "$PERFPLAY_ROOT/takes")
echo "$value" >"$folder/parameters/nested"
chmod 444 "$folder/parameters/nested"
`;
const modinfo = `#!/bin/sh\n[ "$3" = kvm_intel ] && echo nested:bool\n`;
const own = '/etc/modprobe.d/zz-perfplay.conf';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ '/sys/module/.keep': '' });
  addSystemctl(host, {});
  addProgram(host, 'modprobe', modprobe);
  addProgram(host, 'modinfo', modinfo);
  // The image of the machine that runs this is nobody's business.
  addProgram(host, 'find', '#!/bin/sh\nexit 1\n');
});
afterEach(() => host.dispose());

const task = (params: Value) => ({ module: kernelModule, params });
const calls = (): readonly string[] => (host.read('/run/modprobe.log') ?? '').split('\n').filter(Boolean);
const loaded = (name: string, users = 0): void => {
  host.write(`/sys/module/${name}/initstate`, 'live\n');
  host.write(`/sys/module/${name}/refcnt`, `${users}\n`);
};

describe('kernel_module through the engine', () => {
  it('loads with options, keeps both, then finds nothing to do', async () => {
    const nested = task({ name: 'kvm-intel', options: { nested: 0 } });
    const first = await runTasks(host, [nested]);
    expect(first.tasks).toMatchObject([
      {
        outcome: 'changed',
        pending: [],
        changes: [
          { key: 'kernel_module/kvm_intel', before: null, after: 'loaded', levels: ['running', 'boot'] },
          { key: 'kernel_module/kvm_intel/options/nested', before: null, after: '0', levels: ['boot'] },
        ],
      },
    ]);
    expect(calls()).toEqual(['kvm_intel nested=0']);
    expect(host.read('/etc/modules-load.d/perfplay.conf')).toMatch(/^kvm_intel$/m);
    expect(host.read(own)).toMatch(/^options kvm_intel nested=0$/m);
    const second = await runTasks(host, [nested]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [], pending: [], warnings: [] }]);
    expect(second.asks).toBe(1);
  });

  it('waits for the boot where the module took another value', async () => {
    host.write('/takes', 'Y\n');
    const { tasks } = await runTasks(host, [task({ name: 'kvm_intel', options: { nested: 0 } })]);
    expect(tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
  });

  it('fails with the words of modprobe, and is not loaded by the boot then', async () => {
    host.write('/modprobe-fails', "modprobe: ERROR: could not insert 'kvm_intel': Key was rejected by service\n");
    const { tasks } = await runTasks(host, [task({ name: 'kvm_intel', options: { nested: 0 } })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'error' }]);
    expect(tasks[0]?.message).toContain('Key was rejected by service');
    expect(host.read('/etc/modules-load.d/perfplay.conf')).toBeUndefined();
  });

  it('goes from blacklisted, hard, to loaded and back, each in one run', async () => {
    const away = task({ name: 'floppy', state: 'blacklisted', hard: true });
    const back = task({ name: 'floppy' });
    loaded('floppy');
    expect((await runTasks(host, [away])).tasks).toMatchObject([{ outcome: 'changed', pending: [] }]);
    expect(host.read(own)).toMatch(/\nblacklist floppy\ninstall floppy \/bin\/false\n$/);
    expect(host.read('/sys/module/floppy/initstate')).toBeUndefined();
    expect((await runTasks(host, [away])).tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);

    expect((await runTasks(host, [back])).tasks).toMatchObject([{ outcome: 'changed', warnings: [] }]);
    expect(host.read(own)).toBeUndefined();
    expect(host.read('/sys/module/floppy/initstate')).toBe('live\n');
    expect(calls()).toEqual(['-r floppy', 'floppy']);

    expect((await runTasks(host, [away])).tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read('/etc/modules-load.d/perfplay.conf')).toBeUndefined();
    expect((await runTasks(host, [away])).tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
  });

  it('announces the way back in a plan, and fails where only what runs may change', async () => {
    host.write(own, 'install floppy /bin/false\n');
    const plan = await runTasks(host, [task({ name: 'floppy' })], { check: true });
    expect(plan.tasks).toMatchObject([{ outcome: 'changed', changes: [{ key: 'kernel_module/floppy/install' }] }]);
    const { tasks } = await runTasks(host, [{ ...task({ name: 'floppy' }), more: { apply: 'running' } }]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'conflict' }]);
    expect(calls()).toEqual([]);
  });

  it('leaves a module in use, and waits for the boot with one that is blacklisted', async () => {
    loaded('vhost_net', 3);
    const { tasks } = await runTasks(host, [
      { ...task({ name: 'vhost_net', state: 'unloaded' }), more: { ignoreErrors: true } },
      task({ name: 'vhost_net', state: 'blacklisted' }),
    ]);
    expect(tasks).toMatchObject([
      { outcome: 'failed', reason: 'refused', message: expect.stringContaining('in use (refcnt 3)') },
      { outcome: 'changed', pending: ['reboot'] },
    ]);
    expect(calls()).toEqual([]);
  });

  it('agrees with qemu_kvm about a module, and disagrees', async () => {
    const vhost = (on: boolean) => ({ module: qemuKvm, params: { vhost_net: on } });
    const both = await runTasks(host, [task({ name: 'vhost-net' }), vhost(true)]);
    expect(both.tasks).toMatchObject([{ outcome: 'changed' }, { outcome: 'changed' }]);
    const clash = await runTasks(host, [task({ name: 'vhost-net' }), vhost(false)]);
    expect(clash.tasks).toMatchObject([{ module: 'qemu_kvm', outcome: 'failed', reason: 'conflict' }]);
  });

  it('is ok for a built-in, unsupported for what is unknown', async () => {
    const { tasks } = await runTasks(host, [task({ name: 'ext4' }), task({ name: 'nosuch' })]);
    expect(tasks).toMatchObject([{ outcome: 'ok' }, { outcome: 'failed', reason: 'unsupported' }]);
  });
});

describe('kernel_module parameters', () => {
  const problems = (want: Parameters<NonNullable<typeof kernelModule.check>>[0]) =>
    (kernelModule.check?.(want) ?? []).map(({ param }) => param);

  it('finds what cannot be true together', () => {
    expect(problems({ name: 'a', hard: true })).toEqual(['hard']);
    expect(problems({ name: 'a', state: 'unloaded', options: { b: 1 }, hard: false })).toEqual(['hard', 'options']);
    expect(problems({ name: 'a', state: 'blacklisted', hard: false })).toEqual([]);
    expect(problems({ name: 'a', options: { b: 1, c: 'x,y:z', 'd-e': '' } })).toEqual([]);
  });

  it('takes no option that would be two, or a line of its own', () => {
    for (const value of ['a b', 'a\nb', '"a"', 'a\\'])
      expect([value, problems({ name: 'a', options: { b: value } })]).toEqual([value, ['options']]);
    for (const name of ['a b', '-r', 'a=b', ''])
      expect([name, problems({ name: 'a', options: { [name]: 1 } })]).toEqual([name, ['options']]);
  });

  it('takes no name that modprobe would take for an option or a file', () => {
    const valid = new Ajv({ strict: false }).compile(kernelModule.params);
    for (const name of ['kvm-intel', 'vhost_net', '8021q']) expect([name, valid({ name })]).toEqual([name, true]);
    for (const name of ['-r', '', 'a b', './a.ko', 'a*', 'a;b', 'a/b'])
      expect([name, valid({ name })]).toEqual([name, false]);
  });
});
