import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modules } from '../../modules/registry.ts';
import { titled } from '../e2e/perfplay.ts';
import { startGuest, type Guest } from '../lab/vm/guest.ts';
import { buildImage } from '../lab/vm/image.ts';
import { cpus, dataDisks, macs } from '../lab/vm/machine.ts';
import { vmProblem } from '../lab/vm/need.ts';
import { createController, type Controller } from './controller.ts';
import { good, resultOf } from './result.ts';
import { changedIn, filesOf, interruptsOf, kernelOf } from './state.ts';

const playbook = readFileSync(path.join(import.meta.dirname, '../../playbooks/site.yml'), 'utf8');

interface Play {
  readonly tasks: readonly Record<string, unknown>[];
}

/** The same site with `state: absent` in every task. */
const absent = (parse(playbook) as readonly Play[]).map((play) => ({
  ...play,
  tasks: play.tasks.map((task) =>
    Object.fromEntries(
      Object.entries(task).map(([key, value]) => [
        key,
        modules.has(key) ? { ...(value as object), state: 'absent' } : value,
      ]),
    ),
  ),
}));

// One life of a host, told in order: each test begins where the one before it ended.
describe.skipIf(vmProblem)(titled('site.yml on a real guest', vmProblem), () => {
  let guest: Guest;
  let controller: Controller;
  let filesBefore: readonly string[];
  let kernelBefore: readonly string[];
  beforeAll(async () => {
    guest = await startGuest(await buildImage(), {
      groups: ['kvm', 'brokers'],
      vars: { governor: 'performance', max_cstate: 1, data_disks: ['vdb', 'nvme*', 'sd[ab]'], nics: 'en*' },
    });
    controller = createController(guest);
    controller.write('site.yml', playbook);
    controller.write('absent.yml', absent);
    filesBefore = await filesOf(guest);
    kernelBefore = await kernelOf(guest);
  });
  afterAll(async () => {
    controller?.remove();
    await guest?.stop();
  });

  test('its facts are those of the machine that was built', async () => {
    const { exitCode, stdout } = await controller.perfplay('facts', 'all');
    expect(exitCode).toBe(0);
    const { guest: facts } = JSON.parse(stdout) as { guest: Record<string, unknown> };
    expect(facts).toMatchObject({
      os: { family: 'debian', id: 'debian', version: '12' },
      kernel: await guest.sh('uname -r'),
      arch: 'x86_64',
      cpu: { vendor: 'GenuineIntel', count: cpus, online: cpus, sockets: 2, numa_nodes: 2 },
      memory_bytes: 1024 * Number(await guest.sh("awk '/^MemTotal:/ { print $2 }' /proc/meminfo")),
      virt: await guest.sh('systemd-detect-virt'),
    });
    expect(facts['nics']).toEqual([
      { name: expect.stringMatching(/^en/), driver: 'virtio_net' },
      { name: expect.stringMatching(/^en/), driver: 'virtio_net' },
    ]);
    expect(facts['disks']).toEqual(
      expect.arrayContaining([
        { name: 'vdb', driver: 'virtio_blk', rotational: true, bytes: dataDisks.vdb },
        { name: 'nvme0n1', driver: 'nvme', rotational: false, bytes: dataDisks.nvme0n1 },
        { name: 'sda', driver: 'sd', rotational: true, bytes: dataDisks.sda },
        { name: 'sdb', driver: 'sd', rotational: false, bytes: dataDisks.sdb },
      ]),
    );
  });

  test('a plan changes nothing on it', async () => {
    const plan = await controller.report('plan', 'site.yml');
    expect(resultOf(plan)).toEqual(good('changed'));
    expect(await filesOf(guest)).toEqual(filesBefore);
    expect(await kernelOf(guest)).toEqual(kernelBefore);
  });

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
    expect(resultOf(report)).toEqual(good('ok'));
    // An interrupt of a card without traffic moves when it comes next: that may be pending for ever.
    expect(report.recap.pending).not.toContain('reboot');
  });

  describe('then, seen from inside', () => {
    const words = async (command: string): Promise<readonly string[]> => (await guest.sh(command)).split(/\s+/);

    test('the kernel was started with the arguments, and took them', async () => {
      expect(await words('cat /proc/cmdline')).toEqual(
        expect.arrayContaining(['intel_idle.max_cstate=1', 'processor.max_cstate=1']),
      );
      expect(await guest.sh('cat /sys/module/processor/parameters/max_cstate')).toBe('1');
      expect(await guest.sh('cat /sys/module/intel_idle/parameters/max_cstate')).toBe('1');
    });

    test('C2 was there, and is gone', async () => {
      const states = kernelBefore.filter((line) => line.includes('/cpuidle/'));
      expect(states).toEqual(expect.arrayContaining([expect.stringContaining(':C2')]));
      expect(await words('cat /sys/devices/system/cpu/cpu*/cpuidle/state*/name')).not.toContain('C2');
    });

    test('each CPU has the governor, and the machine was asked for the fast P-state last', async () => {
      const found = await words('cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor');
      expect(found).toEqual(Array.from({ length: cpus }, () => 'performance'));
      for (let cpu = 0; cpu < cpus; cpu += 1) expect(guest.pstates(cpu).at(-1), `CPU ${cpu}`).toBe(0);
    });

    test('no page is merged', async () => expect(await guest.sh('cat /sys/kernel/mm/ksm/run')).toBe('0'));

    test.each(Object.keys(dataDisks))('%s has no scheduler and merges nothing', async (disk) => {
      const [scheduler, merges] = (await guest.sh(`cd /sys/block/${disk}/queue && cat scheduler nomerges`)).split('\n');
      expect(scheduler).toContain('[none]');
      expect(merges).toBe('2');
    });

    const queuesOf = async (mac: string) => {
      const nic = await guest.sh('basename "$(dirname "$(grep -l "$1" /sys/class/net/*/address)")"', mac);
      return [...(await interruptsOf(guest, nic))].filter(([name]) => /-(input|output)\.\d+$/.test(name));
    };

    test('the queues of the card on node 1 are spread over its CPUs, and irqbalance leaves them there', async () => {
      const queues = await queuesOf(macs.queues);
      expect(queues).toHaveLength(8);
      for (const cpu of ['2', '3']) expect(queues.filter(([, { wanted }]) => wanted === cpu)).toHaveLength(4);
      expect(await guest.sh('systemctl is-active irqbalance')).toBe('active');
    });

    test('the queues of the card that carries this connection are where they were put', async () => {
      const queues = await queuesOf(macs.ssh);
      expect(queues).toHaveLength(2);
      for (const [name, { wanted, effective }] of queues) {
        expect(wanted, name).toMatch(/^[0-3]$/);
        expect(effective, name).toBe(wanted);
      }
    });

    test('vhost_net is loaded', async () => expect(await guest.sh('lsmod')).toMatch(/^vhost_net\s/m));

    test('the limits of a broker hold', async () => {
      expect(await guest.sh('cat /proc/sys/vm/swappiness')).toBe('1');
      expect(Number(await guest.sh('cat /proc/sys/fs/aio-max-nr'))).toBeGreaterThanOrEqual(1048576);
    });
  });

  describe('with `state: absent`', () => {
    test('what was kept is removed, and a boot is pending', async () => {
      const report = await controller.report('run', 'absent.yml');
      expect(resultOf(report)).toEqual(good('changed'));
      expect(report.recap.pending).toContain('reboot');
      const again = await controller.report('run', 'absent.yml');
      expect(resultOf(again)).toEqual(good('ok'));
      expect(again.recap.pending).toContain('reboot');
    });

    test('every file of /etc and the boot menu are what they were, to the byte', async () => {
      expect(changedIn(filesBefore, await filesOf(guest))).toEqual([]);
    });

    test('a boot brings the first state back', async () => {
      const { state } = await guest.reboot();
      expect(state).toBe('running');
      expect(await kernelOf(guest)).toEqual(kernelBefore);
      expect(changedIn(filesBefore, await filesOf(guest))).toEqual([]);
      expect((await controller.report('run', 'absent.yml')).recap.pending).toEqual([]);
    });
  });

  test('the power button shuts it down', async () => {
    await guest.powerOff();
    expect(guest.serial()).toMatch(/reboot: Power down/);
  });
});
