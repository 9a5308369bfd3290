import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { computeNode } from '../lab/trees.ts';
import type { Tree } from '../lab/tree.ts';
import { createSite, e2eProblem, startPerfplay, statusOf, titled, type Site } from './perfplay.ts';

/** Boot menus take their time on real hosts, too: long enough to be interrupted. */
const slowMenu = (): Tree => {
  const stub = readFileSync(path.join(import.meta.dirname, '../lab/stubs/usr/sbin/grub-mkconfig'), 'utf8');
  return { '/usr/sbin/grub-mkconfig': { mode: 0o755, text: stub.replace(/^\. .*$/m, '$&\nsleep 1') } };
};

const play = (hosts: string, tasks: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): unknown => [
  { name: 'Trial', hosts, become: true, ...more, tasks },
];
const somaxconn = (value: string | number) => ({ sysctl: { values: { 'net.core.somaxconn': value } } });
const capped = { kernel_cmdline: { present: ['intel_idle.max_cstate=1'] } };
const grub = '/boot/grub/grub.cfg';

describe.skipIf(e2eProblem)(titled('what goes wrong on sshd hosts'), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'a1', groups: ['a'], tree: computeNode() },
      { name: 'a2', groups: ['a'], tree: computeNode() },
      { name: 'a3', groups: ['a'], tree: computeNode(), login: { sudo: 'none' } },
      { name: 'a4', groups: ['a'], tree: computeNode() },
      { name: 'slow', tree: { ...computeNode(), ...slowMenu() } },
      { name: 'gone', down: 'refused' },
    ]);
    site = createSite(lab);
  });
  afterEach(() => Promise.all(lab.hosts.map((host) => host.clear())));
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const run = (hosts: string, tasks: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) => {
    site.write('site.yml', play(hosts, tasks, more));
    return site.report('run', 'site.yml');
  };
  /** The one failure of a run of these tasks on one host. */
  const failureOf = async (host: string, ...tasks: readonly unknown[]) => {
    const report = await run(host, tasks);
    expect([report.exit, report.failures.length]).toEqual([2, 1]);
    return { ...report.failures[0]!, report };
  };

  describe('a write that the host refuses', () => {
    test('a read-only attribute: the kernel’s reason; what came before stays done, what comes after is left', async () => {
      const host = lab.host('a1');
      await host.refuse('/sys/kernel/mm/ksm/run');
      const { reason, message, report } = await failureOf(
        'a1',
        { sysctl: { values: { 'vm.swappiness': 7 } } },
        { ksm: { run: false, owners: 'stop' } },
        { sysctl: { values: { 'vm.dirty_ratio': 7 } } },
      );
      expect([reason, message]).toEqual(['refused', expect.stringMatching(/ksm\/run.*Read-only file system.*EROFS/)]);
      expect(await host.sh('cat /proc/sys/vm/swappiness /sys/kernel/mm/ksm/run /proc/sys/vm/dirty_ratio')).toBe(
        '7\n1\n20',
      );
      expect(report.hosts[0]?.recap).toMatchObject({ ok: 1, changed: 1, failed: 1 });
    });

    test('a choice: the reason and what the kernel offers', async () => {
      const host = lab.host('a1');
      await host.refuse('/sys/block/sda/queue/scheduler');
      const { reason, message } = await failureOf('a1', {
        block_queue: { devices: { name: 'sda' }, scheduler: 'noop' },
      });
      expect(reason).toBe('refused');
      expect(message).toMatch(
        /block_queue\/sda\/scheduler.*Read-only file system \(EROFS\).*allowed: mq-deadline none/,
      );
      expect(await host.sh('ls /etc/udev/rules.d')).toBe('');
    });

    test('a value that the real kernel calls invalid is not kept for the boot either', async () => {
      const before = await lab.host('a2').read('/proc/sys/net/core/somaxconn');
      const { reason, message } = await failureOf('a2', somaxconn('many'));
      expect([reason, message]).toEqual(['error', expect.stringMatching(/somaxconn.*Invalid argument.*EINVAL/)]);
      expect(await lab.host('a2').read('/proc/sys/net/core/somaxconn')).toBe(before);
      expect(await lab.host('a2').sh('ls /etc/sysctl.d')).toBe('');
    });

    test('a value that was taken and reads back as another is ineffective', async () => {
      await lab.host('a2').sh('mount --bind /dev/null /proc/sys/vm/swappiness');
      const { reason, message } = await failureOf('a2', { sysctl: { values: { 'vm.swappiness': 7 } } });
      expect([reason, message]).toEqual(['ineffective', expect.stringMatching(/wrote 7, read back/)]);
    });

    test('a file that cannot be replaced keeps its old text', async () => {
      const host = lab.host('a4');
      const before = await host.read('/etc/default/qemu-kvm');
      await host.refuse('/etc/default');
      const { reason, message } = await failureOf('a4', { qemu_kvm: { vhost_net: true } });
      expect([reason, message]).toEqual(['refused', expect.stringMatching(/VHOST_NET_ENABLED.*Read-only file system/)]);
      expect(await host.read('/etc/default/qemu-kvm')).toBe(before);
      expect(await host.sh('ls -A /etc/default')).not.toContain('.perfplay');
    });
  });

  describe('a later file of somebody else', () => {
    test('in sysctl.d is named', async () => {
      await lab.host('a4').write('/etc/sysctl.d/zzz-other.conf', 'vm.dirty_ratio = 40\n');
      const { reason, message } = await failureOf('a4', { sysctl: { values: { 'vm.dirty_ratio': 5 } } });
      expect([reason, message]).toEqual([
        'ineffective',
        expect.stringMatching(/\/etc\/sysctl\.d\/zzz-other\.conf says 40/),
      ]);
      expect(await lab.host('a4').read('/proc/sys/vm/dirty_ratio')).toBe('5\n');
    });

    test('in grub.d is named, and the menu stays as it was', async () => {
      const host = lab.host('a2');
      const before = await host.read(grub);
      await host.sh('mkdir -p /etc/default/grub.d');
      await host.write('/etc/default/grub.d/zzz-other.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n');
      const { message } = await failureOf('a2', capped);
      expect(message).toMatch(
        /intel_idle\.max_cstate=1.*a later file of grub\.d.*\/etc\/default\/grub\.d\/zzz-other\.cfg/,
      );
      expect(await host.read(grub)).toBe(before);
      expect(await host.sh('ls /etc/default/grub.d /boot/grub')).not.toContain('perfplay');
    });
  });

  describe('hosts that fail', () => {
    test('a host without sudo fails, one that is down is unreachable, the others finish: 6', async () => {
      const report = await run('a2:a3:gone:slow', [somaxconn(1000)]);
      expect(['a2', 'a3', 'gone', 'slow'].map((name) => statusOf(report, name))).toEqual([
        'changed',
        'failed',
        'unreachable',
        'changed',
      ]);
      expect(report.exit).toBe(6);
      expect(report.failures.find(({ status }) => status === 'failed')?.message).toMatch(/sudo/);
      expect(await lab.host('slow').read('/proc/sys/net/core/somaxconn')).toBe('1000\n');
    });

    test('a host that vanishes is unreachable within the timeout', async () => {
      await lab.host('a4').cut();
      try {
        const report = await run('a2:a4', [somaxconn(1001)]);
        expect([report.exit, statusOf(report, 'a2'), statusOf(report, 'a4')]).toEqual([4, 'changed', 'unreachable']);
      } finally {
        await lab.host('a4').mend();
      }
    });

    test('a canary that fails keeps the rest from being contacted', async () => {
      const report = await run('a3:a1:a2:a4', [somaxconn(1002)], { serial: [1, '100%'] });
      expect([report.exit, report.stopped]).toEqual([2, expect.stringContaining('a3')]);
      for (const name of ['a1', 'a2', 'a4']) expect(await lab.host(name).connections(), name).toBe(0);
      expect(await lab.host('a3').connections()).toBe(1);
    });

    test.each([
      [50, 'goes on', ['changed', 'failed', 'changed', 'changed']],
      [49, 'stops', ['changed', 'failed', undefined, undefined]],
    ])('with max_fail_percentage %s, one of two failed %s', async (percentage, _word, expected) => {
      const report = await run('a1:a3:a2:a4', [somaxconn(1100 + percentage)], {
        serial: 2,
        max_fail_percentage: percentage,
      });
      const statuses = ['a1', 'a3', 'a2', 'a4'].map((name) => statusOf(report, name) ?? undefined);
      expect(statuses).toEqual(expected);
      expect(await lab.host('a4').connections()).toBe(expected[3] === undefined ? 0 : 1);
    });
  });

  describe('an interrupt', () => {
    /** Starts a run and interrupts it `times` times while the boot menu is generated. */
    const interrupted = async (times: number, tasks: readonly unknown[]) => {
      site.write('site.yml', play('slow', tasks));
      const child = startPerfplay(['run', 'site.yml', '-i', 'hosts.yml'], { cwd: site.folder });
      await expect
        .poll(async () => (await lab.host('slow').calls()).some(([name]) => name === 'grub-mkconfig'), {
          timeout: 10_000,
        })
        .toBe(true);
      for (let time = 0; time < times; time++) {
        child.kill('SIGINT');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return child;
    };
    const settled = async (): Promise<string> => {
      const host = lab.host('slow');
      const busy = 'ls /boot/grub /etc/default/grub.d; cat /proc/[0-9]*/comm';
      await expect.poll(() => host.sh(busy), { timeout: 10_000 }).not.toMatch(/perfplay$|\.new|grub-mkconfig|sleep/m);
      return host.read(grub);
    };
    const counted = (text: string, word: string): number => text.split(word).length - 1;

    test('lets the host finish what it does, begins nothing more, and ends with 130 and the recap', async () => {
      const result = await interrupted(1, [
        capped,
        { command: { argv: ['touch', '/root/after'], creates: '/root/after' } },
      ]);
      expect(result.exitCode).toBe(130);
      expect(result.stdout).toMatch(/^slow : ok=\d+ changed=\d+ .*failed=0/m);
      expect(result.stderr).toContain('interrupted');
      expect(counted(await settled(), ' intel_idle.max_cstate=1')).toBe(3);
      expect(await lab.host('slow').sh('ls -A /root')).not.toContain('after');
    });

    test('a second one does not wait, and still no file is half written', async () => {
      const started = Date.now();
      const result = await interrupted(2, [{ kernel_cmdline: { present: ['processor.max_cstate=1'] } }]);
      expect(result.exitCode).toBe(130);
      expect(Date.now() - started).toBeLessThan(3000);
      const text = await settled();
      expect([0, 3]).toContain(counted(text, ' processor.max_cstate=1'));
      expect(counted(text, '\tlinux\t')).toBe(5);
    });
  });
});
