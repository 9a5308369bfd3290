import { describe, expect, it } from 'vitest';
import { collapseChanges, mergeKeys, mergeNames } from '../../src/report/collapse.ts';
import { change } from './streams.ts';

const texts = (merged: readonly { readonly text: string }[]): readonly string[] => merged.map(({ text }) => text);

describe('mergeKeys', () => {
  it('gives one range for the policies of a large host', () => {
    const keys = Array.from({ length: 256 }, (_, cpu) => `cpufreq/policy${cpu}/scaling_governor`);
    expect(texts(mergeKeys(keys))).toEqual(['cpufreq/policy0-255/scaling_governor']);
    expect(mergeKeys(keys)[0]?.from).toHaveLength(256);
  });

  it.each([
    [['a/cpu0/x', 'a/cpu1/x', 'a/cpu2/x', 'a/cpu8/x'], ['a/cpu{0-2,8}/x']],
    [['b/nvme0n1/s', 'b/nvme1n1/s', 'b/nvme0n2/s', 'b/nvme1n2/s'], ['b/nvme{0,1}n{1,2}/s']],
    [['i/TxRx-0', 'i/TxRx-1', 'i/TxRx-2'], ['i/TxRx-{0-2}']],
    [['s/net.ipv4.x', 's/net.ipv6.x'], ['s/net.ipv{4,6}.x']],
    [
      ['a/one', 'a/two'],
      ['a/one', 'a/two'],
    ],
  ])('%j become %j', (keys, expected) => expect(texts(mergeKeys(keys))).toEqual(expected));

  it('leaves hexadecimal addresses as they are', () => {
    const keys = ['irq/0000:3b:00.0', 'irq/0000:3b:00.1'];
    expect(texts(mergeKeys(keys))).toEqual(keys);
  });
});

describe('mergeNames', () => {
  it('writes ranges as Ansible does, padding kept', () => {
    expect(texts(mergeNames(['kvm001', 'kvm002', 'kvm003', 'rp7', 'rp8']))).toEqual(['kvm[001:003]', 'rp7', 'rp8']);
    expect(texts(mergeNames(['h9', 'h10', 'h11']))).toEqual(['h[9:11]']);
  });

  it('does not join numbers that are padded differently', () => {
    expect(texts(mergeNames(['h08', 'h09', 'h10', 'h011']))).toEqual(['h[08:10]', 'h011']);
  });
});

describe('collapseChanges', () => {
  it('joins what is equal but for the key, and nothing else', () => {
    const sets = collapseChanges([
      change('cpufreq/policy0/scaling_governor', 'powersave', 'performance'),
      change('cpufreq/policy1/scaling_governor', 'powersave', 'performance'),
      change('cpufreq/policy2/scaling_governor', 'schedutil', 'performance'),
      change('cpufreq/policy3/scaling_governor', 'powersave', 'performance', { levels: ['boot'] }),
    ]);
    expect(sets.map(({ label }) => label)).toEqual([
      'cpufreq/policy{0,1}/scaling_governor',
      'cpufreq/policy2/scaling_governor',
      'cpufreq/policy3/scaling_governor',
    ]);
  });
});
