import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { labProblem } from '../lab/need.ts';
import { startProber, together, type Outage } from '../lab/prober.ts';
import { computeNode } from '../lab/trees.ts';
import { startGuest, type Guest } from '../lab/vm/guest.ts';
import { buildImage } from '../lab/vm/image.ts';
import { vmProblem } from '../lab/vm/need.ts';
import { titled } from '../e2e/perfplay.ts';
import { createController, type Controller } from './controller.ts';

const problem = vmProblem ?? labProblem;
const guestNames = ['vm1', 'vm2'] as const;
const names = ['n1', 'n2', 'n3', ...guestNames];

const playbook = `- name: An argument that makes no boot slower
  hosts: all
  become: true
  reboot: {timeout: 1200}
  max_down: 1
  tasks:
    - name: It stands on the kernel line
      kernel_cmdline: {present: [lab.setting=1]}
  post_reboot:
    - name: Every CPU is back
      assert: {that: [facts.cpu.online == facts.cpu.count]}
`;

describe.skipIf(problem)(titled('real guests and sshd hosts together', problem), () => {
  let guests: readonly Guest[] = [];
  let lab: Lab;
  let controller: Controller;
  beforeAll(async () => {
    const image = await buildImage();
    const started = await Promise.allSettled(guestNames.map((name) => startGuest(image, { name })));
    guests = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    lab = await startLab(['n1', 'n2', 'n3'].map((name) => ({ name, tree: computeNode() })));
    controller = createController(guests[0]!);
    for (const guest of guests) controller.write(`${guest.name}.yml`, guest.inventory());
    controller.write('lab.yml', lab.inventory());
    controller.write('site.yml', playbook);
  });
  afterAll(async () => {
    controller?.remove();
    await lab?.stop();
    await Promise.all(guests.map((guest) => guest.stop()));
  });

  /** A run of the site, and when each host was down meanwhile. */
  const run = async (...words: readonly string[]) => {
    const probers = [
      startProber(lab.hosts),
      // An emulated sshd needs a second for its greeting, and QEMU takes the connection whether the guest is up or not.
      startProber(guests, { every: 2000, patience: 20_000 }),
    ];
    await sleep(3000);
    const inventories = ['lab', ...guestNames].flatMap((name) => ['-i', `${name}.yml`]);
    const report = await controller.report('run', 'site.yml', '--no-canary', ...inventories, ...words);
    const outages: readonly Outage[] = (await Promise.all(probers.map((prober) => prober.stop()))).flat();
    return { report, outages };
  };

  test('max_down 1: each is rebooted once, and never two are down', async () => {
    const ids = await Promise.all(guests.map((guest) => guest.sh('cat /proc/sys/kernel/random/boot_id')));
    const { report, outages } = await run();
    expect(report.exit, JSON.stringify(report.failures)).toBe(0);
    expect(report.recap.pending).not.toContain('reboot');
    expect([...new Set(outages.map(({ host }) => host))].toSorted()).toEqual(names);
    expect(together(outages)).toEqual([]);
    for (const host of lab.hosts) expect(await host.boots(), host.name).toBe(1);
    for (const [index, guest] of guests.entries()) {
      expect(await guest.sh('cat /proc/sys/kernel/random/boot_id'), guest.name).not.toBe(ids[index]);
      expect(guest.serial().match(/reboot: Restarting system/g), guest.name).toHaveLength(1);
      expect(await guest.sh('cat /proc/cmdline')).toMatch(/ lab\.setting=1$/);
    }
  });

  test('the second run changes nothing and boots nobody', async () => {
    const { report, outages } = await run('--expect-no-changes');
    expect(report.exit, JSON.stringify(report.failures)).toBe(0);
    expect([report.recap.changed, report.recap.pending]).toEqual([0, []]);
    expect(outages).toEqual([]);
    for (const host of lab.hosts) expect(await host.boots(), host.name).toBe(1);
  });
});
