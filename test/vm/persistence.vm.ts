import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { titled } from '../e2e/perfplay.ts';
import { startGuest, type Guest } from '../lab/vm/guest.ts';
import { buildImage } from '../lab/vm/image.ts';
import { vmProblem } from '../lab/vm/need.ts';
import { createController, type Controller } from './controller.ts';
import { flips, groups, unitFlips, type Flip } from './flips.ts';
import { controllerFiles, equip } from './lab-files.ts';
import { changedKeys, good, resultOf } from './result.ts';
import { soak } from './soak.ts';
import { interruptsOf } from './state.ts';

const playbook = readFileSync(path.join(import.meta.dirname, 'persistence.yml'), 'utf8');

/** Files of the kernel, or commands, and what they must say after the boot. */
const kernel: Readonly<Record<string, string>> = {
  'cat /proc/sys/vm/swappiness': '1',
  'cat /proc/sys/fs/aio-max-nr': '1048576',
  'cat /proc/sys/vm/dirty_ratio': '10',
  'cat /proc/sys/net/ipv4/tcp_rmem': '4096\t262144\t16777216',
  'cat /proc/sys/net/netfilter/nf_conntrack_max': '131072',
  'cat /sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
  'cat /sys/kernel/mm/transparent_hugepage/defrag': 'always [defer] defer+madvise madvise never',
  'cat /sys/kernel/mm/transparent_hugepage/khugepaged/defrag': '0',
  'cat /sys/kernel/mm/ksm/run /sys/kernel/mm/ksm/pages_to_scan /sys/kernel/mm/ksm/sleep_millisecs': '1\n200\n100',
  'cat /sys/block/vd*/queue/iostats': '0\n0',
  'cat /sys/class/net/en*/queues/rx-0/rps_cpus': 'f\nf',
  'cat /sys/block/vdb/queue/scheduler /sys/block/nvme0n1/queue/scheduler': '[mq-deadline] none\n[mq-deadline] none',
  'cat /sys/block/sda/queue/nomerges /sys/block/sda/queue/rq_affinity /sys/block/sda/queue/nr_requests': '1\n2\n64',
  'cat /sys/block/sdb/queue/read_ahead_kb': '512',
  'cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor': 'performance\nperformance\nperformance\nperformance',
  'cat /sys/devices/system/cpu/cpufreq/policy*/scaling_max_freq': '1200000\n1200000\n1200000\n1200000',
  'cat /sys/module/nf_conntrack/parameters/acct /sys/module/nf_conntrack/parameters/tstamp': 'Y\nY',
  'cat /sys/module/loop/parameters/max_part': '15',
  "grep -c '^pcspkr ' /proc/modules || true": '0',
  "grep -c '^vhost_net ' /proc/modules": '1',
  'cat /proc/sys/vm/nr_hugepages': '8',
  'cat /sys/module/printk/parameters/time': 'N',
  "grep -c ' panic=' /proc/cmdline || true": '0',
  'systemctl is-active lab irqbalance': 'active\nactive',
  'systemctl is-enabled systemd-pstore || true': 'masked',
};

/** The card with queues is on node 1; its masks, whatever the numbers are in this boot. */
const spread = Object.fromEntries([0, 1, 2, 3].flatMap((queue) => ['input', 'output'].map((way) => [`${way}.${queue}`, `${2 + (queue % 2)}`]))); // prettier-ignore

// One life of a host, told in order: each test begins where the one before it ended.
describe.skipIf(vmProblem)(titled('every store, over a boot', vmProblem), () => {
  let guest: Guest;
  let controller: Controller;
  beforeAll(async () => {
    guest = await startGuest(await buildImage());
    controller = createController(guest);
    controller.write('site.yml', playbook);
    for (const [name, text] of Object.entries(controllerFiles)) controller.write(name, text);
    await guest.sh(equip);
  });
  afterAll(async () => {
    controller?.remove();
    await guest?.stop();
  });

  /** sh stops at the first that fails. */
  const make = (all: readonly Flip[]): Promise<string> =>
    guest.sh(all.map((flip) => `{ ${flip.make}\n} || { echo 'nothing to flip: ${flip.keys[0]}' >&2; exit 1; }`).join('\n')); // prettier-ignore
  const undo = (all: readonly Flip[]): Promise<string> =>
    guest.sh(['set -e', ...all.toReversed().map((flip) => flip.undo)].join('\n'));
  const named = (all: readonly Flip[]): readonly string[] =>
    all.flatMap(({ keys, level }) => keys.map((key) => `${key} [${level}]`)).toSorted();

  test('the first run changes it, and a boot is pending', async () => {
    const report = await controller.report('run', 'site.yml');
    expect(resultOf(report)).toEqual(good('changed'));
    expect(report.recap.pending).toContain('reboot');
  });

  test('the second run changes nothing', async () => {
    expect(resultOf(await controller.report('run', 'site.yml'))).toEqual(good('ok'));
  });

  test('after a boot nothing is to be changed and no boot is pending', async () => {
    const { state } = await guest.reboot();
    expect(state, await guest.sh('systemctl --failed; journalctl -b -u perfplay-boot --no-pager')).toBe('running');
    const report = await controller.report('run', 'site.yml', '--expect-no-changes');
    expect(changedKeys(report)).toEqual([]);
    expect(resultOf(report)).toEqual(good('ok'));
    expect(report.recap.pending).not.toContain('reboot');
  });

  test('the kernel has every value', async () => {
    const commands = Object.keys(kernel);
    const text = await guest.sh(commands.map((command) => `{ ${command}; } 2>&1; echo ---`).join('\n'));
    const answers = text.split(/\n?---\n?/);
    expect(Object.fromEntries(commands.map((command, index) => [command, answers[index]]))).toEqual(kernel);
    // The console stood in every entry, and is replaced there; what is new is of the normal entries.
    expect(await guest.sh('cat /proc/cmdline')).toMatch(
      / console=tty0 console=ttyS0 transparent_hugepage=madvise +quiet hugepagesz=2M hugepages=8 printk\.time=0$/,
    );
    const found = [...(await interruptsOf(guest, 'enp34s0'))].filter(([name]) => /put\.\d$/.test(name));
    expect(Object.fromEntries(found.map(([name, { wanted }]) => [name.replace(/^.*-/, ''), wanted]))).toEqual(spread);
  });

  describe('what a hand changes is named by the next plan, and nothing else is', () => {
    const title = (group: readonly Flip[]): string =>
      `${group[0]!.keys[0]} [${group[0]!.level}]${group.length > 1 ? ` and ${group.length - 1} more` : ''}`;
    test.each([...groups(flips), ...groups(unitFlips)].map((group) => [title(group), group] as const))(
      '%s',
      async (_, group) => {
        await make(group);
        const plan = await controller.report('plan', 'site.yml');
        await undo(group);
        expect(changedKeys(plan)).toEqual(named(group));
      },
    );

    test('one run mends them all', async () => {
      const seen = new Set<string>();
      const mended = [...flips].filter(({ foreign, keys }) => {
        const isNew = !foreign && keys.every((key) => !seen.has(key));
        for (const key of keys) seen.add(key);
        return isNew;
      });
      await make(mended);
      const report = await controller.report('run', 'site.yml');
      expect(resultOf(report)).toEqual(good('changed'));
      expect(changedKeys(report)).toEqual(expect.arrayContaining([...named(mended)]));
      const plan = await controller.report('plan', 'site.yml');
      expect(changedKeys(plan)).toEqual([]);
      expect(resultOf(plan)).toEqual(good('ok'));
    });
  });

  const seconds = Number(process.env['PERFPLAY_SOAK'] ?? 60);
  test(
    'every plan stays empty while irqbalance, udev and the network are at work',
    async () => {
      const { plans, changed } = await soak(guest, seconds, async () => {
        const plan = await controller.report('plan', 'site.yml');
        expect(resultOf(plan)).toEqual(good('ok'));
        return changedKeys(plan);
      });
      expect(changed).toEqual([]);
      expect(plans).toBeGreaterThan(0);
      expect(await guest.sh('systemctl is-active irqbalance')).toBe('active');
    },
    (seconds + 900) * 1000,
  );

  test('an option that modinfo does not name, and the module shows, is an option', async () => {
    controller.write('hash.yml', [
      {
        hosts: 'guest',
        become: true,
        tasks: [{ kernel_module: { name: 'nf_conntrack', options: { hashsize: 32768 } } }],
      },
    ]);
    expect(resultOf(await controller.report('run', 'hash.yml'))).toEqual(good('changed'));
    expect(await guest.sh('cat /sys/module/nf_conntrack/parameters/hashsize')).toBe('32768');
  });
});
