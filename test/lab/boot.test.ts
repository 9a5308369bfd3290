import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from './host.ts';
import { startLab, type Lab } from './hosts.ts';
import { labProblem } from './need.ts';
import { startProber, together } from './prober.ts';
import { computeNode } from './trees.ts';

const bootId = '/proc/sys/kernel/random/boot_id';
const names = ['plain', 'rhel', 'cut', 'silent', 'hangs', 'other', 'slow'] as const;

const title = `boots of the lab hosts${labProblem === undefined ? '' : ` (skipped: ${labProblem})`}`;
describe.skipIf(labProblem !== undefined)(title, () => {
  let lab: Lab;
  beforeAll(async () => {
    const tree = computeNode();
    lab = await startLab([
      { name: 'plain', tree },
      { name: 'rhel', tree: computeNode('rhel') },
      { name: 'cut', tree, boot: { answers: false } },
      { name: 'silent', tree, boot: { meanwhile: 'silent', down: 2 } },
      { name: 'hangs', tree, boot: { meanwhile: 'hangs', down: 2 } },
      { name: 'other', tree, boot: { oldKernelLine: true, newHostKey: true } },
      { name: 'slow', tree, boot: { lingers: 0.8, starting: 0.8, state: 'degraded' } },
    ]);
  });
  afterAll(() => lab?.stop());

  const ssh = async (host: LabHost, command: string, seconds = 5) => {
    const options = [
      `UserKnownHostsFile=${lab.knownHosts}`,
      'GlobalKnownHostsFile=/dev/null',
      'BatchMode=yes',
      'ConnectTimeout=1',
    ];
    return execa(
      'ssh',
      ['-F', 'none', '-i', lab.key, ...options.flatMap((one) => ['-o', one]), `root@${host.address}`, command],
      { reject: false, stdin: 'ignore', timeout: seconds * 1000 },
    );
  };
  const argument = async (host: LabHost): Promise<string> => {
    await host.sh(
      'mkdir -p /etc/default/grub.d && echo \'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX quiet=no"\' >/etc/default/grub.d/99-x.cfg && update-grub',
    );
    return host.read('/proc/cmdline');
  };

  test('systemctl is the stub, wherever it is called from, and there is no other', async () => {
    const stub = readFileSync(path.join(import.meta.dirname, 'stubs/usr/bin/systemctl'), 'utf8');
    for (const host of lab.hosts) {
      const found = 'command -v systemctl; sudo sh -c "command -v systemctl"';
      expect((await ssh(host, found)).stdout, host.name).toBe('/usr/bin/systemctl\n/usr/bin/systemctl');
      expect(await host.read('/usr/bin/systemctl'), host.name).toBe(stub);
      const all =
        'for name in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do readlink -e $name/systemctl; done';
      expect(new Set((await host.sh(`${all}; :`)).split('\n')), host.name).toEqual(new Set(['/usr/bin/systemctl']));
      // Whatever else is called: process 1 and the sockets that reach it are the host's own.
      expect(await host.sh('cat /proc/1/comm; ls -A /run/systemd /run/dbus 2>/dev/null; :'), host.name).toBe('sh');
    }
  }, 60_000);

  test.concurrent('another boot id and the kernel line of grub.cfg, with the same address and key', async () => {
    const host = lab.host('plain');
    const before = await argument(host);
    const id = await host.read(bootId);
    const answer = await ssh(host, 'systemctl reboot');
    expect([answer.exitCode, 255]).toContain(answer.exitCode);
    await host.booted();
    expect((await ssh(host, `cat ${bootId}`)).stdout).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await host.read(bootId)).not.toBe(id);
    expect(before).not.toContain('quiet=no');
    expect(await host.read('/proc/cmdline')).toBe(before.replace(' ro ', ' ro quiet=no '));
    while ((await host.sh('systemctl is-system-running; :')) !== 'running') await sleep(50);
    expect(await host.boots()).toBe(1);
    expect((await host.calls()).filter(([, verb]) => verb === 'reboot')).toHaveLength(1);
  });

  test.concurrent('a boot entry of the Boot Loader Specification is the one that is saved', async () => {
    const host = lab.host('rhel');
    await host.sh('grubby --update-kernel=ALL --args=nosmt');
    await ssh(host, 'systemctl reboot');
    await host.booted();
    expect(await host.read('/proc/cmdline')).toMatch(/^BOOT_IMAGE=\/vmlinuz-5\.14\S* .*\bnosmt$/m);
  });

  test.concurrent('a session may be cut before the call has answered', async () => {
    const { exitCode, stderr } = await ssh(lab.host('cut'), 'systemctl reboot; echo done');
    expect(exitCode).toBe(255);
    expect(stderr).toMatch(/closed/);
    await lab.host('cut').booted();
  });

  test.concurrent('packets may vanish, and nobody is told that the connection is gone', async () => {
    const host = lab.host('silent');
    const session = ssh(host, 'systemctl reboot; sleep 5', 3);
    while ((await host.boots()) === 0) await sleep(50);
    await sleep(300);
    expect((await ssh(host, 'true')).stderr).toMatch(/timed out/);
    expect(await host.boots()).toBe(1);
    await host.booted();
    expect((await ssh(host, 'true')).exitCode).toBe(0);
    await session;
  });

  test.concurrent('a port may be open and say nothing', async () => {
    const host = lab.host('hangs');
    const prober = startProber([host], { every: 50, patience: 100 });
    await ssh(host, 'systemctl reboot');
    await sleep(800);
    expect((await ssh(host, 'true')).stderr).toMatch(/banner exchange/);
    await host.booted();
    expect((await ssh(host, 'true')).exitCode).toBe(0);
    await sleep(100);
    expect(await prober.stop()).toHaveLength(1);
  });

  test.concurrent('it may come back with the old kernel line, and with another host key', async () => {
    const host = lab.host('other');
    const line = await argument(host);
    await ssh(host, 'systemctl reboot');
    await host.booted();
    expect(await host.read('/proc/cmdline')).toBe(line);
    expect((await ssh(host, 'true')).stderr).toMatch(/HOST IDENTIFICATION HAS CHANGED/);
  });

  test.concurrent('the old system may go on answering, and systemd may be starting for a while', async () => {
    const host = lab.host('slow');
    const id = await host.read(bootId);
    const answer = async (): Promise<string> =>
      (await ssh(host, `cat ${bootId}; systemctl is-system-running; echo $?`)).stdout;
    await ssh(host, 'systemctl reboot');
    expect(await answer()).toBe(`${id}running\n0`);
    await ssh(host, 'systemctl reboot');
    await host.booted();
    expect(await answer()).toMatch(/^.*\nstarting\n1$/s);
    await sleep(1000);
    expect(await answer()).toMatch(/\ndegraded\n1$/);
    expect(await host.boots()).toBe(1);
  });

  test('a host that is not to return stays away', async () => {
    const host = lab.host('plain');
    await host.nextBoot({ returns: false });
    await ssh(host, 'systemctl reboot');
    await sleep(1000);
    expect((await ssh(host, 'true')).stderr).toMatch(/refused/);
  });

  test('the prober sees who was down together', () => {
    const at = (host: string, from: number, to: number) => ({ host, from, to });
    expect(together([at('a', 0, 10), at('b', 11, 20), at('a', 21, 30)])).toEqual([]);
    expect(together([at('a', 0, 10), at('b', 10, 20)])).toEqual([['a', 'b']]);
    expect(together([at('a', 0, 10), at('a', 5, 20)])).toEqual([]);
  });

  test('the prober sees nothing where nothing goes down', async () => {
    const prober = startProber([lab.host('cut'), lab.host('rhel')]);
    await sleep(500);
    expect(await prober.stop()).toEqual([]);
    expect(prober.attempts()).toBeGreaterThan(6);
  });

  test('each has booted as often as it was told', async () => {
    const boots = await Promise.all(names.map((name) => lab.host(name).boots()));
    expect(boots).toEqual(names.map((name) => (name === 'plain' ? 2 : 1)));
  });
});
