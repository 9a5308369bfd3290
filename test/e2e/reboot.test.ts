import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BootSpec } from '../lab/boot.ts';
import { startLab, type Lab } from '../lab/hosts.ts';
import { startProber } from '../lab/prober.ts';
import { computeNode } from '../lab/trees.ts';
import { createSite, e2eProblem, startPerfplay, statusOf, titled, type Report, type Site } from './perfplay.ts';

/** How each host boots: one story a host. */
const boots: Readonly<Record<string, BootSpec>> = {
  cut: { answers: false },
  slow: { lingers: 1.5 },
  hangs: { meanwhile: 'hangs', down: 2 },
  silent: { meanwhile: 'silent', down: 2 },
  ill: { state: 'degraded' },
  both: {},
  idle: {},
  interrupted: {},
  never: { returns: false },
  stays: { lingers: 600 },
  starts: { starting: 600 },
  old: { oldKernelLine: true },
  foreign: { newHostKey: true },
  waited: { down: 3 },
};

const play = (host: string, reboot: string, more = ''): string => `- hosts: ${host}
  become: true
  tasks:
    - {name: Shallow sleep, kernel_cmdline: {present: [intel_idle.max_cstate=1]}}
    - {name: Boot, reboot: ${reboot}}
    - {name: After, command: {shell: "cat /proc/sys/kernel/random/boot_id >>/root/after"}}
${more}`;

describe.skipIf(e2eProblem !== undefined)(titled('a host that is told to reboot'), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    const tree = computeNode();
    lab = await startLab(Object.entries(boots).map(([name, boot]) => ({ name, tree, boot })));
    site = createSite(lab);
    for (const name of Object.keys(boots)) site.write(`${name}.yml`, play(name, '{timeout: 60}'));
  }, 120_000);
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const said = ({ failures, hosts }: Report) =>
    failures.map(({ message }) => message).concat(hosts.flatMap(({ message }) => message ?? []));
  const outcomes = (report: Report) => ({ exit: report.exit, said: said(report), changed: report.recap.changed });
  const well = { exit: 0, said: [], changed: 3 };

  describe.concurrent('and comes back', () => {
    test.each(['cut', 'slow', 'hangs', 'silent'])(
      '%s: one boot, and what was declared is in the kernel line',
      async (name) => {
        const host = lab.host(name);
        const before = await host.read('/proc/sys/kernel/random/boot_id');
        const report = await site.report('run', `${name}.yml`);
        expect(outcomes(report)).toEqual(well);
        expect(report.recap.pending).toEqual([]);
        expect(await host.boots()).toBe(1);
        expect(await host.read('/proc/cmdline')).toContain('intel_idle.max_cstate=1');
        const after = await host.read('/root/after');
        expect(after).toBe(await host.read('/proc/sys/kernel/random/boot_id'));
        expect(after).not.toBe(before);
      },
      60_000,
    );

    test('degraded: it is said, and is no failure', async () => {
      const { exitCode, stdout } = await site.perfplay('run', 'ill.yml');
      expect(exitCode, stdout).toBe(0);
      expect(stdout).toMatch(/ says {2}ill .* the host is up; systemd calls it degraded/);
    }, 60_000);

    test('with a task, a handler and the key of the play: one boot', async () => {
      site.write(
        'both.yml',
        play('both', '{timeout: 60}', '  handlers:\n    - {name: Again, reboot: {when: always}}\n')
          .replace('  tasks:', '  reboot: when-required\n  max_down: 1\n  tasks:')
          .replace('max_cstate=1]}}', 'max_cstate=1]}, notify: Again}'),
      );
      expect((await site.report('run', 'both.yml')).exit).toBe(0);
      expect(await lab.host('both').boots()).toBe(1);
    }, 60_000);

    test('where nothing waits for a boot there is none, nor where it is not allowed', async () => {
      site.write('idle.yml', play('idle', '{timeout: 60}').replace(/.*kernel_cmdline.*\n/, ''));
      expect((await site.report('run', 'idle.yml')).exit).toBe(0);
      site.write('denied.yml', '- hosts: idle\n  tasks:\n    - {name: Boot, reboot: {when: always}}\n');
      const { failures, exit, stopped } = await site.report('run', 'denied.yml');
      expect([exit, stopped]).toEqual([2, null]);
      expect(failures.map(({ message }) => message)).toEqual([
        'systemctl reboot: exit code 4: Failed to reboot: Access denied',
      ]);
      expect(await lab.host('idle').boots()).toBe(0);
    }, 60_000);

    test('a run that was broken off between the write and the boot: the next one boots', async () => {
      const host = lab.host('interrupted');
      const wait = '    - {name: Wait, command: {shell: "touch /root/waits; sleep 5"}}\n';
      site.write('broken.yml', play('interrupted', '{timeout: 60}').replace(/(?=.*name: Boot)/, wait));
      const child = startPerfplay(['run', 'broken.yml', '-i', 'hosts.yml'], { cwd: site.folder });
      while ((await host.sh('ls /root')) !== 'waits') await sleep(100);
      child.kill('SIGKILL');
      await child;
      expect(await host.boots()).toBe(0);
      // What was begun there goes on to its end.
      const report = await site.report('run', 'interrupted.yml', '--lock-timeout', '30');
      expect(report.exit).toBe(0);
      expect(report.tasks.find(({ name }) => name === 'Shallow sleep')?.outcomes.changed).toBe(0);
      expect(await host.boots()).toBe(1);
      expect(await host.read('/proc/cmdline')).toContain('intel_idle.max_cstate=1');
    }, 60_000);
  });

  describe.concurrent('and does not', () => {
    const failed = async (name: string, reboot: string) => {
      site.write(`${name}.yml`, play(name, reboot));
      const report = await site.report('run', `${name}.yml`);
      const [failure] = report.failures;
      expect([report.exit, statusOf(report, name), failure?.module], JSON.stringify(report.failures)).toEqual([
        2,
        'failed',
        'reboot',
      ]);
      expect(await lab.host(name).sh('ls /root'), 'nothing runs after it').toBe('');
      return { ...failure!, stopped: report.stopped };
    };

    test('it never comes back', async () => {
      const { reason, message } = await failed('never', '{timeout: 3}');
      expect(reason).toBe('error');
      expect(message).toMatch(
        /^the host has not come back within 3 s: it is down: ECONNREFUSED 198\.18\.\d+\.\d+:22: is sshd up\?\nlook at its console; /,
      );
    }, 60_000);

    test('it never goes down', async () => {
      const { message } = await failed('stays', '{timeout: 3}');
      expect(message).toMatch(
        /^the host was told to reboot and has not gone down within 3 s\nsomething there holds the shutdown back: /,
      );
    }, 60_000);

    test('its units never finish to start', async () => {
      const { message } = await failed('starts', '{timeout: 4}');
      expect(message).toMatch(
        /^the host has not started all its units within 4 s: it is up: systemd says starting\n`systemctl list-jobs`/,
      );
    }, 60_000);

    test('it comes back with the old kernel line', async () => {
      const { reason, message } = await failed('old', '{timeout: 60}');
      expect(reason).toBe('ineffective');
      expect(message).toMatch(
        /^the host came back with the old kernel line: \S*intel_idle\.max_cstate\S*\nanother boot entry/,
      );
    }, 60_000);

    test('it comes back with another host key', async () => {
      const { message } = await failed('foreign', '{timeout: 60}');
      expect(message).toMatch(
        /^the host came back with another host key: 198\.18\.\S+ shows the key SHA256:\S+ \(ssh-ed25519\), another one than in \S+:\d+\nif the host was installed anew: ssh-keygen -R /,
      );
    }, 60_000);

    test('nobody waits for it: Ctrl-C', async () => {
      const host = lab.host('waited');
      const prober = startProber([host]);
      const child = startPerfplay(['run', 'waited.yml', '-i', 'hosts.yml'], { cwd: site.folder });
      while (prober.outages().length === 0) await sleep(50);
      const asked = Date.now();
      child.kill('SIGINT');
      const { exitCode, stdout } = await child;
      expect(Date.now() - asked).toBeLessThan(5000);
      expect(exitCode, stdout).toBe(130);
      expect(stdout).toMatch(/UNKNOWN {2}waited {2}interrupted during the reboot: the host (goes|is) down/);
      expect(stdout).toMatch(/when it is up, run again/);
      await host.booted();
      await prober.stop();
      expect(await host.boots()).toBe(1);
      expect((await site.report('run', 'waited.yml')).recap.pending).toEqual([]);
      expect(await host.boots()).toBe(1);
    }, 60_000);
  });

  test('no host was rebooted but by the stub of its own', async () => {
    const stub = readFileSync(path.join(import.meta.dirname, '../lab/stubs/usr/bin/systemctl'), 'utf8');
    for (const host of lab.hosts) {
      expect(await host.read('/usr/bin/systemctl'), host.name).toBe(stub);
      const asked = (await host.calls()).filter(([, verb]) => verb === 'reboot').length;
      expect(asked, host.name).toBe(1);
    }
  });
});
