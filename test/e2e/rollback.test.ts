import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { startLab, type Lab } from '../lab/hosts.ts';
import { differing, diskOf, type Disk } from './disk.ts';
import { changesOf, createSite, e2eProblem, statusOf, titled, type Report, type Site } from './perfplay.ts';
import { groupVars, rack, site as playbook } from './rack.ts';

const names = ['kvm01', 'kvm02', 'rp01'] as const;
type Name = (typeof names)[number];
type Disks = Readonly<Record<Name, Disk>>;

// One life of three hosts, in order: every test begins with a rack that was converged and ends with one as it was installed.
describe.skipIf(e2eProblem)(titled('a run is taken back on sshd hosts'), () => {
  let lab: Lab;
  let site: Site;
  let fresh: Disks;
  const disks = async (): Promise<Disks> =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await diskOf(lab.host(name))]))) as Disks;
  /** What is not as it was, by host. */
  const changed = async (since: Disks, hosts: readonly Name[] = names) => {
    const now = await disks();
    return hosts.flatMap((name) =>
      differing(since[name], now[name]).map((one) => `${name} ${one} ${since[name].get(one)} ${now[name].get(one)}`),
    );
  };
  const runs = (): readonly string[] => readdirSync(path.join(site.folder, '.perfplay/runs')).sort();
  const file = (run: string, name: string): string => path.join(site.folder, '.perfplay/runs', run, name);
  const eventsOf = (run: string): readonly Event[] =>
    readFileSync(file(run, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);
  /** The lab's files keep what was written; a kernel shows its choice among all. */
  const settle = (): Promise<unknown> =>
    Promise.all(
      names.map((name) =>
        lab.host(name).sh(`for file in /sys/block/*/queue/scheduler; do
          read -r now <"$file"
          [ "$now" != mq-deadline ] || echo '[mq-deadline] none' >"$file"
        done`),
      ),
    );
  const converge = async (): Promise<Report> => {
    await settle();
    const report = await site.report('run', 'site.yml');
    expect([report.exit, report.failures]).toEqual([0, []]);
    return report;
  };
  /** Nothing tells with which arguments a daemon was started last: it is restarted again, and that is all that is done again. */
  const restarted = (name: Name) => [expect.stringMatching(new RegExp(`^${name} irq_affinity/irqbalance/process/`))];
  const all = (status: string) => Object.fromEntries(names.map((name) => [name, status]));
  const statuses = ({ hosts }: Report) => Object.fromEntries(hosts.map(({ host, status }) => [host, status]));

  beforeAll(async () => {
    lab = await startLab(rack.filter(({ name }) => names.includes(name as Name)));
    site = createSite(lab);
    site.write('site.yml', playbook);
    for (const [group, variables] of Object.entries(groupVars)) site.write(`group_vars/${group}.yml`, variables);
    fresh = await disks();
  });
  afterEach(async () => expect(await changed(fresh)).toEqual([]), 20_000);
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });
  vi.setConfig({ testTimeout: 60_000 });

  test('--plan shows it and writes nothing, anywhere; then everything is as it was, to the byte', async () => {
    await converge();
    const after = await disks();
    expect(await changed(fresh)).not.toEqual([]);
    const before = runs();
    const plan = await site.report('rollback', '--last', '--plan');
    expect([plan.exit, statuses(plan)]).toEqual([0, all('changed')]);
    expect(await changed(after)).toEqual([]);
    expect(runs()).toEqual(before);

    const back = await site.report('rollback', '--last');
    expect([back.exit, statuses(back)]).toEqual([0, all('changed')]);
    // A kernel line goes back on one host first.
    const events = eventsOf(runs().at(-1)!);
    expect(events.flatMap((event) => (event.type === 'batch-started' ? [event.hosts.length] : []))).toEqual([1, 2]);
    const first = events.findIndex(({ type }) => type === 'task');
    expect(events.findLastIndex(({ type }) => type === 'batch-started')).toBeGreaterThan(first);
    const keys = ({ changes }: Report) =>
      changes.flatMap((one) => one.hosts.flatMap((host) => one.keys.map((key) => `${host} ${key}`)));
    expect(keys(back).sort()).toEqual(keys(plan).sort());
    expect(back.diagnostics.map(({ message }) => message)).toEqual([
      expect.stringMatching(/"Somebody was told" ran a program: .* not taken back/),
      expect.stringMatching(/"Limits are written down" ran a program/),
    ]);
  });

  test('without the controller’s record the hosts’ own journals do', async () => {
    const { run } = await converge();
    rmSync(path.join(site.folder, '.perfplay'), { recursive: true });
    const last = await site.perfplay('rollback', '--last', '-i', 'hosts.yml');
    expect([last.exitCode, last.stderr]).toEqual([1, expect.stringContaining('no run is on record')]);
    const back = await site.report('rollback', run, '-i', 'hosts.yml');
    expect([back.exit, statuses(back)]).toEqual([0, all('changed')]);
  });

  test('without a host’s own journal the record here does, and says so', async () => {
    const { run } = await converge();
    await lab.host('rp01').sh('rm -r /var/lib/perfplay/journal');
    const back = await site.report('rollback', run);
    expect([back.exit, statuses(back)]).toEqual([0, all('changed')]);
    expect(back.diagnostics.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/rp01: its own journal of the run is gone/),
    );
  });

  test('-l: only there; the rest later, and what is back stays untouched', async () => {
    const { run } = await converge();
    const after = await disks();
    const one = await site.report('rollback', run, '-l', 'kvm01');
    expect([one.exit, statuses(one)]).toEqual([0, { kvm01: 'changed' }]);
    expect(await changed(fresh, ['kvm01'])).toEqual([]);
    expect(await changed(after, ['kvm02', 'rp01'])).toEqual([]);
    const rest = await site.report('rollback', run);
    expect(rest.exit).toBe(0);
    expect(changesOf(rest).filter((one) => one.startsWith('kvm01'))).toEqual(restarted('kvm01'));
  });

  test('a host that is down now is taken back later', async () => {
    const { run } = await converge();
    const after = await disks();
    await lab.host('kvm01').cut();
    const now = await site.report('rollback', run);
    expect([now.exit, statuses(now)]).toEqual([4, { ...all('changed'), kvm01: 'unreachable' }]);
    await lab.host('kvm01').mend();
    expect(await changed(after, ['kvm01'])).toEqual([]);
    const later = await site.report('rollback', run);
    expect([later.exit, statusOf(later, 'kvm01')]).toEqual([0, 'changed']);
    expect(changesOf(later).filter((one) => !one.startsWith('kvm01'))).toEqual([
      ...restarted('kvm02'),
      ...restarted('rp01'),
    ]);
  });

  test('what somebody has changed since stays, and is named: exit 11; --force takes it too', async () => {
    const { run } = await converge();
    const host = lab.host('rp01');
    await host.write('/proc/sys/vm/swappiness', '33\n');
    const refused = await site.report('rollback', run);
    expect([refused.exit, statusOf(refused, 'rp01')]).toEqual([11, 'failed']);
    expect(refused.failures).toMatchObject([{ reason: 'stale', hosts: ['rp01'] }]);
    expect(refused.failures[0]?.message).toMatch(/sysctl\/vm\.swappiness: .*it is 33, and the run left 1.*--force/);
    expect(await host.read('/proc/sys/vm/swappiness')).toBe('33\n');
    expect(await host.read('/etc/sysctl.d/zz-perfplay.conf')).toMatch(/\nvm\/swappiness = 1\n$/);
    expect(await changed(fresh, ['kvm01', 'kvm02'])).toEqual([]);
    const forced = await site.report('rollback', run, '--force');
    expect([forced.exit, statusOf(forced, 'rp01')]).toEqual([0, 'changed']);
  });

  test('--expect-no-changes is no word of it; a rollback can be taken back', async () => {
    const { run } = await converge();
    const after = await disks();
    await site.report('rollback', run);
    const again = await site.report('rollback', '--last');
    expect([again.exit, statuses(again)]).toEqual([0, all('changed')]);
    expect(await changed(after)).toEqual([]);
    expect((await site.report('rollback', '--last')).exit).toBe(0);
  });

  test('words that mean no run', async () => {
    const said = async (...words: readonly string[]) => {
      const { exitCode, stderr } = await site.perfplay('rollback', ...words);
      return [exitCode, stderr];
    };
    expect(await said()).toEqual([1, expect.stringMatching(/which run is meant\?[^]*--last/)]);
    expect(await said('zz')).toEqual([1, expect.stringMatching(/there is no run zz[^]*perfplay history/)]);
    expect(await said('2')).toEqual([1, expect.stringMatching(/2 may be \d{8}T[^]* or /)]);
    expect(await said('20200101T000000-abcdef', '-i', 'hosts.yml')).toEqual([
      1,
      expect.stringMatching(/no host has a journal of run 20200101T000000-abcdef/),
    ]);
    expect(await said('../../etc', '-i', 'hosts.yml')).toEqual([1, expect.stringContaining('there is no run')]);
    const [run] = runs().filter((one) => existsSync(file(one, 'journal.jsonl')));
    expect(await said(run!, '-l', 'nobody')).toEqual([1, expect.stringContaining('nobody')]);
  });
});
