import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import { killAll } from './acts.ts';
import { type Bench, type Ran, startBench, type Target } from './bench.ts';
import { isShort } from './form.ts';
import { node } from './site.ts';

/** Alone in here? A folder is made once; whoever made it and is dead has left it, and is no witness. */
const witness = `#!/bin/sh
echo x >>/run/faults/entered
if mkdir /run/faults/in 2>/dev/null; then :
else
  read -r other </run/faults/in/pid 2>/dev/null
  [ ! -d "/proc/\${other:-none}" ] || echo "$$ beside $other" >>/run/faults/violated
fi
echo $$ >/run/faults/in/pid
sleep 0.2
read -r other </run/faults/in/pid
[ "$other" = $$ ] || echo "$$ was joined by $other" >>/run/faults/violated
rm -rf /run/faults/in
`;

const site = `- name: Contended
  hosts: all
  become: true
  tasks:
    - name: alone
      command: {argv: [/usr/libexec/lab/witness]}
`;

const hosts = ['flock', 'link', 'mksh'] as const;
const rounds = isShort ? 4 : 25;
const together = 4;

describe.skipIf(e2eProblem)(titled('the lock of a host'), () => {
  let bench: Bench;
  let kills = 0;
  beforeAll(async () => {
    const tree = { '/usr/libexec/lab/witness': { mode: 0o755, text: witness } };
    bench = await startBench([
      node('flock', { tree }),
      // Without flock(1) the lock is a hard link.
      node('link', { shell: 'busybox', userland: 'busybox', tree: { ...tree, '/usr/bin/flock': null } }),
      node('mksh', { shell: 'mksh', tree }),
    ]);
    bench.write('lock.yml', site);
  });
  afterAll(async () => {
    for (const { name, host } of bench?.targets ?? []) {
      const entered = await host.sh('cat /run/faults/entered 2>/dev/null | wc -l');
      const violated = await host.sh('cat /run/faults/violated 2>/dev/null | wc -l');
      process.stdout.write(`Lock of ${name}: ${entered.trim()} held it, ${violated.trim()} violations\n`);
    }
    process.stdout.write(`${kills} holders were killed\n`);
    await bench?.stop();
  });

  const inside = ({ host }: Target): boolean => existsSync(`/proc/${host.pid}/root/run/faults/in/pid`);
  const until = async (holds: () => boolean, going: Promise<unknown>): Promise<void> => {
    let over = false;
    void going.then(() => (over = true));
    while (!over && !holds()) await delay(5);
  };

  test('one run at a time, whoever is killed', async () => {
    const problems: string[] = [];
    const judge = (ran: Ran, label: string, killed: boolean): void => {
      // Where all processes of a host are killed, those that wait there are cut off, too.
      if (!killed && ![0, 2, 4, 6].includes(ran.exit ?? -1)) problems.push(`${label}: exit ${ran.exit}: ${ran.stderr}`);
      for (const name of hosts) {
        const { ended } = ran.said(name);
        if (!killed && ended.length !== 1) problems.push(`${label}: ${name} has ${ended.length} states`);
      }
    };
    // A dead controller takes one run with it; a host all of whose processes are killed loses all that wait there.
    const least = new Map<string, number>(hosts.map((name) => [name, 0]));
    for (let round = 0; round < rounds; round++) {
      const victim = bench.targets[round % bench.targets.length]!;
      const contenders = Array.from({ length: together }, (_, index) => ({
        index,
        running: bench.run(['run', 'lock.yml', '--no-canary', '--lock-timeout', '60']),
      }));
      const all = Promise.all(contenders.map(({ running }) => running.ended));
      // One of them dies while somebody is inside: the controller, or all that it has begun on one host.
      await until(() => inside(victim), all);
      kills++;
      for (const name of hosts) {
        const lost = round % 2 === 0 ? 1 : name === victim.name ? together - 1 : 0;
        least.set(name, least.get(name)! + together - lost);
      }
      if (round % 2 === 0) contenders[0]!.running.kill('SIGKILL');
      else await killAll(victim.host);
      for (const { index, running } of contenders)
        judge(await running.ended, `round ${round}, run ${index}`, round % 2 === 0 && index === 0);
      for (const target of bench.targets) await target.settled();
    }
    for (const { name, host } of bench.targets) {
      const violated = await host.sh('cat /run/faults/violated 2>/dev/null || :');
      if (violated !== '') problems.push(`${name}: ${violated}`);
      const entered = Number(await host.sh('wc -l </run/faults/entered'));
      if (entered < least.get(name)!) problems.push(`${name}: only ${entered} held the lock`);
    }
    expect(problems).toEqual([]);
  });

  test('a run that does not wait ends with 12, and names who holds it since when', async () => {
    for (const target of bench.targets) await target.reset();
    const [target] = bench.targets as [Target];
    await target.hold('step');
    const first = bench.run(['run', 'site.yml'], { hosts: [target.name] });
    expect(await target.reached('step')).toBe(true);
    const second = await bench.run(['run', 'lock.yml'], { hosts: [target.name] }).ended;
    await target.release('step');
    expect((await first.ended).exit).toBe(0);
    expect(second.exit).toBe(12);
    const [end] = second.said(target.name).ended;
    expect(end?.message).toMatch(
      /run \d+T\d+-\w+ of \S+@\S+ holds the lock of this host since \d{4}-\S+ \(process \d+ there\)$/,
    );
    expect(end?.hint).toContain('--lock-timeout');
  });
});
