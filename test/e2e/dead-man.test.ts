import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { startLab, type Lab } from '../lab/hosts.ts';
import type { HostSpec } from '../lab/spec.ts';
import type { Tree } from '../lab/tree.ts';
import { brokerNode, computeNode } from '../lab/trees.ts';
import { createSite, e2eProblem, startPerfplay, statusOf, titled, type Report, type Site } from './perfplay.ts';

/** systemctl(1) of a host whose ssh.service is the sshd that listens: sessions outlive it, as they do on Debian. */
const ssh: Tree = {
  '/var/lib/lab/units/ssh.service': 'loaded active enabled\n',
  '/usr/local/bin/systemctl': {
    mode: 0o755,
    text: `#!/bin/sh
/usr/bin/systemctl "$@" || exit
case "$*" in
  'stop ssh.service')
    pid=$(cat /run/sshd.pid) && kill "$pid" || exit
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done ;;
  'start ssh.service') kill -0 "$(cat /run/sshd.pid)" 2>/dev/null || /usr/sbin/sshd -E /var/log/sshd.log ;;
esac
`,
  },
};

/** What befalls a new session while interrupt 41 is not where it was: a line of sh, once it stands in /run/fault. */
const gate: Tree = {
  '/usr/libexec/lab/gate': {
    mode: 0o755,
    text: `#!/bin/sh
[ ! -e /run/fault ] || [ "$(cat /proc/irq/41/smp_affinity_list)" = 0 ] || . /run/fault
exec sh -c "$SSH_ORIGINAL_COMMAND"
`,
  },
};
const gated = ['ForceCommand exec /usr/libexec/lab/gate'];
/** Nobody listens any more, either. */
const listener: Tree = {
  '/usr/libexec/lab/listener': {
    mode: 0o755,
    text: `#!/bin/sh
while [ -e /run/fault ]; do
  case $(cat /proc/irq/41/smp_affinity_list) in
    0) [ -e /run/sshd.pid ] || /usr/sbin/sshd -E /var/log/sshd.log ;;
    *) [ ! -e /run/sshd.pid ] || kill "$(cat /run/sshd.pid)" ;;
  esac
  sleep 0.2
done
`,
  },
};

/** Writes a line whenever one of these is another: where an interrupt is, whether the next boot moves it, connections, watches. */
const watcher: Tree = {
  '/usr/libexec/lab/watcher': {
    mode: 0o755,
    text: `#!/bin/sh
while sleep 0.01; do
  kept=running
  [ ! -e /etc/perfplay/boot.tab ] || kept=boot
  now="$(cat "/proc/irq/$1/smp_affinity_list") $kept $(grep -c '^Connection from' /var/log/sshd.log) $(ls -d /run/perfplay/*.watch 2>/dev/null | wc -l)"
  [ "$now" = "$before" ] || echo "$now"
  before=$now
done >/run/watched
`,
  },
};

const root = { user: 'root' };
/** Nobody balances interrupts here but we. */
const alone: Tree = { '/var/lib/lab/units/irqbalance.service': null };
const compute = (...trees: readonly Tree[]): Tree =>
  Object.assign({}, computeNode(), alone, { '/proc/irq/40/smp_affinity_list': '3\n' }, ...trees) as Tree;
const hosts: readonly HostSpec[] = [
  { name: 'stops', tree: compute(ssh) },
  { name: 'keeps', tree: compute(watcher) },
  { name: 'plain', login: root, tree: { ...brokerNode(), ...alone, ...watcher } },
  { name: 'cuts', tree: compute(gate, listener), sshd: gated },
  { name: 'killed', tree: compute(gate), sshd: gated },
  { name: 'typed', tree: compute(gate), sshd: gated },
  { name: 'silent', tree: compute(gate), sshd: gated },
  { name: 'later', tree: compute(ssh) },
  { name: 'unarmed', tree: compute() },
  { name: 'back', tree: compute(watcher) },
  { name: 'stuck', tree: compute() },
  { name: 'other', tree: compute() },
  { name: 'seen', tree: compute() },
  { name: 'giver', tree: compute() },
];

const spread = { irq_affinity: { devices: { nic: 'ens*' }, mode: 'spread', cpus: 'local' } };
const swappiness = { sysctl: { values: { 'vm.swappiness': 7 } } };
const play = (where: string, ...tasks: readonly unknown[]): unknown => [
  { name: 'Trial', hosts: where, become: true, tasks },
];

const affinities = (host: LabHost, first = 40): Promise<string> =>
  host.sh(
    `for irq in ${[0, 1, 2, 3].map((more) => first + more).join(' ')}; do cat /proc/irq/$irq/smp_affinity_list; done`,
  );
const before = '3\n0\n0\n0';
const after = '0\n1\n2\n3';
/** Answers that were kept, and watches. */
const left = (host: LabHost): Promise<string> => host.sh('ls /run/perfplay /tmp | grep -e ^batch -e ^perfplay || :');
const background = (host: LabHost, program: string, ...words: readonly string[]): Promise<string> =>
  host.sh(`setsid "$@" </dev/null >/dev/null 2>&1 &`, program, ...words);
const seconds = async (work: Promise<unknown>): Promise<number> => {
  const begun = Date.now();
  await work;
  return (Date.now() - begun) / 1000;
};
const outcomes = ({ tasks }: Report): readonly (readonly string[])[] =>
  tasks.map(({ outcomes: all }) => Object.entries(all).flatMap(([outcome, count]) => (count > 0 ? [outcome] : [])));

describe.skipIf(e2eProblem)(titled('changes that may cut the session, on sshd hosts'), () => {
  let lab: Lab;
  const sites: Site[] = [];
  /** All of them begin together, as each waits for long on a host of its own. */
  const trials: { readonly title: string; readonly work: () => Promise<void> }[] = [];
  const begun = new Map<string, Promise<void>>();
  const trial = (title: string, work: () => Promise<void>): void => void trials.push({ title, work });
  beforeAll(async () => {
    lab = await startLab(hosts);
    for (const { title, work } of trials) {
      const done = work();
      done.catch(() => undefined);
      begun.set(title, done);
    }
  });
  afterAll(async () => {
    for (const site of sites) site.remove();
    await lab?.stop();
  });
  const on = (name: string, ...tasks: readonly unknown[]): { readonly host: LabHost; readonly site: Site } => {
    const site = createSite(lab);
    sites.push(site);
    site.write('site.yml', play(name, ...tasks));
    return { host: lab.host(name), site };
  };
  const start = (site: Site) =>
    startPerfplay(['run', 'site.yml', '-i', 'hosts.yml', '--output', 'json', '--timeout', '5'], { cwd: site.folder });

  trial('sshd is stopped: the host starts it again, and says so; another task of the play stays done', async () => {
    const { host, site } = on('stops', swappiness, { service: { name: 'ssh', state: 'stopped' } });
    const running = site.report('run', 'site.yml');
    expect(await seconds(running)).toBeLessThan(50);
    const report = await running;
    expect([report.exit, statusOf(report, 'stops')]).toEqual([2, 'failed']);
    expect(report.failures).toMatchObject([{ reason: 'refused', module: 'service' }]);
    expect(report.failures[0]!.message).toMatch(/ssh\.service\/active: .*nobody could connect.*put back/);
    expect(outcomes(report)).toEqual([['changed'], ['failed']]);
    expect(await host.sh('kill -0 "$(cat /run/sshd.pid)" && systemctl is-active ssh')).toBe('active');
    expect(await host.read('/proc/sys/vm/swappiness')).toBe('7\n');
    expect(await left(host)).toBe('');
    expect((await site.report('plan', 'site.yml')).changes).toMatchObject([{ keys: ['service/ssh.service/active'] }]);
  });

  for (const [name, irq] of [
    ['keeps', 40],
    ['plain', 70],
  ] as const)
    trial(`interrupts of a NIC are moved (${name}): confirmed over one more connection, then kept`, async () => {
      const { host, site } = on(name, spread);
      const moved = irq === 40 ? after : '4\n5\n6\n7';
      await background(host, '/usr/libexec/lab/watcher', String(irq + 1));
      const report = await site.report('run', 'site.yml');
      expect([report.exit, statusOf(report, name)]).toEqual([0, 'changed']);
      expect(await host.connections()).toBe(2);
      expect([await affinities(host, irq), await left(host)]).toEqual([moved, '']);
      expect(report.changes.map(({ levels }) => levels)).toEqual(report.changes.map(() => ['running', 'boot']));
      const keys = report.changes.flatMap((change) => change.keys);
      expect([keys.length, new Set(keys).size]).toEqual([4, 4]);
      const to = moved.split('\n')[1]!;
      expect((await host.read('/run/watched')).split('\n').filter((line) => line.includes('boot'))).toEqual([
        `${to} boot 2 0`,
      ]);
      expect(await host.read('/run/watched')).toMatch(
        new RegExp(`^${to} running [12] 1\\n(.*\\n)*${to} running 2 0$`, 'm'),
      );
      expect(await host.read('/etc/perfplay/boot.tab')).toMatch(/^irq nic:ens\S+ \S+ \d$/m);
      await host.clear();
      const second = await site.report('run', 'site.yml');
      expect([second.exit, second.changes, await host.connections()]).toEqual([0, [], 1]);
      await host.sh('sleep 33');
      expect([await affinities(host, irq), await left(host)]).toEqual([moved, '']);
    });

  trial('nobody comes through once an interrupt has moved: all of them are put back, nothing is kept', async () => {
    const { host, site } = on('cuts', spread);
    await host.write('/run/fault', 'exit 1\n');
    await background(host, '/usr/libexec/lab/listener');
    const report = await site.report('run', 'site.yml');
    expect([report.exit, statusOf(report, 'cuts')]).toEqual([2, 'failed']);
    expect(report.failures).toMatchObject([{ reason: 'refused', module: 'irq_affinity' }]);
    expect(await affinities(host)).toBe(before);
    expect(await host.sh('ls -d /etc/perfplay /etc/systemd/system/perfplay* 2>/dev/null || :')).toBe('');
    expect(await left(host)).toBe('');
    await host.sh('rm /run/fault');
    const second = await site.report('run', 'site.yml');
    expect([second.exit, await affinities(host)]).toEqual([0, after]);
    expect(await host.read('/etc/perfplay/boot.tab')).toMatch(/^irq nic:ens1f0/m);
  });

  trial('perfplay is killed before it has confirmed: the host puts all back, and a run converges', async () => {
    const { host, site } = on('killed', spread);
    await host.write('/run/fault', 'sleep 600\n');
    const run = start(site);
    await vi.waitFor(async () => expect(await affinities(host)).toBe(after), { timeout: 10_000, interval: 50 });
    run.kill('SIGKILL');
    await run;
    await host.sh('rm /run/fault');
    expect(await affinities(host)).toBe(after);
    await vi.waitFor(async () => expect(await affinities(host)).toBe(before), { timeout: 40_000, interval: 500 });
    const report = await site.report('run', 'site.yml');
    expect([report.exit, await affinities(host)]).toEqual([0, after]);
  });

  trial(
    'interrupted while it waits: exit code 130, and what is not known is said; the host puts all back',
    async () => {
      const { host, site } = on('typed', spread);
      await host.write('/run/fault', 'sleep 600\n');
      const run = start(site);
      await vi.waitFor(async () => expect(await affinities(host)).toBe(after), { timeout: 10_000, interval: 50 });
      await host.sh('sleep 1');
      const ends = seconds(run);
      run.kill('SIGINT');
      expect(await ends).toBeLessThan(20);
      const { stdout, exitCode } = await run;
      const report = JSON.parse(stdout) as Report;
      expect([exitCode, statusOf(report, 'typed')]).toEqual([130, 'unknown']);
      expect(report.hosts[0]!.message).toMatch(/takes it back by itself within 30 s/);
      await host.sh('rm /run/fault');
      await vi.waitFor(async () => expect(await affinities(host)).toBe(before), { timeout: 40_000, interval: 500 });
    },
  );

  trial('a new connection that says nothing is given up', async () => {
    const { host, site } = on('silent', spread);
    await host.write('/run/fault', 'sleep 600\n');
    const report = await site.report('run', 'site.yml');
    expect([report.exit, statusOf(report, 'silent'), await affinities(host)]).toEqual([2, 'failed', before]);
    expect([report.failures.map(({ reason }) => reason), await left(host)]).toEqual([['refused'], '']);
  });

  trial('a check arms nothing, and shows each change once, running and boot', async () => {
    const { host, site } = on('seen', spread);
    const report = await site.report('run', 'site.yml', '--check');
    expect(report.changes.flatMap(({ keys, levels }) => keys.map(() => levels.join(' ')))).toEqual(
      Array.from({ length: 4 }, () => 'running boot'),
    );
    expect([await host.connections(), await left(host), await affinities(host)]).toEqual([1, '', before]);
  });

  trial('an interrupt that cannot be moved fails; the others are confirmed and stay', async () => {
    const { host, site } = on('stuck', spread);
    await host.refuse('/proc/irq/41/smp_affinity_list');
    const report = await site.report('run', 'site.yml');
    expect([report.exit, await affinities(host)]).toEqual([2, '0\n0\n2\n3']);
    expect(report.failures).toMatchObject([{ reason: 'refused' }]);
    expect(report.failures[0]!.message).toMatch(/TxRx-1: .*EROFS/);
    expect([await host.connections(), await left(host)]).toEqual([2, '']);
  });

  trial('done for another host, it is confirmed over a new connection to that one', async () => {
    const { site } = on('giver', { ...spread, delegate_to: 'other' });
    const report = await site.report('run', 'site.yml');
    const other = lab.host('other');
    expect([report.exit, await affinities(other), await other.connections()]).toEqual([0, after, 2]);
  });

  trial('taken back by a rollback, it is confirmed in the same way', async () => {
    const { host, site } = on('back', spread);
    expect((await site.report('run', 'site.yml')).exit).toBe(0);
    await host.clear();
    await background(host, '/usr/libexec/lab/watcher', '41');
    const report = await site.report('rollback', '--last');
    expect([report.exit, await affinities(host)]).toEqual([0, before]);
    expect(await host.read('/run/watched')).toMatch(/^0 (?:boot|running) \d 1$/m);
    expect(await host.sh('ls -d /etc/perfplay 2>/dev/null || :')).toBe('');
  });

  trial('a task after one that may cut the session begins when that is confirmed', async () => {
    const { host, site } = on(
      'later',
      { service: { name: 'ssh', state: 'stopped' } },
      { sysctl: { values: { 'vm.swappiness': 9 } } },
    );
    const report = await site.report('run', 'site.yml');
    expect(outcomes(report)).toEqual([['failed']]);
    expect(await host.read('/proc/sys/vm/swappiness')).not.toBe('9\n');
  });

  trial('is refused where the host cannot keep what would take it back', async () => {
    const { host, site } = on('unarmed', spread);
    await host.sh('mkdir -p /run/perfplay');
    for (const folder of ['/run/perfplay', '/tmp']) await host.refuse(folder);
    const report = await site.report('run', 'site.yml');
    expect([report.exit, await host.connections(), await affinities(host)]).toEqual([2, 1, before]);
    expect(report.failures).toMatchObject([{ reason: 'refused' }]);
    expect(report.failures[0]!.message).toMatch(/nothing was changed/);
  });

  for (const { title } of trials) test(title, () => begun.get(title), 75_000);
});
