import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PlanFile } from '../../src/commands/plan-file.ts';
import { startLab, type Lab } from '../lab/hosts.ts';
import { computeNode } from '../lab/trees.ts';
import { differing, diskOf, type Disk } from './disk.ts';
import { createSite, e2eProblem, statusOf, titled, type Report, type Site } from './perfplay.ts';

const names = ['a', 'b'] as const;
type Name = (typeof names)[number];

/** Running and kept values, a line of somebody's file, a whole file, and an act that no plan can hold. */
const playbook = `- name: Limits
  hosts: all
  become: true
  tasks:
    - {name: Swap late, sysctl: {values: {vm.swappiness: 1, vm.dirty_ratio: 5}}}
    - {name: Full clock, cpufreq: {governor: performance}}
    - {name: A note, file: {path: /srv/app/note, content: declared, mode: '0640'}}
    - {name: Huge pages, qemu_kvm: {defaults: {KVM_HUGEPAGES: 1}}}
    - {name: Somebody is told, command: {argv: [touch, /root/told], creates: /root/told}}
`;

describe.skipIf(e2eProblem)(titled('a plan in a file', e2eProblem), () => {
  let lab: Lab;
  let site: Site;
  vi.setConfig({ testTimeout: 60_000 });
  const at = (name: string): string => path.join(site.folder, name);
  const readPlan = (name = 'plan.json'): PlanFile => JSON.parse(readFileSync(at(name), 'utf8')) as PlanFile;
  const write = (name: string, plan: unknown): void => writeFileSync(at(name), JSON.stringify(plan));
  const disks = async (): Promise<Readonly<Record<Name, Disk>>> =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await diskOf(lab.host(name))]))) as never;
  const plan = () => site.perfplay('plan', 'site.yml', '-o', 'plan.json');
  const apply = (...words: readonly string[]): Promise<Report> => site.report('apply', 'plan.json', ...words);
  const clear = async (): Promise<unknown> => Promise.all(lab.hosts.map((host) => host.clear()));
  /** Of every host together. */
  const connections = async (): Promise<number> =>
    (await Promise.all(lab.hosts.map((host) => host.connections()))).reduce((sum, count) => sum + count, 0);

  beforeAll(async () => {
    lab = await startLab(names.map((name) => ({ name, tree: computeNode() })));
    site = createSite(lab);
    site.write('site.yml', playbook);
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  test('holds the changes with what they replace, for its owner alone; acts are left out, and named', async () => {
    const before = await disks();
    const { exitCode, stderr } = await plan();
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/plan\.json: \d+ changes on 2 hosts; perfplay apply plan\.json/);
    expect(stderr).toMatch(/left out, as only a run does it: site\.yml:\d+ Somebody is told/);
    expect(statSync(at('plan.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(site.folder).filter((name) => name.startsWith('plan.json'))).toEqual(['plan.json']);
    const { version, plays, left_out: leftOut } = readPlan();
    expect([version, leftOut]).toEqual([1, [expect.stringMatching(/site\.yml:\d+ Somebody is told/)]]);
    const changes = plays[0]!.hosts['a']!.flatMap((one) => one.changes);
    expect(changes).toContainEqual(
      expect.objectContaining({ at: { kind: 'attribute', path: '/proc/sys/vm/swappiness' }, before: '60', after: '1' }),
    );
    expect(changes.filter(({ by }) => by !== undefined)).toEqual([]);
    const after = await disks();
    expect(names.flatMap((name) => differing(before[name], after[name]))).toEqual([]);
  });

  test('that was overtaken on one host: 11, old and new are named, nothing is changed there, and the other is done', async () => {
    const host = lab.host('a');
    await host.write('/proc/sys/vm/dirty_ratio', '33\n');
    const before = await disks();
    const report = await apply();
    expect([report.exit, statusOf(report, 'a'), statusOf(report, 'b')]).toEqual([11, 'failed', 'changed']);
    expect(report.failures).toMatchObject([{ reason: 'stale', hosts: ['a'] }]);
    expect(report.failures[0]?.message).toMatch(/sysctl\/vm\.dirty_ratio: .*it was 20, and is 33/);
    const after = await disks();
    expect(differing(before.a, after.a)).toEqual([]);
    expect(differing(before.b, after.b)).toContain('etc/sysctl.d/zz-perfplay.conf');
    await host.write('/proc/sys/vm/dirty_ratio', '20\n');
  });

  test('is done exactly, and then it is done', async () => {
    const first = await apply();
    expect([first.exit, statusOf(first, 'a'), statusOf(first, 'b')]).toEqual([0, 'changed', 'ok']);
    const before = await disks();
    const again = await apply();
    expect([again.exit, again.recap.changed, again.changes]).toEqual([0, 0, []]);
    const after = await disks();
    expect(names.flatMap((name) => differing(before[name], after[name]))).toEqual([]);
    // A run has only the act to do that no plan could hold.
    const run = await site.report('run', 'site.yml');
    expect([run.exit, run.changes.flatMap(({ keys }) => keys)]).toEqual([0, []]);
    expect(run.tasks.filter(({ outcomes }) => outcomes.changed > 0).map(({ name }) => name)).toEqual([
      'Somebody is told',
    ]);
    expect(await lab.host('a').sh('stat -c %a /srv/app/note && cat /srv/app/note')).toBe('640\ndeclared');
  });

  test('-l: only there, in a plan too', async () => {
    site.write('site.yml', playbook.replace('vm.swappiness: 1', 'vm.swappiness: 7'));
    await site.perfplay('plan', 'site.yml', '-l', 'b', '-o', 'plan.json');
    expect(Object.keys(readPlan().plays[0]!.hosts)).toEqual(['b']);
    const report = await apply();
    expect([report.exit, report.hosts.map(({ host }) => host)]).toEqual([0, ['b']]);
    expect(await lab.host('a').read('/proc/sys/vm/swappiness')).toBe('1\n');
    expect(await lab.host('b').read('/proc/sys/vm/swappiness')).toBe('7\n');
    await plan();
    await clear();
    const limited = await site.perfplay('apply', 'plan.json', '-l', 'b');
    expect([limited.exitCode, limited.stdout]).toEqual([0, 'plan.json: nothing to change']);
    expect(await lab.host('a').connections()).toBe(0);
  });

  test('is a run like any other: on record, and it can be taken back', async () => {
    site.write('site.yml', playbook.replace('vm.swappiness: 1', 'vm.swappiness: 9'));
    const before = await disks();
    await plan();
    expect((await apply()).exit).toBe(0);
    expect(await lab.host('a').read('/proc/sys/vm/swappiness')).toBe('9\n');
    expect((await site.perfplay('history')).stdout).toMatch(/ {2}apply plan\.json {2}/);
    expect((await site.report('rollback', '--last')).exit).toBe(0);
    const after = await disks();
    expect(names.flatMap((name) => differing(before[name], after[name]))).toEqual([]);
  });

  test('what is no plan, or none for here, is refused before anybody is contacted', async () => {
    await plan();
    const good = readPlan();
    await clear();
    const said = async (name: string, ...words: readonly string[]) => {
      const { exitCode, stderr } = await site.perfplay('apply', name, ...words);
      return [exitCode, stderr];
    };
    expect(await said('nowhere.json')).toEqual([1, expect.stringMatching(/nowhere\.json cannot be read: ENOENT/)]);
    expect(await said('site.yml')).toEqual([1, expect.stringMatching(/site\.yml is no plan[^]*perfplay plan SITE -o/)]);
    for (const other of [null, [], 3, {}, { version: 1 }, { plays: [] }]) {
      write('other.json', other);
      expect(await said('other.json'), JSON.stringify(other)).toEqual([1, expect.stringContaining('is no plan')]);
    }
    write('other.json', { ...good, version: 2 });
    expect(await said('other.json')).toEqual([1, expect.stringContaining('a plan of version 2')]);
    for (const plays of [3, [3], [{ name: 'x' }], [{ ...good.plays[0], hosts: { a: 3 } }]]) {
      write('other.json', { ...good, plays });
      expect(await said('other.json'), JSON.stringify(plays)).toEqual([1, expect.stringContaining('is no plan')]);
    }
    const [play] = good.plays;
    write('other.json', { ...good, plays: [{ ...play, batches: [['zebra']], hosts: { zebra: play!.hosts['a'] } }] });
    expect(await said('other.json')).toEqual([
      1,
      expect.stringContaining('a host zebra, which is not in the inventory'),
    ]);
    expect(await said('plan.json', '-i', 'c,')).toEqual([1, expect.stringContaining('not in the inventory')]);
    expect(await connections()).toBe(0);
  });

  test('with nothing in it is nothing to do', async () => {
    site.write('site.yml', '- {hosts: all, tasks: [{debug: {msg: hello}}]}\n');
    await plan();
    const { exitCode, stdout } = await site.perfplay('apply', 'plan.json');
    expect([exitCode, stdout]).toEqual([0, 'plan.json: nothing to change']);
  });

  test('that cannot be written is an error', async () => {
    const { exitCode, stderr } = await site.perfplay('plan', 'site.yml', '-o', 'no/such/folder/plan.json');
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/no\/such\/folder\/plan\.json cannot be written: ENOENT/),
    ]);
  });
});
