import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { startProber, together, type Outage, type Prober } from '../lab/prober.ts';
import { computeNode } from '../lab/trees.ts';
import { createSite, e2eProblem, statusOf, titled, type Site } from './perfplay.ts';

const names = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'] as const;
const rackOf = (name: string): string => (name < 'n4' ? 'a' : 'b');

// One life of a fleet, told in order: each test wants another kernel argument, and so a boot.
describe.skipIf(e2eProblem !== undefined)(titled('a fleet that is rebooted'), () => {
  let lab: Lab;
  let site: Site;
  let prober: Prober;
  let boots: ReadonlyMap<string, number>;
  const booted = async (): Promise<ReadonlyMap<string, number>> =>
    new Map(await Promise.all(lab.hosts.map(async (host) => [host.name, await host.boots()] as const)));
  /** How often each host has booted since the test began; hosts that have not are left out. */
  const bootsNow = async (): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries(
      [...(await booted())]
        .map(([name, count]) => [name, count - boots.get(name)!] as const)
        .filter(([, count]) => count > 0),
    );
  const each = Object.fromEntries(names.map((name) => [name, 1]));

  beforeAll(async () => {
    const tree = computeNode();
    lab = await startLab(
      names.map((name) => ({
        name,
        tree,
        boot: { answers: name !== 'n2', lingers: 0.05, down: 0.3, starting: 0 },
        vars: { rack: rackOf(name) },
      })),
    );
    site = createSite(lab);
  }, 60_000);
  beforeEach(async () => {
    boots = await booted();
    prober = startProber(lab.hosts);
    return async () => void (await prober.stop());
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  let cstate = 0;
  /** A play that wants a boot of every host. */
  const play = (keys: string): string => `- hosts: all
  become: true
  reboot: when-required
${keys}
  tasks:
    - {name: Shallow sleep, kernel_cmdline: {present: [intel_idle.max_cstate=${++cstate}]}}
`;
  const run = async (...words: readonly string[]) => {
    const report = await site.report('run', 'site.yml', ...words);
    const outages = prober.outages();
    return { report, outages, downOnce: outages.map(({ host }) => host).toSorted() };
  };
  /** One line for each moment that was written down: its time in milliseconds, the host and what it did. */
  const moments = (file: string): readonly { readonly at: number; readonly host: string; readonly what: string }[] =>
    readFileSync(path.join(site.folder, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([at, host = '', what = '']) => ({ at: Number(at), host, what }));

  test('max_down 1: never two at once, each once, out of service before and into service after', async () => {
    const note = (what: string, where: string): string =>
      `command: {shell: "echo $(date +%s%3N) {{ inventory_hostname }} ${what} >>${where}"}`;
    const local = (what: string): string =>
      `{${note(what, `${site.folder}/moments`)}, delegate_to: localhost, become: false}`;
    site.write(
      'site.yml',
      play(`  max_down: 1
  drain:
    - ${local('drained')}
    - {${note('drained', '/root/moments')}}
  post_reboot:
    - {assert: {that: [facts.cpu.online == 4]}}
    - ${local('checked')}
  undrain:
    - {${note('undrained', '/root/moments')}}
    - ${local('undrained')}`),
    );
    const { report, outages, downOnce } = await run('--no-canary');
    expect(report.exit, JSON.stringify(report.failures)).toBe(0);
    expect(report.recap.pending).toEqual([]);
    expect(downOnce).toEqual(names);
    expect(together(outages)).toEqual([]);
    expect(await bootsNow()).toEqual(each);

    const told = moments('moments');
    expect(told.map(({ what }) => what)).toEqual(names.flatMap(() => ['drained', 'checked', 'undrained']));
    for (const { host, from, to } of outages) {
      const own = told.filter((moment) => moment.host === host);
      const [drained, checked, undrained] = own.map(({ at }) => at);
      expect(drained, `${host} was drained before it went down`).toBeLessThan(from);
      expect(checked, `${host} was up when it was checked`).toBeGreaterThan(to);
      expect(undrained).toBeGreaterThanOrEqual(checked!);
      const there = (await lab.host(host).read('/root/moments'))
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' '));
      expect(there.map(([, , what]) => what)).toEqual(['drained', 'undrained']);
      expect(Number(there[0]![0])).toBeLessThan(from);
      expect(Number(there[1]![0])).toBeGreaterThan(to);
    }
  }, 90_000);

  test('the second run changes nothing and boots nobody', async () => {
    const { report, outages } = await run('--no-canary', '--expect-no-changes');
    expect(report.exit).toBe(0);
    expect([report.recap.changed, report.recap.pending]).toEqual([0, []]);
    expect(outages).toEqual([]);
    expect(await bootsNow()).toEqual({});
  }, 30_000);

  /** The most hosts that were down at one moment. */
  const mostDown = (outages: readonly Outage[]): number =>
    Math.max(...outages.map(({ from }) => outages.filter((other) => other.from <= from && from <= other.to).length));

  test('max_down 50%: some together, never more than half', async () => {
    await Promise.all(lab.hosts.map((host) => host.nextBoot({ starting: 0 })));
    site.write('site.yml', play('  max_down: 50%'));
    const { report, outages, downOnce } = await run('--no-canary');
    expect(report.exit, JSON.stringify(report.failures)).toBe(0);
    expect(downOnce).toEqual(names);
    expect(mostDown(outages)).toBeLessThanOrEqual(3);
    expect(mostDown(outages)).toBeGreaterThanOrEqual(2);
    expect(await bootsNow()).toEqual(each);
  }, 60_000);

  test('max_down 1 per rack: never two of a rack, and two racks at the same time', async () => {
    site.write('site.yml', play('  max_down: {hosts: 1, per: rack}'));
    const { report, outages, downOnce } = await run('--no-canary');
    expect(report.exit, JSON.stringify(report.failures)).toBe(0);
    expect(downOnce).toEqual(names);
    const pairs = together(outages);
    expect(pairs.filter(([one, other]) => rackOf(one) === rackOf(other))).toEqual([]);
    expect(pairs.length).toBeGreaterThan(0);
    expect(await bootsNow()).toEqual(each);
  }, 60_000);

  test('a handler that boots keeps to max_down, too', async () => {
    site.write(
      'site.yml',
      `${play('  max_down: 1').replace(/\}\n$/, ', notify: Boot}\n')}  handlers:\n    - {name: Boot, reboot: {timeout: 60}}\n`,
    );
    const { report, outages, downOnce } = await run('--no-canary', '-l', 'n1:n2');
    expect(report.exit, JSON.stringify(report.failures)).toBe(0);
    expect(downOnce).toEqual(['n1', 'n2']);
    expect(together(outages)).toEqual([]);
    expect(await bootsNow()).toEqual({ n1: 1, n2: 1 });
  }, 60_000);

  test('where a check fails after the boot, nobody else goes down', async () => {
    site.write(
      'site.yml',
      play(`  serial: [1, 100%]
  max_down: 1
  post_reboot: [{name: Every CPU is back, assert: {that: [inventory_hostname == 'n1']}}]`),
    );
    const { report, downOnce } = await run();
    expect(report.exit).toBe(2);
    const failed = names.filter((name) => statusOf(report, name) === 'failed');
    expect(failed).toHaveLength(1);
    expect(downOnce).toEqual(['n1', ...failed]);
    expect(await bootsNow()).toEqual(Object.fromEntries(downOnce.map((name) => [name, 1])));
    expect(report.stopped).toMatch(
      new RegExp(`^${failed[0]} was to be rebooted, and is not back in service; 4 of 6 hosts are not done \\(`),
    );
    expect(report.recap.pending).toEqual(['reboot']);
  }, 60_000);

  test('hosts that wait for nothing but their boot: the next run boots them and no other', async () => {
    const before = cstate;
    const text = play('  max_down: 4');
    cstate = before;
    site.write('site.yml', text.replace(`max_cstate=${before + 1}`, `max_cstate=${before}`));
    const { report, downOnce } = await run('--no-canary');
    expect(report.exit, JSON.stringify(report.failures)).toBe(0);
    expect(report.tasks.find(({ name }) => name === 'Shallow sleep')?.outcomes.changed).toBe(0);
    expect(downOnce).toHaveLength(4);
    expect(Object.values(await bootsNow())).toEqual([1, 1, 1, 1]);
    expect(report.recap.pending).toEqual([]);
  }, 60_000);

  test('a host that fails brings the run to an end, and those that are down come back into service', async () => {
    await lab.host('n1').nextBoot({ oldKernelLine: true });
    for (const name of names.slice(1)) await lab.host(name).nextBoot({ down: 2.5 });
    site.write('site.yml', play('  max_down: 2\n  undrain: [{command: {argv: [touch, /root/in-service]}}]'));
    const { report, downOnce } = await run('--no-canary', '-f', '2');
    expect(report.exit).toBe(2);
    expect(downOnce).toEqual(['n1', 'n2']);
    expect([statusOf(report, 'n1'), statusOf(report, 'n2')]).toEqual(['failed', 'changed']);
    expect(report.failures.map(({ hosts, reason }) => [hosts, reason])).toEqual([[['n1'], 'ineffective']]);
    expect(await lab.host('n2').sh('ls /root/in-service')).toBe('/root/in-service');
    expect(report.stopped).toMatch(
      /^n1 was to be rebooted, and is not back in service; 4 of 6 hosts are not done \(n3, n4, n5, n6\)$/,
    );
  }, 60_000);

  test('a canary whose boot fails: nobody else is touched', async () => {
    await lab.host('n1').nextBoot({ newHostKey: true });
    const states = async () =>
      Promise.all(lab.hosts.slice(1).map((host) => host.sh('cat /etc/default/grub.d/*perfplay* /boot/grub/grub.cfg')));
    const before = await states();
    await Promise.all(lab.hosts.map((host) => host.clear()));
    site.write('site.yml', play('  serial: [1, 100%]\n  max_down: 50%'));
    const { report, downOnce } = await run();
    await sleep(300);
    expect(report.exit).toBe(2);
    expect(statusOf(report, 'n1')).toBe('failed');
    expect(downOnce).toEqual(['n1']);
    expect(await bootsNow()).toEqual({ n1: 1 });
    expect(await states()).toEqual(before);
    for (const host of lab.hosts.slice(1)) expect(await host.sessions(), host.name).toEqual([]);
    expect(report.stopped).toMatch(
      /^n1 was to be rebooted, and is not back in service; 5 of 6 hosts are not done \(n2, n3, n4, n5, n6\)$/,
    );
  }, 60_000);

  test('a host that is lost on its way down keeps nobody waiting for longer than it is looked for', async () => {
    await lab.host('n6').nextBoot({ lingers: 2, returns: false });
    const drain = '  max_down: 1\n  drain: [{command: {argv: [/usr/libexec/lab/boot.sh]}}]';
    const late = "    - {command: {argv: [sleep, '1']}, when: inventory_hostname == 'n5'}\n";
    site.write('site.yml', play(drain) + late);
    const { report } = await run('--no-canary', '-l', 'n5:n6');
    expect(report.exit).toBe(2);
    expect(statusOf(report, 'n6')).toBe('unknown');
    expect(await bootsNow()).toEqual({ n6: 1 });
    expect(report.stopped).toBe('n6 was to be rebooted, and is not back in service; 1 of 2 hosts are not done (n5)');
  }, 120_000);
});
