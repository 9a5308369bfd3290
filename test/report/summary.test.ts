import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { countHosts, emptySummary, reduce, type Summary } from '../../src/report/summary.ts';
import { begin, change, ended, finish, hostNames, rack, recap, stage, task } from './streams.ts';

const fold = (events: readonly Event[]): Summary => events.reduce(reduce, emptySummary());

describe('reduce', () => {
  it('keeps one group for equal changes of a thousand hosts and fifty tasks', () => {
    const hosts = hostNames(1000);
    const policies = Array.from({ length: 16 }, (_, cpu) =>
      change(`cpufreq/policy${cpu}/epp`, 'default', 'performance'),
    );
    const summary = fold(begin(hosts));
    for (const host of hosts)
      for (let line = 1; line <= 50; line++) reduce(summary, task(host, 'cpufreq', line, { changes: policies }));
    expect(summary.changes.size).toBe(50);
    const [group] = summary.changes.values();
    expect(group?.hosts.size).toBe(1000);
    expect(group?.set?.keys).toHaveLength(16);
    expect([...summary.tasks.values()].every(({ outcomes }) => outcomes.changed === 1000)).toBe(true);
  });

  it('counts each host once by the worst that is known of it', () => {
    const summary = fold(rack(400));
    const play = summary.play!;
    const counts = countHosts(summary, play, play.started.hosts);
    expect(counts.unreachable).toBe(8);
    expect(counts.failed).toBe(4);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(400);
    expect(play.done.size).toBe(400);
  });

  it('groups failures by task and message, apart from those that do not count', () => {
    const failed = { outcome: 'failed', reason: 'refused', message: 'EIO' } as const;
    const summary = fold([
      ...begin(['a', 'b', 'c', 'd']),
      task('a', 'ksm', 4, failed),
      task('b', 'ksm', 4, failed),
      task('c', 'ksm', 4, { ...failed, ignored: true }),
      task('d', 'ksm', 4, { ...failed, rescued: true }),
    ]);
    expect([...summary.failures.values()].map(({ hosts, tolerated }) => [[...hosts], tolerated])).toEqual([
      [['a', 'b'], undefined],
      [['c'], 'ignored'],
      [['d'], 'rescued'],
    ]);
    expect([...summary.play!.failed]).toEqual(['a', 'b']);
  });

  it('keeps a change that was not made out of the changes', () => {
    const refused = change('irq/3', '0', '1', { failed: { reason: 'refused', message: 'EIO' } });
    const summary = fold([
      ...begin(['a']),
      task('a', 'irq_affinity', 9, {
        outcome: 'failed',
        reason: 'refused',
        changes: [refused, change('irq/4', '0', '1')],
      }),
    ]);
    expect([...summary.changes.values()].map(({ set }) => set?.label)).toEqual(['irq/4']);
    const [failure] = summary.failures.values();
    expect(failure?.message).toBe('EIO');
    expect([...failure!.sets.values()].map(({ label }) => label)).toEqual(['irq/3']);
  });

  it('does not say again what a task said of a failed host', () => {
    const summary = fold([
      ...begin(['a', 'b']),
      task('a', 'ksm', 4, { outcome: 'failed', reason: 'error', message: 'no' }),
      ended('a', 'failed', { recap: recap({ failed: 1 }) }),
      ended('b', 'failed', { message: 'sudo refused', hint: 'use -K' }),
    ]);
    expect([...summary.failures.values()].map(({ message }) => message)).toEqual(['no', 'sudo refused']);
  });

  it('counts a host that was lost in an earlier play as done in the next', () => {
    const summary = fold([...begin(['a', 'b']), ended('a', 'unreachable', { message: 'gone' })]);
    reduce(summary, { type: 'play-started', play: 1, name: 'Next', hosts: ['a', 'b'], batches: 1 });
    expect([...summary.play!.done]).toEqual(['a']);
  });

  it('takes keys that are names of object members for what they are', () => {
    const summary = fold([
      ...begin(['__proto__', 'constructor']),
      stage('__proto__', 'done'),
      task('constructor', 'ksm', 3, { task: '__proto__', changes: [change('__proto__', '0', '1')] }),
      finish(),
    ]);
    expect([...summary.hosts.keys()]).toEqual(['__proto__', 'constructor']);
    expect(summary.tasks.has('__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['hosts']).toBeUndefined();
  });
});
