import { describe, expect, it } from 'vitest';
import { cutBatches } from '../../src/playbook/batches.ts';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { isSelected } from '../../src/playbook/read/tags.ts';
import { siteOf } from './site.ts';
import type { BatchSize } from '../../src/playbook/batches.ts';

const hosts = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `h${index}`);
const sizes = (count: number, serial: readonly BatchSize[]): readonly number[] =>
  cutBatches(hosts(count), serial).map((batch) => batch.length);

describe('serial', () => {
  it.each<[number, readonly BatchSize[], readonly number[]]>([
    [5, [], [5]],
    [5, [{ hosts: 2 }], [2, 2, 1]],
    [10, [{ hosts: 1 }, { percent: 100 }], [1, 9]],
    [10, [{ hosts: 1 }, { hosts: 3 }], [1, 3, 3, 3]],
    [10, [{ percent: 30 }], [3, 3, 3, 1]],
    [3, [{ percent: 10 }], [1, 1, 1]],
    [7, [{ percent: 50 }], [3, 3, 1]],
    [5, [{ hosts: 0 }], [5]],
    [5, [{ hosts: 9 }], [5]],
    [0, [{ hosts: 1 }], []],
  ])('%i hosts by %j: %j', (count, serial, expected) => expect(sizes(count, serial)).toEqual(expected));
  it('is read from a play', () => {
    const batches = (serial: string) =>
      siteOf(`- {name: P, hosts: all, serial: ${serial}, tasks: []}\n`).plays[0]!.batches;
    expect(batches('1')).toEqual([['kvm01'], ['kvm02'], ['rp01']]);
    expect(batches('[1, 100%]')).toEqual([['kvm01'], ['kvm02', 'rp01']]);
    expect(batches('"2"')).toEqual([['kvm01', 'kvm02'], ['rp01']]);
  });
});

describe('tags', () => {
  it.each<[readonly string[], readonly string[], readonly string[], boolean]>([
    // task, --tags, --skip-tags
    [[], [], [], true],
    [['a'], [], [], true],
    [['a'], ['a'], [], true],
    [['a'], ['b'], [], false],
    [[], ['a'], [], false],
    [['always'], ['b'], [], true],
    [['never'], [], [], false],
    [['never', 'a'], ['a'], [], true],
    [['never', 'a'], ['never'], [], true],
    [['never', 'a'], ['all'], [], false],
    [['a'], ['all'], [], true],
    [['a'], ['tagged'], [], true],
    [[], ['tagged'], [], false],
    [['never'], ['tagged'], [], false],
    [[], ['untagged'], [], true],
    [['a'], ['untagged'], [], false],
    [['a', 'b'], ['a'], ['b'], false],
    [['always'], [], ['always'], false],
    [['a'], [], ['all'], false],
    [['always'], [], ['all'], true],
    [['a'], [], ['tagged'], false],
    [[], [], ['tagged'], true],
    [[], [], ['untagged'], false],
  ])('task %j with --tags %j --skip-tags %j: %s', (own, tags, skipTags, expected) => {
    expect(isSelected(own, { tags, skipTags })).toBe(expected);
  });
  it('choose the tasks of a play, whose ids stay', () => {
    const text = '- {name: P, hosts: all, tags: p, tasks: [{merge: {run: on}}, {merge: {run: off}, tags: "x,y"}]}\n';
    const ids = (tags: readonly string[]) => tasksOf(siteOf(text, { tags }).plays[0]!.sequence).map(({ id }) => id);
    expect(ids(['p'])).toEqual(['0.0', '0.1']);
    expect(ids(['y'])).toEqual(['0.1']);
    expect(ids(['z'])).toEqual([]);
  });
});
