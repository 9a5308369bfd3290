import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import configFile from '../../modules/config_file/index.ts';
import cpufreq from '../../modules/cpufreq/index.ts';
import file from '../../modules/file/index.ts';
import kernelCmdline from '../../modules/kernel_cmdline/index.ts';
import kernelModule from '../../modules/kernel_module/index.ts';
import qemuKvm from '../../modules/qemu_kvm/index.ts';
import service from '../../modules/service/index.ts';
import sysctl from '../../modules/sysctl/index.ts';
import sysfs from '../../modules/sysfs/index.ts';
import thp from '../../modules/thp/index.ts';
import type { Change } from '../../src/contract/changes.ts';
import { differing, takeImage } from '../conformance/image.ts';
import { createLocalHost, type LocalHost, type TaskInput } from './local-host.ts';
import { addProgram, addSystemctl, systemctlCalls } from './programs.ts';
import { applyRecord, changesOn, planned, rollbackOn, runAs, takeBack } from './recording.ts';

const huge = '/sys/kernel/mm/transparent_hugepage';
const policy = '/sys/devices/system/cpu/cpufreq/policy0';
const disk = '/sys/block/sda/queue/iostats';

/** Loads and unloads; the stub of everything that looks for modules on the machine finds none. */
const modprobe = `#!/bin/sh
case $1 in
  --show-depends) echo "insmod /lib/modules/6.1/kernel/$2.ko " ;;
  -r) rm -r "$PERFPLAY_ROOT/sys/module/$2" ;;
  *) mkdir -p "$PERFPLAY_ROOT/sys/module/$1" && echo live >"$PERFPLAY_ROOT/sys/module/$1/initstate" && echo 0 >"$PERFPLAY_ROOT/sys/module/$1/refcnt" ;;
esac
`;

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({
    '/proc/sys/vm/swappiness': '60\n',
    '/proc/sys/vm/dirty_ratio': '20\n',
    [`${huge}/enabled`]: '[always] madvise never\n',
    [disk]: '1\n',
    [`${policy}/affected_cpus`]: '0\n',
    [`${policy}/scaling_driver`]: 'intel_pstate\n',
    [`${policy}/scaling_governor`]: 'performance\n',
    [`${policy}/scaling_available_governors`]: 'performance powersave\n',
    [`${policy}/energy_performance_preference`]: 'performance\n',
    [`${policy}/energy_performance_available_preferences`]: 'performance balance_power power\n',
    '/etc/app.conf': '# theirs\nsize = 1  # small\nwords = a b\n',
    '/etc/motd': 'hello\n',
    '/etc/default/qemu-kvm': '# of the package\nKVM_HUGEPAGES="0"  # none\n',
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
    '/etc/group': 'root:x:0:\n',
    '/sys/module/.keep': '',
  });
  addSystemctl(host, {
    'perfplay-boot.service': 'loaded inactive disabled',
    'ksmtuned.service': 'loaded active enabled',
  });
  addProgram(host, 'modprobe', modprobe);
  addProgram(host, 'modinfo', '#!/bin/sh\nexit 1\n');
  addProgram(host, 'find', '#!/bin/sh\nexit 1\n');
});
afterEach(() => host.dispose());

const at = (name: string): string => path.join(host.root, name);
/** What perfplay writes for itself, what says that a boot is due, and the log of a stub. */
const isOwn = (name: string): boolean =>
  /^\/(var\/lib\/perfplay(\/journal(\/.*)?)?|var\/lib|var|run\/perfplay(\/lock)?|run\/systemctl\.log|run\/perfplay-grub\.lock|boot\/grub\/grub\.cfg.*)$/.test(
    name,
  );
const image = () => takeImage(host.root);
const changedSince = (before: ReturnType<typeof image>): readonly string[] =>
  differing(before, image()).filter((name) => !isOwn(name));

const values = (more: Readonly<Record<string, string | number>>): TaskInput => ({
  module: sysctl,
  params: { values: more },
});
const swappiness = (value: number): TaskInput => values({ 'vm.swappiness': value });
const entry = (params: Readonly<Record<string, string>>): TaskInput => ({
  module: configFile,
  params: { path: '/etc/app.conf', format: 'key_value', values: params },
});

describe('what a run did is taken back', () => {
  it.each<readonly [string, readonly TaskInput[]]>([
    ['an attribute and its line of sysctl.d', [swappiness(1)]],
    ['an attribute and its line of boot.tab', [{ module: sysfs, params: { values: { [disk]: 0 } } }]],
    ['lines of somebody’s file', [entry({ size: '5', more: 'x' })]],
    [
      'a file that was made, in folders that were made',
      [{ module: file, params: { path: '/srv/a/b/c', content: 'x', mode: '0640' } }],
    ],
    [
      'a file that was replaced, and its mode',
      [{ module: file, params: { path: '/etc/motd', content: 'other\n', mode: '0600' } }],
    ],
    ['a file that was removed', [{ module: file, params: { path: '/etc/motd', state: 'absent' } }]],
    ['a folder', [{ module: file, params: { path: '/srv/data', state: 'directory', mode: '0700' } }]],
    [
      'a unit, its state and its start at boot',
      [{ module: service, params: { name: 'ksmtuned', state: 'stopped', enabled: false } }],
    ],
    ['a kernel module, loaded and kept', [{ module: kernelModule, params: { name: 'vhost' } }]],
    ['a kernel module, forbidden', [{ module: kernelModule, params: { name: 'floppy', state: 'blacklisted' } }]],
    ['kernel arguments', [{ module: kernelCmdline, params: { present: ['mitigations=off'], absent: ['quiet'] } }]],
  ])('%s', async (_, tasks) => {
    const before = image();
    const done = await runAs(host, 'a', tasks);
    expect(done.map(({ outcome, message }) => message ?? outcome)).toEqual(tasks.map(() => 'changed'));
    expect(changedSince(before)).not.toEqual([]);
    const back = await rollbackOn(host, 'b', 'a');
    expect(back).toMatchObject({ outcome: 'changed' });
    expect(back.message).toBeUndefined();
    expect(changedSince(before)).toEqual([]);
    // What is back already is found so.
    expect(await rollbackOn(host, 'c', 'a')).toMatchObject({ outcome: 'ok', changes: [] });
    expect(changedSince(before)).toEqual([]);
  });

  it('a value that the kernel shows among others', async () => {
    await runAs(host, 'a', [{ module: thp, params: { enabled: 'never' } }]);
    host.write(`${huge}/enabled`, 'always madvise [never]\n');
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({
      outcome: 'changed',
      changes: [{ key: 'thp/enabled', before: 'never', after: 'always', levels: ['running', 'boot'] }],
    });
    expect(host.read(`${huge}/enabled`)).toBe('always\n');
    expect(host.read('/etc/tmpfiles.d/zz-perfplay.conf')).toBeUndefined();
  });

  it('one word of a value, by which the line’s other words stay', async () => {
    const word: Change = {
      key: 'word',
      at: { kind: 'entry', path: '/etc/app.conf', format: 'key-value', name: 'words', word: 'c' },
      before: null,
      after: 'c',
      dependsOn: [],
    };
    expect(await applyRecord(host, 'a', { changes: [word] })).toMatchObject({ outcome: 'changed' });
    expect(host.read('/etc/app.conf')).toMatch(/words ?= ?a b c$/m);
    host.write('/etc/app.conf', host.read('/etc/app.conf')!.replace('a b c', 'a c d'));
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({ outcome: 'changed' });
    expect(host.read('/etc/app.conf')).toMatch(/words ?= ?a d$/m);
  });

  it('a program is run once with the value before', async () => {
    addProgram(host, 'set-it', '#!/bin/sh\necho "[$1]" >>"$PERFPLAY_ROOT/calls"\n');
    const change: Change = {
      key: 'program',
      at: { kind: 'program', name: 'it', set: ['set-it', '{}'] },
      before: null,
      after: 'on',
      dependsOn: [],
    };
    expect(await applyRecord(host, 'a', { changes: [change] })).toMatchObject({ outcome: 'changed' });
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({ outcome: 'changed' });
    expect(host.read('/calls')).toBe('[on]\n[]\n');
  });

  it('permissions: mode, owner and group', async () => {
    chmodSync(at('/etc/motd'), 0o604);
    const permission = { path: '/etc/motd', mode: '0640', ...(process.getuid?.() === 0 && { owner: '7', group: '8' }) };
    expect(await runAs(host, 'a', [{ module: file, params: permission }])).toMatchObject([{ outcome: 'changed' }]);
    const set = statSync(at('/etc/motd'));
    expect(set.mode & 0o7777).toBe(0o640);
    await rollbackOn(host, 'b', 'a');
    const { mode, uid, gid } = statSync(at('/etc/motd'));
    expect([mode & 0o7777, uid, gid]).toEqual([0o604, process.getuid?.(), process.getgid?.()]);
  });

  it.skipIf(process.getuid?.() !== 0)('a removed file comes back with the mode and owner that it had', async () => {
    host.write('/etc/owned', 'bytes \0 é\n');
    chmodSync(at('/etc/owned'), 0o4750);
    chownSync(at('/etc/owned'), 7, 8);
    chmodSync(at('/etc/owned'), 0o4750);
    const before = statSync(at('/etc/owned'));
    await runAs(host, 'a', [{ module: file, params: { path: '/etc/owned', state: 'absent' } }]);
    expect(host.read('/etc/owned')).toBeUndefined();
    await rollbackOn(host, 'b', 'a');
    const { mode, uid, gid } = statSync(at('/etc/owned'));
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: 7, gid: 8 });
    expect(host.read('/etc/owned')).toBe('bytes \0 é\n');
  });

  it('folders stay in which somebody has put something since', async () => {
    await runAs(host, 'a', [{ module: file, params: { path: '/srv/a/b/c', content: 'x' } }]);
    host.write('/srv/a/theirs', 'y');
    const back = await rollbackOn(host, 'b', 'a');
    expect([back.outcome, back.message]).toEqual(['failed', expect.stringMatching(/\/srv\/a: .*not empty/)]);
    expect([host.read('/srv/a/theirs'), statSync(at('/srv/a')).isDirectory()]).toEqual(['y', true]);
    expect(() => statSync(at('/srv/a/b'))).toThrow('ENOENT');
  });

  it('a folder that was there before, though it is empty now, stays', async () => {
    mkdirSync(at('/srv/empty'), { recursive: true });
    await runAs(host, 'a', [{ module: file, params: { path: '/srv/empty/x', content: 'x' } }]);
    await rollbackOn(host, 'b', 'a');
    expect(statSync(at('/srv/empty')).isDirectory()).toBe(true);
  });
});

describe('the order', () => {
  it('keeps what depends on something behind it: a governor before the preference that it resets', async () => {
    await runAs(host, 'a', [{ module: cpufreq, params: { governor: 'powersave', epp: 'balance_power' } }]);
    expect(host.read(`${policy}/energy_performance_preference`)).toBe('balance_power\n');
    const changes = await changesOn(host, 'a');
    const epp = changes.find(({ at: place }) => place.kind === 'attribute' && place.path.endsWith('preference'))!;
    const governor = changes.find(({ at: place }) => place.kind === 'attribute' && place.path.endsWith('governor'))!;
    expect(epp.dependsOn).toContain(governor.key);
    await rollbackOn(host, 'b', 'a');
    expect(host.read(`${policy}/scaling_governor`)).toBe('performance\n');
    expect(host.read(`${policy}/energy_performance_preference`)).toBe('performance\n');
    const back = (await changesOn(host, 'b'))
      .filter(({ at: place }) => place.kind === 'attribute')
      .map(({ key }) => key);
    expect(back).toEqual([governor.key, epp.key]);
  });

  it('is the other way round for all else', async () => {
    await runAs(host, 'a', [
      { module: service, params: { name: 'ksmtuned', state: 'stopped' } },
      swappiness(1),
      { module: file, params: { path: '/etc/new', content: 'x' } },
    ]);
    await rollbackOn(host, 'b', 'a');
    const keys = (changes: readonly Change[]) =>
      changes.filter(({ at: place, by }) => by === undefined && place.kind !== 'store').map(({ key }) => key);
    expect(keys(await changesOn(host, 'b'))).toEqual(keys(await changesOn(host, 'a')).toReversed());
    expect(systemctlCalls(host)).toEqual(['stop ksmtuned.service', 'start ksmtuned.service']);
  });

  it('folds what several parts did to one place', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    const first = await changesOn(host, 'a');
    await runAs(host, 'b', [swappiness(5)]);
    const changes = [...first, ...(await changesOn(host, 'b'))];
    expect(await takeBack(host, 'c', { changes })).toMatchObject({
      outcome: 'changed',
      changes: [{ key: 'sysctl/vm.swappiness', before: '5', after: '60', levels: ['running', 'boot'] }],
    });
    expect(host.read('/proc/sys/vm/swappiness')).toBe('60\n');
    expect(host.read('/etc/sysctl.d/zz-perfplay.conf')).toBeUndefined();
  });
});

describe('what somebody has changed since', () => {
  it('stays, running or kept, and is told with both values', async () => {
    await runAs(host, 'a', [values({ 'vm.swappiness': 1, 'vm.dirty_ratio': 5 })]);
    host.write('/proc/sys/vm/swappiness', '33\n');
    const back = await rollbackOn(host, 'b', 'a');
    expect(back).toMatchObject({ outcome: 'failed', reason: 'stale' });
    expect(back.message).toMatch(/vm\.swappiness.*it is 33, and the run left 1.*--force/);
    expect(host.read('/proc/sys/vm/swappiness')).toBe('33\n');
    // The other value is nobody else's.
    expect(host.read('/proc/sys/vm/dirty_ratio')).toBe('20\n');
    expect(host.read('/etc/sysctl.d/zz-perfplay.conf')).toMatch(/\nvm\/swappiness = 1\n$/);
  });

  it('stays where the kept line is another', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    host.write('/etc/sysctl.d/zz-perfplay.conf', 'vm/swappiness = 7\n');
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({ outcome: 'failed', reason: 'stale' });
    expect(host.read('/proc/sys/vm/swappiness')).toBe('1\n');
    expect(host.read('/etc/sysctl.d/zz-perfplay.conf')).toBe('vm/swappiness = 7\n');
  });

  it('keeps what depends on it from being taken back', async () => {
    await runAs(host, 'a', [{ module: cpufreq, params: { governor: 'powersave', epp: 'balance_power' } }]);
    host.write(`${policy}/scaling_governor`, 'schedutil\n');
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({ outcome: 'failed', reason: 'stale' });
    expect(host.read(`${policy}/energy_performance_preference`)).toBe('balance_power\n');
  });

  it('goes all the same by force', async () => {
    const before = image();
    await runAs(host, 'a', [swappiness(1), { module: file, params: { path: '/etc/motd', content: 'other\n' } }]);
    host.write('/proc/sys/vm/swappiness', '33\n');
    host.write('/etc/motd', 'theirs\n');
    expect(await rollbackOn(host, 'b', 'a', { force: true })).toMatchObject({ outcome: 'changed' });
    expect(changedSince(before)).toEqual([]);
  });

  it('is nothing where it is what it was before the run', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    host.write('/proc/sys/vm/swappiness', '60\n');
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({ outcome: 'changed', changes: [{ levels: ['boot'] }] });
  });

  it('is not asked for by a plan that writes nothing', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    const before = image();
    expect(await rollbackOn(host, 'b', 'a', { check: true })).toMatchObject({ outcome: 'changed' });
    expect(changedSince(before)).toEqual([]);
    expect(host.read('/var/lib/perfplay/journal/b-1.json')).toBeUndefined();
  });
});

describe('a plan that is applied', () => {
  it('makes what a run makes, and then nothing', async () => {
    const tasks = [swappiness(1), entry({ size: '5' }), { module: kernelCmdline, params: { present: ['nosmt'] } }];
    const changes = await planned(host, tasks);
    expect(await applyRecord(host, 'a', { changes })).toMatchObject({ outcome: 'changed' });
    expect((await runAs(host, 'b', tasks)).map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
    expect(await applyRecord(host, 'c', { changes })).toMatchObject({ outcome: 'ok', changes: [] });
  });

  it('is done wholly or not at all', async () => {
    const changes = await planned(host, [swappiness(1), entry({ size: '5' })]);
    host.write('/proc/sys/vm/swappiness', '33\n');
    const before = image();
    const applied = await applyRecord(host, 'a', { changes });
    expect(applied).toMatchObject({ outcome: 'failed', reason: 'stale', changes: [] });
    expect(applied.message).toMatch(/vm\.swappiness: .*it was 60, and is 33/);
    expect(changedSince(before)).toEqual([]);
  });

  it('leaves what `state: absent` needs, as a run does', async () => {
    const pages: TaskInput = { module: qemuKvm, params: { defaults: { KVM_HUGEPAGES: 1 } } };
    const before = host.read('/etc/default/qemu-kvm');
    await applyRecord(host, 'a', { changes: await planned(host, [pages]) });
    expect(host.read('/etc/default/qemu-kvm')).not.toBe(before);
    await runAs(host, 'b', [{ ...pages, more: { absent: true } }]);
    expect(host.read('/etc/default/qemu-kvm')).toBe(before);
  });
});
