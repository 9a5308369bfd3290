import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statusOf, titled } from '../e2e/perfplay.ts';
import { startGuest, type Guest } from '../lab/vm/guest.ts';
import { buildImage } from '../lab/vm/image.ts';
import { vmProblem } from '../lab/vm/need.ts';
import { createController, type Controller } from './controller.ts';
import { good, resultOf } from './result.ts';

const play = (value: number) => [
  {
    hosts: 'guest',
    become: true,
    reboot: { timeout: 1200 },
    tasks: [{ kernel_cmdline: { present: [`lab.setting=${value}`] } }, { sysctl: { values: { 'vm.swappiness': 1 } } }],
    post_reboot: [{ command: { argv: ['grep', '-q', `lab.setting=${value}`, '/proc/cmdline'] } }],
  },
];

// One life of a host, told in order: each test begins where the one before it ended.
describe.skipIf(vmProblem)(titled('a play that reboots a real guest', vmProblem), () => {
  let guest: Guest;
  let controller: Controller;
  beforeAll(async () => {
    guest = await startGuest(await buildImage());
    controller = createController(guest);
    controller.write('1.yml', play(1));
    controller.write('2.yml', play(2));
  });
  afterAll(async () => {
    controller?.remove();
    await guest?.stop();
  });

  const bootId = (): Promise<string> => guest.sh('cat /proc/sys/kernel/random/boot_id');

  const boots = async (): Promise<number> => Number(await guest.sh('journalctl --list-boots --no-pager | wc -l'));

  test('boots it once, and what was declared has come with the boot', async () => {
    const before = await bootId();
    const count = await boots();
    const report = await controller.report('run', '1.yml');
    expect(resultOf(report)).toEqual(good('changed'));
    expect(report.recap.pending).toEqual([]);
    expect(await bootId()).not.toBe(before);
    expect(await boots()).toBe(count + 1);
    expect(await guest.sh('cat /proc/cmdline')).toMatch(/ lab\.setting=1$/);
    expect(await guest.sh('cat /proc/sys/vm/swappiness')).toBe('1');
  });

  test('boots nobody the second time', async () => {
    const before = await bootId();
    expect(resultOf(await controller.report('run', '1.yml', '--expect-no-changes'))).toEqual(good('ok'));
    expect(resultOf(await controller.report('run', '1.yml'))).toEqual(good('ok'));
    expect(await bootId()).toBe(before);
  });

  test('says which argument the boot did not bring, where an entry of somebody else is the first of the menu', async () => {
    await guest.sh(`
      { printf '#!/bin/sh\\nexec tail -n +3 "$0"\\n'
        sed -n "/^menuentry /,/^}/p" /boot/grub/grub.cfg | sed "s/'Debian/'Other/"; } >/etc/grub.d/06_other
      chmod 755 /etc/grub.d/06_other`);
    const before = await bootId();
    const report = await controller.report('run', '2.yml');
    expect(await bootId()).not.toBe(before);
    expect(await guest.sh('cat /proc/cmdline')).toMatch(/ lab\.setting=1$/);
    expect(report.exit).toBe(2);
    expect(statusOf(report, 'guest')).toBe('failed');
    expect(report.failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/kernel_cmdline\/lab\.setting/),
    ]);
  });
});
