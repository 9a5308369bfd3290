import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import qemuKvm from '../../modules/qemu_kvm/index.ts';
import sysctl from '../../modules/sysctl/index.ts';
import sysfs from '../../modules/sysfs/index.ts';
import type { Change } from '../../src/contract/changes.ts';
import { createLocalHost, type LocalHost, type TaskInput } from './local-host.ts';
import { addSystemctl } from './programs.ts';
import { changesOn, journalOn, rollbackOn, runAs } from './recording.ts';

const sysctls = '/etc/sysctl.d/zz-perfplay.conf';
const defaults = '/etc/default/qemu-kvm';
const originals = '/var/lib/perfplay/originals';
const forgotten = '/run/perfplay/forgotten';
const running = (name: string): string => `/proc/sys/vm/${name}`;
const packaged = '# of the package\nKSM_ENABLED="AUTO"   # AUTO is for metal\nKVM_HUGEPAGES="0"\nSLEEP_MILLISECS=200';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({
    [running('swappiness')]: '60\n',
    [running('dirty_ratio')]: '20\n',
    [defaults]: packaged,
    '/sys/block/sda/queue/iostats': '1\n',
  });
  addSystemctl(host, { 'perfplay-boot.service': 'loaded inactive disabled' });
});
afterEach(() => host.dispose());

const values = (more: Readonly<Record<string, number>>): TaskInput => ({ module: sysctl, params: { values: more } });
const swappiness = (value: number): TaskInput => values({ 'vm.swappiness': value });
const ratio = (value: number): TaskInput => values({ 'vm.dirty_ratio': value });
const kvm = (more: Readonly<Record<string, number>>): TaskInput => ({ module: qemuKvm, params: { defaults: more } });
const absent = (input: TaskInput): TaskInput => ({ ...input, more: { absent: true } });
const lines = (): readonly string[] | undefined => host.read(sysctls)?.split('\n').slice(1).filter(Boolean);
const changed = { outcome: 'changed' };

describe('files of perfplay’s own', () => {
  it('come back to the byte, comments of people and all', async () => {
    const theirs = `# first\nvm/dirty_ratio = 20   \n\n  # kept for the audit: do not touch\nvm/swappiness=60\n# last`;
    host.write(sysctls, theirs);
    await runAs(host, 'a', [values({ 'vm.swappiness': 1, 'vm.dirty_ratio': 5 })]);
    expect(host.read(sysctls)).not.toBe(theirs);
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject(changed);
    expect(host.read(sysctls)).toBe(theirs);
    expect([host.read(running('swappiness')), host.read(running('dirty_ratio'))]).toEqual(['60\n', '20\n']);
  });

  it('keep the line that another run has added since, and lose only that of the run', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    await runAs(host, 'b', [ratio(5)]);
    expect(await rollbackOn(host, 'c', 'a')).toMatchObject(changed);
    expect(lines()).toEqual(['vm/dirty_ratio = 5']);
    expect([host.read(running('swappiness')), host.read(running('dirty_ratio'))]).toEqual(['60\n', '5\n']);
    expect(await rollbackOn(host, 'd', 'b')).toMatchObject(changed);
    expect(host.read(sysctls)).toBeUndefined();
    expect(host.read(running('dirty_ratio'))).toBe('20\n');
  });

  it('get back the value that an earlier run had put there', async () => {
    await runAs(host, 'a', [swappiness(10)]);
    const before = host.read(sysctls);
    await runAs(host, 'b', [swappiness(1)]);
    expect(await rollbackOn(host, 'c', 'b')).toMatchObject(changed);
    expect([host.read(sysctls), host.read(running('swappiness'))]).toEqual([before, '10\n']);
  });

  it('refuse what a later run has changed again', async () => {
    await runAs(host, 'a', [swappiness(10)]);
    await runAs(host, 'b', [swappiness(1)]);
    const back = await rollbackOn(host, 'c', 'a');
    expect(back).toMatchObject({ outcome: 'failed', reason: 'stale', changes: [] });
    expect(back.message).toContain('it is 1, and the run left 10');
    expect([lines(), host.read(running('swappiness'))]).toEqual([['vm/swappiness = 1'], '1\n']);
  });

  it('lose the boot unit and its script with the last line', async () => {
    const unit = '/etc/systemd/system/perfplay-boot.service';
    const stats: TaskInput = { module: sysfs, params: { values: { '/sys/block/sda/queue/iostats': 0 } } };
    await runAs(host, 'a', [stats]);
    expect(host.read(unit)).toBeDefined();
    await rollbackOn(host, 'b', 'a');
    expect([host.read(unit), host.read('/etc/perfplay/boot.tab')]).toEqual([undefined, undefined]);
  });
});

describe('a rollback', () => {
  it('is a run like any other: it can be taken back', async () => {
    await runAs(host, 'a', [swappiness(1), kvm({ KVM_HUGEPAGES: 1 })]);
    const after = [sysctls, running('swappiness'), defaults, originals].map(host.read);
    await rollbackOn(host, 'b', 'a');
    expect([host.read(sysctls), host.read(defaults), host.read(originals)]).toEqual([undefined, packaged, undefined]);
    expect(await rollbackOn(host, 'c', 'b')).toMatchObject(changed);
    expect([sysctls, running('swappiness'), defaults, originals].map(host.read)).toEqual(after);
    expect((await runAs(host, 'd', [swappiness(1), kvm({ KVM_HUGEPAGES: 1 })])).map(({ outcome }) => outcome)).toEqual([
      'ok',
      'ok',
    ]);
  });

  it('that was taken back can be made again', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    await rollbackOn(host, 'b', 'a');
    await rollbackOn(host, 'c', 'b');
    expect(await rollbackOn(host, 'd', 'a')).toMatchObject(changed);
    expect([host.read(sysctls), host.read(running('swappiness'))]).toEqual([undefined, '60\n']);
  });
});

describe('what is remembered for `state: absent`', () => {
  it('is what it was before the run', async () => {
    await runAs(host, 'a', [kvm({ KVM_HUGEPAGES: 1 })]);
    const before = [host.read(defaults), host.read(originals)];
    await runAs(host, 'b', [kvm({ KVM_HUGEPAGES: 2, SLEEP_MILLISECS: 50 })]);
    expect(await rollbackOn(host, 'c', 'b')).toMatchObject(changed);
    expect([host.read(defaults), host.read(originals)]).toEqual(before);
    await runAs(host, 'd', [absent(kvm({ KVM_HUGEPAGES: 1 }))]);
    expect([host.read(defaults), host.read(originals)]).toEqual([packaged, undefined]);
  });

  it('keeps what another run has added since', async () => {
    await runAs(host, 'a', [kvm({ KVM_HUGEPAGES: 1 })]);
    await runAs(host, 'b', [kvm({ SLEEP_MILLISECS: 50 })]);
    expect(await rollbackOn(host, 'c', 'a')).toMatchObject(changed);
    expect(host.read(originals)).toMatch(/^\{[^\n]*SLEEP_MILLISECS[^\n]*\}\n$/);
    await runAs(host, 'd', [absent(kvm({ SLEEP_MILLISECS: 50 }))]);
    expect(host.read(originals)).toBeUndefined();
    expect(host.read(defaults)).toMatch(/\nKVM_HUGEPAGES="?0"?\nSLEEP_MILLISECS=200$/);
  });

  it('comes again where a removal is taken back', async () => {
    await runAs(host, 'a', [kvm({ KVM_HUGEPAGES: 1 }), swappiness(1)]);
    const before = [defaults, originals, sysctls].map(host.read);
    await runAs(host, 'b', [absent(kvm({ KVM_HUGEPAGES: 1 })), absent(swappiness(1))]);
    expect([host.read(defaults), host.read(sysctls)]).toEqual([packaged, undefined]);
    expect(host.read(forgotten)).toContain('sysctl.d vm/swappiness\n');
    expect(await rollbackOn(host, 'c', 'b')).toMatchObject(changed);
    expect([defaults, originals, sysctls].map(host.read)).toEqual(before);
    // Nothing waits for a boot any more.
    expect(host.read(forgotten)).toBeUndefined();
  });

  it('is not told to wait for a boot that has been', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    await runAs(host, 'b', [absent(swappiness(1))]);
    host.remove('/run/perfplay');
    expect(await rollbackOn(host, 'c', 'b')).toMatchObject(changed);
    expect([lines(), host.read(forgotten)]).toEqual([['vm/swappiness = 1'], undefined]);
  });
});

describe('a host’s journal', () => {
  const file = (run: string, part = 1): string => `/var/lib/perfplay/journal/${run}-${part}.json`;
  /** Gives run `a` a second part: what run `b` has done. */
  const join = (): void => {
    const part = JSON.parse(host.read(file('b'))!) as object;
    host.write(file('a', 2), `${JSON.stringify({ ...part, run: 'a', part: 2 })}\n`);
    host.remove(file('b'));
  };

  it('may have several parts, and a later one may write the same again', async () => {
    await runAs(host, 'a', [swappiness(10)]);
    await runAs(host, 'b', [swappiness(1), ratio(5)]);
    join();
    expect(await rollbackOn(host, 'c', 'a')).toMatchObject(changed);
    expect([running('swappiness'), running('dirty_ratio'), sysctls].map(host.read)).toEqual([
      '60\n',
      '20\n',
      undefined,
    ]);
  });

  it('that ends in half a part: that part was never done, and the others are taken back', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    await runAs(host, 'b', [ratio(5)]);
    join();
    await rollbackOn(host, 'c', 'a');
    await runAs(host, 'a', [swappiness(1)]);
    const part = host.read(file('a', 2))!;
    host.write(file('a', 2), part.slice(0, part.length / 2));
    const { parts, problems } = await journalOn(host, 'a');
    expect([parts.map((one) => one.part), problems]).toEqual([[1], [`${file('a', 2)} is not whole`]]);
    expect(await rollbackOn(host, 'd', 'a')).toMatchObject(changed);
    expect([host.read(running('swappiness')), host.read(sysctls)]).toEqual(['60\n', undefined]);
  });

  it('may tell of what was never done: nothing is there to be taken back', async () => {
    await runAs(host, 'a', [swappiness(1), kvm({ KVM_HUGEPAGES: 1 })]);
    host.write(running('swappiness'), '60\n');
    host.write(defaults, packaged);
    for (const name of [sysctls, originals]) host.remove(name);
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({ outcome: 'ok', changes: [] });
    expect([running('swappiness'), defaults, sysctls, originals].map(host.read)).toEqual([
      '60\n',
      packaged,
      undefined,
      undefined,
    ]);
  });

  it('may tell of what was done in part: only that is taken back', async () => {
    await runAs(host, 'a', [values({ 'vm.swappiness': 1, 'vm.dirty_ratio': 5 })]);
    // The running values were written; the connection went before the file was.
    host.remove(sysctls);
    expect(await rollbackOn(host, 'b', 'a')).toMatchObject({
      ...changed,
      changes: [{ levels: ['running'] }, { levels: ['running'] }],
    });
    expect([host.read(running('swappiness')), host.read(sysctls)]).toEqual(['60\n', undefined]);
  });

  it('holds every change once, with what it replaces', async () => {
    await runAs(host, 'a', [swappiness(1)]);
    const places = (await changesOn(host, 'a')).map(({ at, before, after, by }: Change) => [
      'path' in at ? at.path : at.name,
      before,
      after?.split('\n').length,
      by,
    ]);
    expect(places).toEqual([
      [running('swappiness'), '60', 1, undefined],
      ['vm/swappiness', null, 1, undefined],
      [sysctls, null, 3, 'sysctl.d'],
    ]);
  });
});
