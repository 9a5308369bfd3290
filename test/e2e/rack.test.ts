import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { flips, type Flip } from './flips.ts';
import { changesOf, createSite, e2eProblem, statusOf, titled, type Report, type Site } from './perfplay.ts';
import { groupVars, rack, site as playbook, up } from './rack.ts';
import { forget, recorded } from './recorder.ts';

const grub = '/boot/grub/grub.cfg';
const linuxLines = (text: string): readonly string[] => text.split('\n').filter((line) => /^\s*linux\s/.test(line));

const problem = e2eProblem ?? (existsSync('/usr/bin/perl') ? undefined : 'needs perl');

describe.skipIf(problem)(titled('a rack of sshd hosts', problem), () => {
  let lab: Lab;
  let site: Site;
  let plan: Report;
  let first: Report;
  beforeAll(async () => {
    lab = await startLab(rack);
    site = createSite(lab);
    site.write('site.yml', playbook);
    for (const [group, variables] of Object.entries(groupVars)) site.write(`group_vars/${group}.yml`, variables);
    plan = await site.report('plan', 'site.yml');
    await Promise.all(lab.hosts.map(forget));
    first = await site.report('run', 'site.yml');
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const each = (read: (name: (typeof up)[number]) => Promise<unknown>) => Promise.all(up.map(read));
  const read = (name: string, file: string): Promise<string> => lab.host(name).read(file);

  describe('the first run', () => {
    test('changes what it reaches and ends with 4', () => {
      expect(Object.fromEntries(first.hosts.map(({ host, status }) => [host, status]))).toEqual({
        ...Object.fromEntries(up.map((name) => [name, 'changed'])),
        kvm04: 'unreachable',
        kvm05: 'unreachable',
        rp03: 'unreachable',
      });
      expect(first.exit).toBe(4);
    });

    test('tells why a host is unreachable, and what to do', () => {
      const said = (name: string) => {
        const host = first.hosts.find((one) => one.host === name);
        return `${host?.message}; ${host?.hint}`;
      };
      expect(said('kvm04')).toMatch(/ECONNREFUSED .*sshd/);
      expect(said('kvm05')).toMatch(/did not answer within 2 s.*firewall/);
      expect(said('rp03')).toMatch(/known_hosts:\d+.*ssh-keygen -R .*perfplay trust rp03/);
    });

    test('has started no session on the host whose key has changed', async () => {
      expect((await recorded(lab.host('rp03'))).sessions).toEqual([]);
      expect(await read('rp03', '/proc/sys/vm/swappiness')).toBe('60\n');
    });

    test('has one connection and one session a host, and one more to confirm what may cut the first', async () => {
      await each(async (name) => {
        const { connections, sessions, flights } = await recorded(lab.host(name));
        expect([connections, sessions], name).toEqual([2, ['forced', 'forced']]);
        // An ask, a write and a look at what came of it: the recorder can count beyond one.
        expect(Math.max(...flights), name).toBeGreaterThanOrEqual(3);
      });
    });

    test('changes exactly what the plan said', () => {
      expect(changesOf(plan).length).toBeGreaterThan(60);
      expect(changesOf(first)).toEqual(changesOf(plan));
    });
  });

  describe('afterwards, inside the hosts', () => {
    test('every CPU has the governor', async () => {
      await each(async (name) => {
        const found = await lab.host(name).sh('cat /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor');
        expect(new Set(found.split('\n')), name).toEqual(new Set(['performance']));
        expect(await read(name, '/etc/perfplay/boot.tab')).toMatch(/^write \S*scaling_governor performance$/m);
      });
    });

    test('normal entries of the Debian boot menu cap the idle states, recovery entries stay plain', async () => {
      for (const name of ['kvm01', 'kvm03', 'rp01', 'rp02']) {
        const lines = linuxLines(await read(name, grub));
        const normal = lines.filter((line) => !line.includes(' single '));
        expect(normal.length, name).toBe(3);
        for (const line of normal)
          expect(line).toMatch(/console=tty1 console=ttyS0 intel_idle\.max_cstate=1 processor\.max_cstate=1$/);
        for (const line of lines.filter((one) => !normal.includes(one))) expect(line).not.toContain('max_cstate');
        expect(lines.length).toBe(5);
      }
    });

    test('entries of the RHEL boot loader cap the idle states, and so will those of kernels to come', async () => {
      const entries = await lab.host('kvm02').sh('grep -h ^options /boot/loader/entries/*.conf');
      expect(entries.split('\n')).toHaveLength(2);
      for (const options of entries.split('\n'))
        expect(options).toMatch(/ rhgb quiet intel_idle\.max_cstate=1 processor\.max_cstate=1$/);
      expect(await read('kvm02', '/etc/kernel/cmdline')).toContain(' intel_idle.max_cstate=1 processor.max_cstate=1');
    });

    test('no scheduler, no merges, now and by udev', async () => {
      for (const [name, disk] of [
        ['kvm01', 'sda'],
        ['kvm02', 'sda'],
        ['kvm03', 'sda'],
        ['rp01', 'nvme1n1'],
        ['rp02', 'nvme1n1'],
      ] as const) {
        expect(await lab.host(name).sh(`cd /sys/block/${disk}/queue && cat scheduler nomerges`)).toBe('none\n2');
        expect(await read(name, '/etc/udev/rules.d/99-perfplay.rules')).toMatch(
          new RegExp(`KERNEL=="${disk}".*ATTR\\{queue/scheduler\\}="none"`),
        );
        expect((await lab.host(name).calls()).map((call) => call.join(' '))).toContain('udevadm control --reload');
      }
    });

    test('each queue of a NIC has a CPU of its own near the NIC, and irqbalance leaves them alone', async () => {
      const list = (name: string, irqs: string) =>
        lab.host(name).sh(`for irq in ${irqs}; do cat /proc/irq/$irq/smp_affinity_list; done | tr '\\n' ' '`);
      for (const name of ['kvm01', 'kvm02', 'kvm03']) expect(await list(name, '40 41 42 43')).toBe('0 1 2 3 ');
      for (const name of ['rp01', 'rp02']) expect(await list(name, '70 71 72 73')).toBe('4 5 6 7 ');
      for (const [name, file, driver] of [
        ['kvm01', 'default', 'i40e'],
        ['kvm02', 'sysconfig', 'i40e'],
        ['rp01', 'default', 'ena'],
      ] as const) {
        expect(await read(name, `/etc/${file}/irqbalance`)).toMatch(
          new RegExp(`^IRQBALANCE_ARGS=.*--banmod=${driver}`, 'm'),
        );
        const running = 'cat /proc/[0-9]*/cmdline | tr "\\0" " "';
        expect(await lab.host(name).sh(running)).toMatch(new RegExp(`--foreground --banmod=${driver}`));
      }
    });

    test('the disks’ managed interrupts are where the kernel put them', async () => {
      expect(await lab.host('rp01').sh('cat /proc/irq/50/smp_affinity_list /proc/irq/63/smp_affinity_list')).toBe(
        '0\n3',
      );
    });

    test('vhost is on and loaded, now and at the boot; the guest that runs without it is pending', async () => {
      for (const name of ['kvm01', 'kvm03'])
        expect(await read(name, '/etc/default/qemu-kvm')).toBe(
          "# To disable qemu-kvm's page merging feature, set KSM_ENABLED=0\nKSM_ENABLED=0\nSLEEP_MILLISECS=200\nVHOST_NET_ENABLED=1\nKVM_HUGEPAGES=0\n",
        );
      for (const name of ['kvm01', 'kvm02', 'kvm03']) {
        expect(await read(name, '/sys/module/vhost_net/initstate')).toBe('live\n');
        expect(await read(name, '/etc/modules-load.d/perfplay.conf')).toMatch(/^vhost_net$/m);
      }
      expect(first.hosts.find(({ host }) => host === 'kvm01')?.recap.pending).toContain('restart:web1');
      expect(first.hosts.find(({ host }) => host === 'kvm02')?.recap.pending).toEqual(['reboot']);
    });

    test('pages are not merged, and who would merge them is told', async () => {
      for (const name of ['kvm01', 'kvm02', 'kvm03']) {
        expect(await read(name, '/sys/kernel/mm/ksm/run')).toBe('0\n');
        expect(await read(name, '/etc/tmpfiles.d/zz-perfplay.conf')).toMatch(/^w \/sys\/kernel\/mm\/ksm\/run .* 0$/m);
      }
      for (const unit of ['ksm', 'ksmtuned'])
        expect(await read('kvm02', `/var/lib/lab/units/${unit}.service`)).toBe('loaded inactive disabled \n');
    });

    test('the brokers’ limits stand, and their handler ran once', async () => {
      for (const name of ['rp01', 'rp02']) {
        const now = 'cd /proc/sys && cat vm/swappiness fs/aio-max-nr net/core/somaxconn /root/limits';
        expect(await lab.host(name).sh(now)).toBe('1\n1048576\n4096\n1');
        expect(await read(name, '/etc/sysctl.d/zz-perfplay.conf')).toMatch(
          /^vm\/swappiness = 1\nfs\/aio-max-nr = 1048576\nnet\/core\/somaxconn = 4096$/m,
        );
      }
    });

    test('the journal tells root alone what was there before', async () => {
      await each(async (name) => {
        const modes = 'cd /var/lib/perfplay && stat -c "%a %U" journal journal/*';
        expect(new Set((await lab.host(name).sh(modes)).split('\n'))).toEqual(new Set(['700 root', '600 root']));
      });
      const changes = JSON.parse(await read('kvm01', `/var/lib/perfplay/journal/${first.run}-1.json`)).changes as {
        readonly key: string;
        readonly before: string | null;
        readonly metadata?: unknown;
      }[];
      const before = (key: string) => changes.find((change) => change.key === key)?.before;
      expect(before('cpufreq/policy3/scaling_governor')).toBe('powersave');
      expect(before('block_queue/sda/scheduler')).toBe('mq-deadline');
      expect(before('irq_affinity/ens1f0/ens1f0-TxRx-2')).toBe('0');
      expect(before('kernel-arg//etc/default/grub.d/zz-perfplay.cfg')).toBeNull();
      expect(await lab.host('kvm01').sh(`cat /var/lib/perfplay/journal/${first.run}-*.json`)).toMatch(
        /"key":"qemu_kvm\/VHOST_NET_ENABLED","at":\{[^}]*\},"before":"0"/,
      );
    });

    test('no temporary file is left', async () => {
      await each(async (name) =>
        expect(
          await lab.host(name).sh("find /etc /boot /var/lib/perfplay /tmp -name '*perfplay.*' -print"),
          name,
        ).not.toMatch(/\.perfplay\.\d|\.new$/),
      );
    });
  });

  describe('the second run', () => {
    test('has nothing to change, one connection, one session and one ask a host', async () => {
      await Promise.all(lab.hosts.map(forget));
      const second = await site.report('run', 'site.yml', '--expect-no-changes');
      expect(second.exit).toBe(4);
      expect([second.recap.changed, second.changes]).toEqual([0, []]);
      await each(async (name) => {
        // sudo's question for the password of kvm02 is a round trip of its own.
        const flights = name === 'kvm02' ? [2] : [1];
        expect(await recorded(lab.host(name)), name).toEqual({ connections: 1, sessions: ['forced'], flights });
        expect(statusOf(second, name)).toBe('ok');
      });
    });

    test('runs no program that changes anything', async () => {
      await each(async (name) => {
        const calls = (await lab.host(name).calls()).map(([program, verb = '']) => `${program} ${verb}`);
        expect(new Set(calls), name).toEqual(new Set(['systemctl show']));
      });
    });

    test('without the hosts that are down ends with 0; a real run changes nothing either', async () => {
      const limit = up.join(':');
      expect((await site.report('run', 'site.yml', '-l', limit, '--expect-no-changes')).exit).toBe(0);
      const again = await site.report('run', 'site.yml', '-l', limit);
      expect([again.exit, again.recap.changed]).toEqual([0, 0]);
      expect(await read('rp01', '/root/limits')).toBe('1\n');
      expect(await lab.host('kvm01').sh('ls /var/lib/perfplay/journal')).not.toContain(again.run);
    });
  });

  describe('one setting is flipped by hand: the next plan names that one', () => {
    const plans = new Map<Flip, Report>();
    // One flip of each host at a time: what a plan says of one host is no matter of another.
    beforeAll(async () => {
      const queues = up.map((name) => flips.filter(({ host }) => host === name));
      for (let round = 0; queues.some((queue) => round < queue.length); round++) {
        const now = queues.flatMap((queue) => queue[round] ?? []);
        const back = await Promise.all(now.map((flip) => flip.make(lab.host(flip.host))));
        const report = await site.report('plan', 'site.yml', '-l', now.map(({ host }) => host).join(':'));
        for (const flip of now) plans.set(flip, report);
        await Promise.all(back.map((undo) => undo()));
      }
    });

    test.each(flips)('$host, $level: $keys', (flip) => {
      const report = plans.get(flip)!;
      // A changed task also notifies its handler, which has no key.
      const changes = report.changes.filter(({ hosts, keys }) => hosts.includes(flip.host) && keys.length > 0);
      expect(changes.flatMap(({ keys }) => keys)).toEqual(flip.keys);
      for (const { levels } of changes) expect(levels).toEqual([flip.level]);
      expect(statusOf(report, flip.host)).toBe('changed');
      expect(report.exit).toBe(0);
    });

    test('and a run puts back that one, in one write', async () => {
      const host = lab.host('rp01');
      await host.write('/proc/sys/vm/swappiness', '60\n');
      expect((await site.perfplay('run', 'site.yml', '-l', 'rp01', '--expect-no-changes')).exitCode).toBe(10);
      expect(await host.read('/proc/sys/vm/swappiness')).toBe('60\n');
      const report = await site.report('run', 'site.yml', '-l', 'rp01');
      expect(report.changes.flatMap(({ keys }) => keys)).toEqual(['sysctl/vm.swappiness']);
      expect(await host.read('/proc/sys/vm/swappiness')).toBe('1\n');
    });
  });

  describe('after the boot', () => {
    const cmdline = '/proc/cmdline';
    const boot = async (name: string): Promise<void> => {
      const host = lab.host(name);
      await host.write(
        cmdline,
        (await host.read(cmdline)).replace('\n', ' intel_idle.max_cstate=1 processor.max_cstate=1\n'),
      );
    };

    test('nothing is pending where the kernel obeys', async () => {
      await boot('kvm02');
      await lab.host('kvm02').sh(`echo 1 >/sys/module/intel_idle/parameters/max_cstate
        echo 1 >/sys/module/processor/parameters/max_cstate
        rm -r /sys/devices/system/cpu/cpu*/cpuidle/state2 /sys/devices/system/cpu/cpu*/cpuidle/state3`);
      const { hosts, exit } = await site.report('run', 'site.yml', '-l', 'kvm02', '--fail-on-pending');
      expect([exit, hosts[0]?.status, hosts[0]?.recap.pending]).toEqual([0, 'ok', []]);
    });

    test('a kernel that took the argument and ignored it is a failure', async () => {
      expect((await site.perfplay('plan', 'site.yml', '-l', 'kvm03')).exitCode).toBe(0);
      await boot('kvm03');
      const { failures, exit } = await site.report('run', 'site.yml', '-l', 'kvm03');
      expect(exit).toBe(2);
      expect(failures).toMatchObject([{ reason: 'ineffective', module: 'kernel_cmdline', hosts: ['kvm03'] }]);
      expect(failures[0]?.message).toContain('max_cstate is 9');
    });
  });
});
