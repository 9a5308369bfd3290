import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import { signalSessions } from './acts.ts';
import { type Bench, startBench, type Target } from './bench.ts';
import { isShort } from './form.ts';
import { node } from './site.ts';
import { injectAt, offsetsOf, type Offsets, type Stage, stages } from './stages.ts';
import { printTable, type Row } from './table.ts';
import { runTrials, type Trial } from './trial.ts';

/** A keepalive every 15 s; the third that is not answered ends the connection. */
const keepaliveMs = 45_000;

describe.skipIf(e2eProblem)(titled('a host that falls silent'), () => {
  let bench: Bench;
  let offsets: Offsets;
  const rows: Row[] = [];
  beforeAll(async () => {
    bench = await startBench(Array.from({ length: stages.length + 9 }, (_, index) => node(`f${index + 1}`)));
    await bench.run(['run', 'site.yml'], { hosts: ['f1'] }).ended;
    const [chunks = []] = bench.target('f1').proxy.connections();
    offsets = offsetsOf(chunks.filter(({ direction }) => direction === 'up').map(({ to }) => to));
  });
  afterAll(async () => {
    printTable('Silence', rows);
    await bench?.stop();
  });

  const isBefore = (stage: Stage, other: Stage): boolean => stages.indexOf(stage) < stages.indexOf(other);
  const says = /has not answered for 45 s|did not finish|said nothing|opened no session|no answer|was lost/;
  const frozen = (stage: Stage, host: string): Trial => ({
    fault: 'frozen',
    stage,
    host,
    ...injectAt(stage, offsets, 'freeze'),
    allowed: isBefore(stage, 'plan') ? ['unreachable'] : ['changed'],
    says,
  });
  const stopped = (stage: Stage, host: string): Trial => {
    const { host: lab } = bench.target(host);
    return {
      fault: 'sshd stopped (SIGSTOP)',
      stage,
      host,
      ...injectAt(stage, offsets, () => signalSessions(lab, 'STOP')),
      thaw: () => signalSessions(lab, 'CONT'),
      allowed: isBefore(stage, 'plan') ? ['unreachable'] : ['changed'],
      says,
    };
  };
  /** Packets to and from the host vanish while the boot menu is made; they come again after some time, or never. */
  const vanished = (fault: string, name: string, afterMs: number | undefined, more: Partial<Trial>): Trial => {
    const { host: lab } = bench.target(name);
    return {
      fault,
      stage: 'mid-apply',
      host: name,
      vars: { ansible_host: lab.address, ansible_port: lab.port },
      prepare: ({ hold }) => hold('apply'),
      drive: async ({ reached, release }: Target) => {
        if (!(await reached('apply'))) throw new Error('no boot menu was made');
        await lab.cut();
        await release('apply');
        if (afterMs === undefined) return;
        await delay(afterMs);
        await lab.mend();
      },
      injected: () => true,
      // sshd, too, gives a silent client up some day: not as long as a test takes.
      thaw: async () => {
        if (afterMs === undefined) await lab.mend();
        await signalSessions(lab, 'KILL');
      },
      allowed: ['changed'],
      says,
      ...more,
    };
  };

  /** Cut off while the boot menu is made, and then sent away for a while, or for good. */
  const sentAway = (
    fault: string,
    name: string,
    away: (target: Target) => Promise<void>,
    more: Partial<Trial> = {},
  ): Trial => ({
    fault,
    stage: 'mid-apply',
    host: name,
    prepare: ({ hold }) => hold('apply'),
    drive: async (target) => {
      if (!(await target.reached('apply'))) throw new Error('no boot menu was made');
      await away(target);
      await target.release('apply');
    },
    injected: () => true,
    allowed: ['changed'],
    says,
    ...more,
  });

  // All at once: silence costs time, and nothing else.
  test('at every stage', async () => {
    const names = bench.targets.map(({ name }) => name);
    const trials = [
      ...stages.map((stage, index) => frozen(stage, names[index]!)),
      ...(['first ask', 'mid-apply', 'long step'] as const).map((stage, index) =>
        stopped(stage, names[stages.length + index]!),
      ),
      vanished('packets vanish for 50 s', names[stages.length + 3]!, keepaliveMs + 5000, {}),
      vanished('packets vanish for 5 s', names[stages.length + 4]!, 5000, {}),
      sentAway('cut, then refused for 6 s', names[stages.length + 6]!, async ({ proxy }) => {
        await proxy.refuse();
        await delay(6000);
        await proxy.mend();
      }),
      sentAway('cut, then busy three times', names[stages.length + 7]!, async ({ proxy }) => {
        proxy.standIn((socket) => socket.end(), 3);
        proxy.act('rst');
      }),
      sentAway('cut, then refused for ever', names[stages.length + 8]!, ({ proxy }) => proxy.refuse(), {
        allowed: ['unknown'],
        says: /connecting again: ECONNREFUSED/,
      }),
      ...(isShort
        ? []
        : [vanished('packets vanish for ever', names[stages.length + 5]!, undefined, { allowed: ['unknown'] })]),
    ];
    const ran = await runTrials(bench, trials);
    rows.push(...ran.rows);
    expect(ran.problems).toEqual([]);
  });
});
