import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import { type Bench, startBench } from './bench.ts';
import { isShort, sample } from './form.ts';
import type { Chunk, Fault, Point } from './proxy.ts';
import { node } from './site.ts';
import { printTable, type Row } from './table.ts';
import { runTrials, type Trial } from './trial.ts';

const shells = ['dash', 'bash', 'busybox', 'mksh', 'dash', 'bash'] as const;
/** An answer's bytes depend on how it is cut into packets: of what the host says so much comes in every run. */
const certain = 0.85;
/** What perfplay says until it has asked how far the host is: so many chunks, whatever it has said before. */
const comingBack = 7;

describe.skipIf(e2eProblem)(titled('a connection that is cut at any byte'), () => {
  let bench: Bench;
  /** Of a clean run of each host. */
  const chunks = new Map<string, readonly Chunk[]>();
  const rows: Row[] = [];
  beforeAll(async () => {
    bench = await startBench(
      shells.map((shell, index) =>
        node(`c${index + 1}`, { shell, ...(shell === 'busybox' && { userland: 'busybox' }) }),
      ),
    );
    await bench.run(['run', 'site.yml', '--no-canary']).ended;
    for (const { name, proxy } of bench.targets) chunks.set(name, proxy.connections()[0]!);
  });
  afterAll(async () => {
    printTable('Cuts', rows);
    await bench?.stop();
  });

  /** Up to where a run of this host surely comes. */
  const limit = (host: string, direction: Point['direction']): number => {
    const all = chunks.get(host)!.flatMap((chunk) => (chunk.direction === direction ? [chunk.to] : []));
    return Math.max(...all) * (direction === 'down' ? certain : 1);
  };
  const boundaries = (host: string): readonly Point[] =>
    chunks
      .get(host)!
      .filter(({ direction, to }) => to < limit(host, direction))
      .map(({ direction, to }) => ({ direction, bytes: to }));
  const between = (host: string, direction: Point['direction'], step: number): readonly Point[] =>
    Array.from({ length: Math.floor(limit(host, direction) / step) }, (_, index) => ({
      direction,
      bytes: index * step + 1 + ((index * 7919) % (step - 1)),
    })).filter(({ bytes }) => bytes < limit(host, direction));

  const cutAt = (host: string, label: string, index: number, ...points: readonly Point[]): Trial => {
    const act = index % 2 === 0 ? 'rst' : 'fin';
    const faults = points.map((point, order): Fault => ({ connection: order + 1, point, act }));
    return {
      fault: `${label} (${act})`,
      stage: points.map(({ direction, bytes }) => `${direction} ${bytes}`).join(', '),
      host,
      prepare: ({ proxy }) => proxy.plan(...faults),
      injected: ({ proxy }) => proxy.injections().length === points.length,
      // Nothing was done yet, or all of it is found again: a network that fails once leaves no doubt.
      allowed: ['unreachable', 'changed'],
      says: /ECONNRESET|EPIPE|(closed|ended|cut) the connection|before a word of SSH|was lost|does not speak SSH/,
    };
  };
  const see = async (trials: readonly Trial[]): Promise<void> => {
    const ran = await runTrials(bench, trials);
    rows.push(...ran.rows);
    expect(ran.problems).toEqual([]);
  };
  const spread = (points: (host: string) => readonly Point[], count: number, label: string): readonly Trial[] =>
    // Each host has its own clean run; together they cover the whole, each its share.
    bench.targets.flatMap(({ name }, turn) =>
      sample(points(name), count)
        .filter((_, index) => !isShort || index % bench.targets.length === turn)
        .map((point, index) => cutAt(name, label, index + turn, point)),
    );

  test('at the end of every chunk', () => see(spread(boundaries, 36, 'cut after a chunk')), 3_600_000);

  test(
    'between',
    () =>
      see([
        ...spread((host) => between(host, 'up', 1500), 12, 'cut within a chunk'),
        ...spread((host) => between(host, 'down', 1500), 12, 'cut within a chunk'),
      ]),
    3_600_000,
  );

  test('and again while it comes back', () => {
    const again = bench.targets.flatMap(({ name }, turn) => {
      const up = boundaries(name).filter(({ direction }) => direction === 'up');
      // The largest sentence is the changes: they have come, and no answer has.
      const sizes = up.map(({ bytes }, at) => bytes - (up[at - 1]?.bytes ?? 0));
      const first = up[sizes.indexOf(Math.max(...sizes))]!;
      return sample(up.slice(0, comingBack), 2).map((second, index) =>
        cutAt(name, 'cut twice', index + turn, first, second),
      );
    });
    return see(again);
  }, 3_600_000);
});
