import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statusOf, titled, type Report } from '../e2e/perfplay.ts';
import { startGuest, type Guest } from '../lab/vm/guest.ts';
import { buildImage } from '../lab/vm/image.ts';
import { vmProblem } from '../lab/vm/need.ts';
import { createController, type Controller } from './controller.ts';
import { full, standing } from './faults.ts';
import { good, resultOf } from './result.ts';

const dropIn = '/etc/default/grub.d/zz-perfplay.cfg';
const menu = '/boot/grub/grub.cfg';

// One life of a host, told in order. Its setting counts up; what the menu holds tells which run was the last to come through.
describe.skipIf(vmProblem)(titled('a boot menu that cannot be made', vmProblem), () => {
  let guest: Guest;
  let controller: Controller;
  beforeAll(async () => {
    guest = await startGuest(await buildImage());
    controller = createController(guest);
    for (const value of [1, 2, 3, 4])
      controller.write(`${value}.yml`, [
        { hosts: 'guest', become: true, tasks: [{ kernel_cmdline: { present: [`lab.setting=${value}`] } }] },
      ]);
    expect(resultOf(await controller.report('run', '1.yml'))).toEqual(good('changed'));
  });
  afterAll(async () => {
    controller?.remove();
    await guest?.stop();
  });

  /** The menu, our drop-in, and the names of all files of ours and beside them: sums, modes and owners. */
  const picture = (): Promise<string> =>
    guest.sh(`sha256sum ${menu} ${dropIn}; stat -c '%n %a %u:%g' ${menu} ${dropIn}
      ls -A /boot/grub; find / -xdev -name '*perfplay*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/run/*' | sort`);
  const settings = async (file: string): Promise<readonly string[]> =>
    (await guest.sh(`grep -v '^ *perfplay_' ${file} | grep -o 'lab.setting=[0-9]' | sort -u`)).split('\n');
  /** Parts of a menu that nobody will finish. */
  const strays = (): Promise<string> =>
    guest.sh(`find /boot/grub /etc/default/grub.d -name '*.new' -o -name '*perfplay*' | sort`);
  const kept = [menu.concat('.perfplay-backup'), dropIn].join('\n');

  describe('the run fails, says what and where, and everything is as it was', () => {
    test.each([...standing, ...full].map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
      const before = await picture();
      await guest.sh(fault.make);
      const made = standing.includes(fault) ? await picture() : before;
      const report = await controller.report('run', '2.yml');
      const after = await picture();
      await guest.sh(fault.undo);
      expect(resultOf(report)).toEqual({ exit: 2, status: 'failed', failures: [expect.stringMatching(fault.says)] });
      expect(after).toBe(made);
      expect(await picture()).toBe(before);
    });
  });

  test('with all of them at once it boots, by the old menu', async () => {
    const before = await picture();
    const all = [...standing, full[1]!];
    for (const fault of all) await guest.sh(fault.make);
    expect((await controller.report('run', '2.yml')).exit).toBe(2);
    expect((await guest.reboot()).state).toMatch(/^(running|degraded)$/);
    expect(await guest.sh('cat /proc/cmdline')).toMatch(/ lab\.setting=1$/);
    for (const fault of all.toReversed()) await guest.sh(fault.undo);
    expect(await picture()).toBe(before);
  });

  test('without them the same run comes through', async () => {
    expect(resultOf(await controller.report('run', '2.yml'))).toEqual(good('changed'));
    expect(await settings(menu)).toEqual(['lab.setting=2']);
  });

  describe('cut off while the menu is made', () => {
    const slow = '/etc/grub.d/05_slow';
    beforeAll(async () => {
      const lines = `'#!/bin/sh' ': >/run/lab-at-work' 'sleep 20'`;
      await guest.sh(`printf '%s\n' ${lines} >${slow} && chmod 755 ${slow}`);
    });

    /** A run that is cut off by `cut` in the middle of grub-mkconfig. */
    const runAndCut = async (playbook: string, cut: () => Promise<unknown>): Promise<Report> => {
      await guest.sh('rm -f /run/lab-at-work');
      const run = controller.report('run', playbook);
      await guest.sh('until [ -e /run/lab-at-work ]; do sleep 0.2; done');
      await cut();
      return run;
    };
    const expectLost = (report: Report): void => {
      expect(report.exit).toBe(2);
      expect(statusOf(report, 'guest')).toBe('unknown');
      expect(report.hosts[0]?.message).toMatch(/connection|shell|closed|lost|reset/i);
    };
    /** Old or new, but one of them: in every entry of a menu that GRUB can read. */
    const expectWhole = async (old: string, wanted: string): Promise<string> => {
      await guest.sh(`grub-script-check ${menu}`);
      const [found, ...more] = await settings(menu);
      expect(more).toEqual([]);
      expect([old, wanted]).toContain(found);
      const normal = await guest.sh(`grep -E '^[[:space:]]+linux' ${menu} | grep -v ' single '`);
      for (const line of normal.split('\n')) expect(line).toContain(` ${found}`);
      return found!;
    };
    const expectConverges = async (playbook: string, wanted: string): Promise<void> => {
      expect((await controller.report('run', playbook)).exit).toBe(0);
      expect(await settings(menu)).toEqual([wanted]);
      expect(resultOf(await controller.report('plan', playbook))).toEqual(good('ok'));
      expect(await strays()).toBe(kept);
    };

    test('by the death of its connection: it goes on there, and what came of it is fetched over another one', async () => {
      const report = await runAndCut('3.yml', () => guest.sh("pkill -KILL -f '^sshd: ops'"));
      expect([report.exit, statusOf(report, 'guest')]).toEqual([0, 'changed']);
      expect(await expectWhole('lab.setting=2', 'lab.setting=3')).toBe('lab.setting=3');
      await expectConverges('3.yml', 'lab.setting=3');
    });

    test('by a reset of the machine: the next plan says that the menu is the old one', async () => {
      // The drop-in is on the disk by then.
      const report = await runAndCut('4.yml', async () => {
        await sleep(8000);
        await guest.reset();
      });
      expectLost(report);
      expect(await guest.sh('cat /proc/cmdline')).toMatch(/ lab\.setting=3$/);
      expect(await expectWhole('lab.setting=3', 'lab.setting=4')).toBe('lab.setting=3');
      expect(await settings(dropIn)).toEqual(['lab.setting=4']);
      const plan = await controller.report('plan', '4.yml');
      expect(plan.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/cut off.*whole.*old one/)]);
      await guest.sh(`rm ${slow}`);
      await expectConverges('4.yml', 'lab.setting=4');
    });
  });
});
