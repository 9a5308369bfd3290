import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  combine,
  defineModule,
  file,
  files,
  query,
  setting,
  stats,
  text,
  Type,
  unit,
  valueOf,
} from '../../src/contract/index.ts';
import { snapshotFromData, type SnapshotData } from '../../src/contract/snapshot.ts';
import type { Reads } from '../../src/contract/reads.ts';
import { stepsOf } from '../../src/engine/module-steps.ts';

const param = { path: '/a' };

/** A module with these reads, that counts how often it plans. */
const counting = (reads: Reads) => {
  const counts = { plan: 0 };
  const module = defineModule({
    kind: 'counting',
    summary: 'a test',
    params: Type.Object({ path: Type.String() }),
    stores: [],
    removable: false,
    observe: () => reads,
    plan: ({ path }, seen) => {
      counts.plan++;
      const value = 'file' in seen ? valueOf(seen.file as never) : undefined;
      return [setting(`${path} ${String(value)}`, 'x', seen['file'] as never, { store: 'none', because: 'a test' })];
    },
  });
  const steps = (data: SnapshotData, params: object = param) =>
    stepsOf(module, params as never, reads, snapshotFromData(data));
  return { counts, steps };
};

describe('the steps of a module', () => {
  it('are the same for hosts with the same parameters on which the same was read', () => {
    const { counts, steps } = counting({ file: file('/a', text) });
    const made = Array.from({ length: 100 }, () => steps({ content: { '/a': 'one', '/b': String(Math.random()) } }));
    expect(counts.plan).toBe(1);
    expect(new Set(made).size).toBe(1);
  });

  it('are made anew for other parameters, though they be equal', () => {
    const { counts, steps } = counting({ file: file('/a', text) });
    for (const params of [{ path: '/a' }, { path: '/a' }]) steps({ content: { '/a': 'one' } }, params);
    expect(counts.plan).toBe(2);
  });

  const each: readonly (readonly [string, Reads, readonly SnapshotData[]])[] = [
    [
      'a file',
      { file: file('/a', text) },
      [
        { content: { '/a': 'one' } },
        { content: { '/a': 'two' } },
        { content: { '/a': { errno: 'EACCES' } } },
        { content: { '/a': 'EACCES' } },
        {},
      ],
    ],
    [
      'a stat',
      { seen: stats('/a') },
      [
        { stat: { '/a': { type: 'file', mode: 0o644, uid: 0, gid: 0 } } },
        { stat: { '/a': { type: 'file', mode: 0o600, uid: 0, gid: 0 } } },
        { stat: { '/a': { type: 'file', mode: 0o644, uid: 1, gid: 0 } } },
        { stat: { '/a': { type: 'link', mode: 0o777, uid: 0, gid: 0, link: 'b' } } },
      ],
    ],
    [
      'a unit',
      { seen: unit('a.service') },
      [
        { units: { 'a.service': { load: 'loaded', active: 'active', enabled: 'enabled' } } },
        { units: { 'a.service': { load: 'loaded', active: 'inactive', enabled: 'enabled' } } },
        { units: { 'a.service': { load: 'loaded', active: 'active', enabled: 'disabled' } } },
        {},
      ],
    ],
    [
      'a program',
      { seen: query(['a', 'b c'], text) },
      [
        { output: { 'a "b c"': { exit: 0, text: 'one' } } },
        { output: { 'a "b c"': { exit: 1, text: 'one' } } },
        { output: { 'a "b c"': { exit: 0, text: '' } } },
      ],
    ],
    [
      'reads that are understood together',
      { seen: combine({ one: file('/a', text), two: file('/b', text) }, () => '') },
      [
        { content: { '/a': 'one', '/b': 'two' } },
        { content: { '/a': 'two', '/b': 'one' } },
        { content: { '/a': 'one' } },
      ],
    ],
  ];
  it.each(each)('are made anew for each difference of %s, and remembered', (_, reads, hosts) => {
    const { counts, steps } = counting(reads);
    for (let round = 0; round < 2; round++) for (const data of hosts.slice(0, 4)) steps(data);
    expect(counts.plan).toBe(Math.min(hosts.length, 4));
    for (const data of hosts.slice(4)) steps(data);
    expect(counts.plan).toBe(hosts.length);
  });

  it('are made each time where a pattern decides what is read', () => {
    const { counts, steps } = counting({ file: file('/a', text), all: files('/b/*', text) });
    for (let host = 0; host < 3; host++) steps({ content: { '/a': 'one' } });
    expect(counts.plan).toBe(3);
  });

  it('never come from a host on which something else was read', () => {
    const content = fc.oneof(
      fc.constantFrom('', 'one', 'two'),
      fc.constantFrom('ENOENT' as const, 'EACCES' as const).map((errno) => ({ errno })),
    );
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 30 }), (hosts) => {
        const reads = { file: file('/a', text) };
        const { steps } = counting(reads);
        for (const seen of hosts) {
          const fresh = counting(reads).steps({ content: { '/a': seen } });
          expect(steps({ content: { '/a': seen } })).toEqual(fresh);
        }
      }),
    );
  });
});
