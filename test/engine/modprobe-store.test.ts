import { describe, expect, it } from 'vitest';
import { snapshotFromData } from '../../src/contract/snapshot.ts';
import type { StoreEntry } from '../../src/contract/steps.ts';
import { modprobe } from '../../src/engine/stores/modprobe-d.ts';

const own = '/etc/modprobe.d/zz-perfplay.conf';
const stateOf = (files: Readonly<Record<string, string>>) =>
  modprobe.state.decode(snapshotFromData({ content: files }));
const ownOf = (files: Readonly<Record<string, string>>) => modprobe.own.decode(snapshotFromData({ content: files }));
const entry = (name: string, value: string | null): StoreEntry => ({ store: 'modprobe.d', name, value });
const nextBoot = (files: Readonly<Record<string, string>>, name: string) =>
  modprobe.nextBoot(stateOf(files), entry(name, null));

describe('what modprobe.d says', () => {
  it('is the last value of an option, over all files by name', () => {
    const files = {
      '/etc/modprobe.d/a.conf': 'options kvm-intel nested=1 ept=N\n',
      '/usr/lib/modprobe.d/b.conf': 'options kvm_intel nested=0\n',
      '/run/modprobe.d/aa.conf': '\toptions\tkvm_intel  ple-gap=5 flexpriority # no comment\n',
    };
    expect(nextBoot(files, 'options kvm_intel nested')).toEqual({ value: '0', from: '/usr/lib/modprobe.d/b.conf' });
    expect(nextBoot(files, 'options kvm_intel ept')).toEqual({ value: 'N', from: '/etc/modprobe.d/a.conf' });
    expect(nextBoot(files, 'options kvm_intel ple_gap')).toMatchObject({ value: '5' });
    expect(nextBoot(files, 'options kvm_intel flexpriority')).toMatchObject({ value: 'Y' });
    expect(nextBoot(files, 'options kvm_amd nested')).toEqual({ value: null });
  });

  it('is the first install line, and any blacklist line', () => {
    const files = {
      '/etc/modprobe.d/b.conf': 'install floppy /bin/true\nblacklist \\\nfloppy\n',
      '/etc/modprobe.d/a.conf': '# install floppy /bin/false\ninstall floppy /sbin/modprobe -i floppy\n',
    };
    expect(nextBoot(files, 'install floppy')).toEqual({
      value: '/sbin/modprobe -i floppy',
      from: '/etc/modprobe.d/a.conf',
      problem: expect.stringContaining('/etc/modprobe.d/a.conf'),
    });
    expect(nextBoot(files, 'blacklist floppy')).toEqual({
      value: 'blacklisted',
      from: '/etc/modprobe.d/b.conf',
      problem: expect.stringContaining('/etc/modprobe.d/b.conf'),
    });
  });

  it('is beyond us where a file after ours says otherwise of an option', () => {
    const says = (file: string) => nextBoot({ [own]: 'options a b=1\n', [file]: 'options a b=2\n' }, 'options a b');
    expect(says('/etc/modprobe.d/zzz.conf')).toMatchObject({
      value: '2',
      problem: expect.stringContaining('/etc/modprobe.d/zzz.conf says 2'),
    });
    expect(says('/usr/lib/modprobe.d/a.conf')).toEqual({ value: '1', from: own });
  });

  it('is nothing of a file that an earlier folder hides, or that is no .conf', () => {
    const files = {
      '/etc/modprobe.d/dist.conf': '',
      '/lib/modprobe.d/dist.conf': 'blacklist floppy\n',
      '/etc/modprobe.d/old.conf.bak': 'blacklist floppy\n',
    };
    expect(nextBoot(files, 'blacklist floppy')).toEqual({ value: null });
  });
});

describe('our file of modprobe.d', () => {
  const write = (text: string | undefined, edits: readonly (readonly [string, string | null | undefined])[]) =>
    modprobe.write(
      stateOf(text === undefined ? {} : { [own]: text }),
      new Map(edits.map(([name, value]) => [name, value === undefined ? undefined : entry(name, value)])),
    );

  it('gets a line for each entry, is read back as it was meant, and goes with its last line', () => {
    const entries = [
      ['options kvm_intel nested', '0'],
      ['blacklist floppy', 'blacklisted'],
      ['install floppy', '/bin/false'],
    ] as const;
    const [change] = write(undefined, entries).changes;
    expect(change).toMatchObject({ at: { kind: 'file', path: own }, before: null });
    expect(change!.after).toMatch(/\noptions kvm_intel nested=0\nblacklist floppy\ninstall floppy \/bin\/false\n$/);
    for (const [name, value] of entries) {
      expect(nextBoot({ [own]: change!.after! }, name)).toEqual({ value, from: own });
      expect(ownOf({ [own]: change!.after! }).get(name)?.value).toBe(value);
    }
    const gone = write(change!.after!, [
      ...entries.slice(0, 2).map(([name]) => [name, undefined] as const),
      ['install floppy', null],
    ]);
    expect(gone.changes[0]!.after).toBeNull();
  });

  it('keeps the other lines when one changes, and tells its own from others', () => {
    const text = 'options kvm_intel nested=1 ept=1\nblacklist floppy\n';
    const [change] = write(text, [['options kvm_intel nested', '0']]).changes;
    expect(change!.after).toMatch(/\noptions kvm_intel nested=0\noptions kvm_intel ept=1\nblacklist floppy\n$/);
    const kept = ownOf({ [own]: text, '/etc/modprobe.d/a.conf': 'options i40e debug=1\n' });
    expect(kept.get('options i40e debug')).toBeUndefined();
  });
});
