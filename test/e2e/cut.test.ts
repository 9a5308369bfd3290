import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { startLab, type Lab } from '../lab/hosts.ts';
import { computeNode } from '../lab/trees.ts';
import type { Tree } from '../lab/tree.ts';
import { createSite, e2eProblem, statusOf, titled, type Report, type Site } from './perfplay.ts';

/** Long enough to be cut. */
const slowMenu = (): Tree => {
  const stub = readFileSync(path.join(import.meta.dirname, '../lab/stubs/usr/sbin/grub-mkconfig'), 'utf8');
  return { '/usr/sbin/grub-mkconfig': { mode: 0o755, text: stub.replace(/^\. .*$/m, '$&\nsleep 1') } };
};
const slow = (): Tree => ({ ...computeNode(), ...slowMenu() });

/** As the host sees them: what serves connections, killed without a word. The shells behind them are left alone. */
const killSessions = (host: LabHost): Promise<string> =>
  host.sh(`for process in /proc/[0-9]*; do
      case $(tr '\\0' ' ' <"$process/cmdline") in
        'sshd: '*'[listener]'*) ;;
        'sshd: '*) kill -9 "\${process#/proc/}" && echo killed ;;
      esac
    done 2>/dev/null`);

const play = (hosts: string, tasks: readonly unknown[], become = true): unknown => [
  { name: 'Trial', hosts, become, tasks },
];
const capped = { kernel_cmdline: { present: ['intel_idle.max_cstate=1'] } };
const limits = { sysctl: { values: { 'net.core.somaxconn': 1234 } } };
/** A line before and a line after it has slept. */
const slowly = (seconds: number) => ({
  command: {
    shell: `echo begun >>/root/count; sleep ${seconds}; echo ended >>/root/count; echo said; echo complained >&2`,
    creates: '/root/count',
  },
});
const once = 'begun\nended';

describe.skipIf(e2eProblem)(titled('connections that are cut, and hosts that two runs want'), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'calm', tree: slow() },
      { name: 'dash', groups: ['cut'], tree: slow() },
      { name: 'bash', groups: ['cut'], shell: 'bash', login: { sudo: 'password' }, tree: slow() },
      {
        name: 'busybox',
        groups: ['cut'],
        shell: 'busybox',
        userland: 'busybox',
        login: { user: 'root' },
        tree: slow(),
      },
      { name: 'pty', groups: ['cut'], tree: slow() },
      { name: 'ptybash', groups: ['cut'], shell: 'bash', login: { sudo: 'password' }, tree: slow() },
      { name: 'plain', tree: computeNode(), login: { sudo: 'none' } },
    ]);
    for (const name of ['pty', 'ptybash']) {
      const sudoers = await lab.host(name).read('/etc/sudoers');
      await lab.host(name).write('/etc/sudoers', `Defaults use_pty, log_input, log_output\n${sudoers}`);
    }
    site = createSite(lab);
  });
  afterEach(async () => {
    await Promise.all(lab.hosts.map((host) => host.clear()));
    await Promise.all(lab.hosts.map((host) => host.sh('rm -f /root/count')));
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const count = (host: LabHost): Promise<string> => host.sh('cat /root/count 2>/dev/null || :');
  const appears = (host: LabHost, what: string): Promise<unknown> =>
    expect
      .poll(async () => `${await count(host)} ${(await host.calls()).map(([name]) => name).join(' ')}`, {
        timeout: 15_000,
        interval: 50,
      })
      .toContain(what);
  const menus = async (host: LabHost): Promise<number> =>
    (await host.calls()).filter(([name]) => name === 'grub-mkconfig').length;
  /** Nothing is kept for a run that has ended. */
  const left = (host: LabHost): Promise<string> =>
    host.sh('ls -d /run/perfplay/batch.* /tmp/perfplay.* 2>/dev/null || :');
  const start = (name: string, ...words: readonly string[]): Promise<Report> =>
    site.report('run', name, '--no-canary', ...words);
  const changesNothing = async (name: string): Promise<void> => {
    const again = await start(name);
    expect([again.exit, again.changes, again.failures]).toEqual([0, [], []]);
    expect(again.recap.changed).toBe(0);
  };

  test(
    'sshd is killed in the middle of an apply, and of a command: all of it is done, once',
    { timeout: 40_000 },
    async () => {
      site.write('calm.yml', play('calm', [capped, limits, slowly(0)]));
      site.write('cut.yml', play('cut', [capped, limits, slowly(2)]));
      expect((await start('calm.yml')).exit).toBe(0);
      const expected = await menus(lab.host('calm'));
      const hosts = ['dash', 'bash', 'busybox', 'pty', 'ptybash'].map((name) => lab.host(name));
      const running = start('cut.yml');
      await Promise.all(
        hosts.map(async (host) => {
          await appears(host, 'grub-mkconfig');
          expect(await killSessions(host), host.name).toContain('killed');
          await appears(host, 'begun');
          expect(await killSessions(host), host.name).toContain('killed');
        }),
      );
      const report = await running;
      expect(report.failures).toEqual([]);
      for (const host of hosts) {
        expect([host.name, statusOf(report, host.name)]).toEqual([host.name, 'changed']);
        expect([host.name, await count(host), await menus(host)]).toEqual([host.name, once, expected]);
        expect(await host.read('/proc/sys/net/core/somaxconn')).toBe('1234\n');
        expect(await host.read('/boot/grub/grub.cfg')).toContain('intel_idle.max_cstate=1');
        expect([host.name, await left(host)]).toEqual([host.name, '']);
        // Where sudo logs, it stands between sshd and the shell, which has a session of its own.
        const log = await host.sh('ls /var/log/sudo-io 2>/dev/null || :');
        expect([host.name, log !== '']).toEqual([host.name, host.name.startsWith('pty')]);
      }
      expect(report.exit).toBe(0);
      await changesNothing('cut.yml');
    },
  );

  test('the network is cut for a while, and the session with it: the run goes on', { timeout: 40_000 }, async () => {
    const host = lab.host('dash');
    site.write('cut.yml', play('dash', [slowly(2)]));
    const running = start('cut.yml');
    await appears(host, 'begun');
    await host.cut();
    await killSessions(host);
    await delay(2500);
    expect(await count(host)).toBe(once);
    await host.mend();
    const report = await running;
    expect([report.exit, report.failures, statusOf(report, 'dash')]).toEqual([0, [], 'changed']);
    expect(await count(host)).toBe(once);
    await changesNothing('cut.yml');
  });

  test('another run has the host: 12 at once with its name; or one waits for it', { timeout: 40_000 }, async () => {
    const host = lab.host('calm');
    site.write('first.yml', play('calm', [slowly(5)]));
    site.write('second.yml', play('calm', [{ sysctl: { values: { 'vm.swappiness': 3 } } }]));
    const first = start('first.yml');
    await appears(host, 'begun');
    const begun = Date.now();
    const refused = await start('second.yml');
    expect(Date.now() - begun).toBeLessThan(3000);
    expect([refused.exit, statusOf(refused, 'calm')]).toEqual([12, 'failed']);
    expect(refused.failures[0]?.message).toMatch(
      /^run \S+ of \S+@\S+ holds the lock of this host since \d{4}-\d\d-\d\dT[\d:.]+Z \(process \d+ there\)$/,
    );
    expect(await host.sh('ls /etc/sysctl.d')).not.toContain('swappiness');
    expect(await host.read('/proc/sys/vm/swappiness')).not.toBe('3\n');
    const waited = await start('second.yml', '--lock-timeout', '20');
    expect([waited.exit, waited.failures, await host.read('/proc/sys/vm/swappiness')]).toEqual([0, [], '3\n']);
    expect((await first).exit).toBe(0);
    expect(refused.failures[0]?.message).toContain((await first).run);
    expect(await count(host)).toBe(once);
  });

  test('two runs at the same moment: one after the other, nothing lost', { timeout: 40_000 }, async () => {
    const host = lab.host('calm');
    const wanted = (key: string, value: number) => play('calm', [{ sysctl: { values: { [key]: value } } }, capped]);
    for (const round of [1, 2, 3]) {
      site.write('one.yml', wanted('vm.dirty_ratio', 30 + round));
      site.write('two.yml', wanted('vm.swappiness', 40 + round));
      const reports = await Promise.all(['one.yml', 'two.yml'].map((name) => start(name, '--lock-timeout', '20')));
      expect(reports.map(({ exit, failures }) => [exit, failures])).toEqual([
        [0, []],
        [0, []],
      ]);
      expect(await host.sh('cat /proc/sys/vm/dirty_ratio /proc/sys/vm/swappiness')).toBe(
        `${30 + round}\n${40 + round}`,
      );
      const kept = await host.sh('cat /etc/sysctl.d/*perfplay*');
      expect(kept).toMatch(new RegExp(`^vm.dirty_ratio ?= ?${30 + round}$`, 'm'));
      expect(kept).toMatch(new RegExp(`^vm.swappiness ?= ?${40 + round}$`, 'm'));
    }
  });

  test('a user who is not root: a command runs, cut or not, without a lock', { timeout: 30_000 }, async () => {
    const host = lab.host('plain');
    const command = {
      command: { shell: 'echo begun >>~/mine; sleep 2; echo ended >>~/mine', creates: '/home/operator/mine' },
    };
    site.write('plain.yml', play('plain', [command], false));
    const running = start('plain.yml');
    const mine = () => host.sh('cat /home/operator/mine 2>/dev/null || :');
    await expect.poll(mine, { timeout: 10_000 }).toBe('begun');
    await killSessions(host);
    const report = await running;
    expect([report.exit, report.failures, statusOf(report, 'plain')]).toEqual([0, [], 'changed']);
    expect(await mine()).toBe(once);
    expect(await host.sh('ls -A /run/perfplay 2>/dev/null || :')).toBe('');
    expect(await left(host)).toBe('');
  });
});
