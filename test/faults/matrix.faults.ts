import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import { killAll, signalSessions, signalShell } from './acts.ts';
import { type Bench, startBench, type Target } from './bench.ts';
import type { Status } from './oracle.ts';
import type { Act } from './proxy.ts';
import { node } from './site.ts';
import { injectAt, offsetsOf, type Offsets, type Stage, stages } from './stages.ts';
import { printTable, type Row } from './table.ts';
import { runTrials, type Trial } from './trial.ts';

interface StagedFault {
  readonly name: string;
  readonly act: (target: Target) => Act;
  readonly stages: readonly Stage[];
  readonly says: RegExp;
  readonly leavesTemporary?: boolean;
}

const loggedIn = stages.slice(stages.indexOf('first ask'));
const faults: readonly StagedFault[] = [
  { name: 'reset', act: () => 'rst', stages, says: /ECONNRESET|closed the connection/ },
  { name: 'ended', act: () => 'fin', stages, says: /closed the connection|cut the connection/ },
  {
    name: 'one bit flipped',
    act: () => 'garble',
    stages,
    says: /(closed|ended|cut) the connection|does not speak SSH/,
  },
  {
    name: 'sshd killed',
    act:
      ({ host }) =>
      () =>
        signalSessions(host, 'KILL'),
    stages,
    says: /closed the connection|cut the connection/,
  },
  // Before the first ask there is no shell.
  {
    name: 'shell killed by SIGTERM',
    act:
      ({ host }) =>
      () =>
        signalShell(host, 'TERM'),
    stages: loggedIn,
    says: /shell (was killed|ended)|session ended/,
    leavesTemporary: true,
  },
  {
    name: 'shell killed by SIGKILL',
    act:
      ({ host }) =>
      () =>
        signalShell(host, 'KILL'),
    stages: loggedIn,
    says: /shell (was killed|ended)|session ended/,
    leavesTemporary: true,
  },
  {
    name: 'every process killed',
    act:
      ({ host }) =>
      () =>
        killAll(host),
    stages,
    says: /closed the connection|cut the connection|shell (was killed|ended)/,
    leavesTemporary: true,
  },
];

/** What may truly be said of a host whose connection was lost then. */
const allowed = (stage: Stage): readonly Status[] => {
  if (stage === 'close') return ['changed'];
  // In `plan` the controller has sent its changes, and cannot know that they never came.
  if (['plan', 'mid-apply', 'between rounds', 'long step'].includes(stage)) return ['unknown', 'changed'];
  return ['unreachable', 'changed'];
};

const shells = ['dash', 'bash', 'busybox', 'mksh'] as const;

describe.skipIf(e2eProblem)(titled('every end of a connection at every stage'), () => {
  let bench: Bench;
  let offsets: Offsets;
  const rows: Row[] = [];
  beforeAll(async () => {
    bench = await startBench(
      Array.from({ length: 8 }, (_, index) => {
        const shell = shells[index % shells.length]!;
        return node(`n${index + 1}`, { shell, ...(shell === 'busybox' && { userland: 'busybox' }) });
      }),
    );
    await bench.run(['run', 'site.yml'], { hosts: ['n1'] }).ended;
    const [chunks = []] = bench.target('n1').proxy.connections();
    offsets = offsetsOf(chunks.filter(({ direction }) => direction === 'up').map(({ to }) => to));
  });
  afterAll(async () => {
    printTable('Ends of a connection', rows);
    await bench?.stop();
  });

  test.each(faults)('$name', async ({ name, act, stages: at, says, leavesTemporary = false }) => {
    const trials = at.map((stage, index): Trial => {
      const target = bench.targets[index % bench.targets.length]!;
      const injection = injectAt(stage, offsets, act(target));
      return { fault: name, stage, host: target.name, ...injection, allowed: allowed(stage), says, leavesTemporary };
    });
    const ran = await runTrials(bench, trials);
    rows.push(...ran.rows);
    expect(ran.problems).toEqual([]);
  });
});
