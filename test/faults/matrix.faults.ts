import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import type { LabHost } from '../lab/host.ts';
import { killAll, signalSessions, signalShell } from './acts.ts';
import { type Bench, startBench, type Target } from './bench.ts';
import type { Status } from './oracle.ts';
import type { Act } from './proxy.ts';
import { node } from './site.ts';
import { injectAt, offsetsOf, type Offsets, type Stage, stages } from './stages.ts';
import { printTable, type Row } from './table.ts';
import { runTrials, type Trial } from './trial.ts';

const on =
  (act: (host: LabHost) => Promise<void>) =>
  ({ host }: Target): Act =>
  () =>
    act(host);

interface StagedFault {
  readonly name: string;
  readonly act: (target: Target) => Act;
  readonly stages: readonly Stage[];
  readonly says: RegExp;
  /** What the shell has begun is left as it is then. */
  readonly killsShell?: boolean;
}

const loggedIn = stages.slice(stages.indexOf('first ask'));
const working: readonly Stage[] = ['mid-apply', 'long step'];
const cut = /ECONNRESET|EPIPE|(closed|ended|cut) the connection|was lost|does not speak SSH/;
const killed = /shell (was killed|ended)|session ended/;
const faults: readonly StagedFault[] = [
  { name: 'reset', act: () => 'rst', stages, says: cut },
  { name: 'ended', act: () => 'fin', stages, says: cut },
  { name: 'one bit flipped', act: () => 'garble', stages, says: cut },
  { name: 'sshd killed', act: on((host) => signalSessions(host, 'KILL')), stages, says: cut },
  // Before the first ask there is no shell.
  ...(['TERM', 'KILL'] as const).map((signal) => ({
    name: `shell killed by SIG${signal}`,
    act: on((host) => signalShell(host, signal)),
    stages: loggedIn,
    says: killed,
    killsShell: true,
  })),
  {
    name: 'every process killed',
    act: on(killAll),
    stages,
    says: RegExp(`${cut.source}|${killed.source}`),
    killsShell: true,
  },
];

/** What may truly be said. What the host has begun goes on without a connection, and is found again; nothing of it is done twice. */
const allowed = (stage: Stage, killsShell: boolean): readonly Status[] => {
  if (killsShell && working.includes(stage)) return ['unknown'];
  return stages.indexOf(stage) < stages.indexOf('plan') ? ['unreachable'] : ['changed'];
};

/** Cells of the table that have nothing to inject, and why. */
const emptyCells = [
  'shell killed, from greeting to exec: there is no shell yet',
  'DNS, refused, no route, MaxStartups, penalty, not SSH, algorithms, host keys, logins after the greeting (connect.faults.ts): they decide whether there is a connection; while one is made again freeze.faults.ts has them',
  'sudo, requiretty, profiles after the session (logins.faults.ts): they decide whether there is a shell',
  'disks and files before the apply (disk.faults.ts): nothing is written before',
  'frozen, vanished (freeze.faults.ts): every stage, in a file of its own as each takes 45 s',
];

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
    for (const cell of emptyCells) process.stdout.write(`no cell: ${cell}\n`);
    await bench?.stop();
  });

  test.each(faults)('$name', async (fault) => {
    const { name, act, says, killsShell = false } = fault;
    const trials = fault.stages.map((stage, index): Trial => {
      // Every stage meets every shell.
      const target = bench.targets[(index + faults.indexOf(fault)) % bench.targets.length]!;
      const injection = injectAt(stage, offsets, act(target));
      return {
        fault: name,
        stage,
        host: target.name,
        ...injection,
        allowed: allowed(stage, killsShell),
        says,
        leavesTemporary: killsShell,
      };
    });
    const ran = await runTrials(bench, trials);
    rows.push(...ran.rows);
    expect(ran.problems).toEqual([]);
  });
});
