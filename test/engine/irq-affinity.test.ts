import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import irqAffinity from '../../modules/irq_affinity/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost, type TaskInput } from './local-host.ts';

/** Units are files below /run/units; irqbalance's process is what its arguments say. */
const systemctl = `#!/bin/sh
units=$PERFPLAY_ROOT/run/units verb=$1
shift
restart() {
  . "$PERFPLAY_ROOT/etc/default/irqbalance"
  printf '%s\\000' /usr/sbin/irqbalance --foreground $IRQBALANCE_ARGS >"$PERFPLAY_ROOT/proc/812/cmdline"
}
case $verb in
  show)
    while [ "$1" != -- ]; do shift; done
    shift
    for unit; do
      load=not-found active=inactive enabled=
      if [ -e "$units/$unit" ] || [ -e "$PERFPLAY_ROOT/etc/systemd/system/$unit" ]; then
        load=loaded enabled=disabled
        [ ! -e "$units/$unit.active" ] || active=active
        [ ! -e "$units/$unit.enabled" ] || enabled=enabled
      fi
      printf 'Id=%s\\nLoadState=%s\\nActiveState=%s\\nUnitFileState=%s\\n\\n' "$unit" "$load" "$active" "$enabled"
    done ;;
  stop) rm "$units/$1.active" ;;
  enable) : >"$units/$1.enabled" ;;
  disable) rm "$units/$1.enabled" ;;
  try-restart) restart ;;
  daemon-reload) ;;
  *) echo "systemctl $verb: not in this test" >&2; exit 1 ;;
esac
`;

const nic = '/sys/devices/pci0000:00/0000:00:03.0';
const disk = '/sys/devices/pci0000:00/0000:00:04.0';

const link = (host: LocalHost, from: string, to: string): void => {
  const file = path.join(host.root, from);
  mkdirSync(path.dirname(file), { recursive: true });
  symlinkSync(path.posix.relative(path.posix.dirname(from), to), file);
};

/** A virtio NIC of two queues and an NVMe disk of one, as their drivers number them in this boot. */
const plug = (host: LocalHost, base: number): void => {
  for (const folder of ['/proc/irq', '/sys/kernel/irq', `${nic}/msi_irqs`, `${disk}/msi_irqs`])
    rmSync(path.join(host.root, folder), { recursive: true, force: true });
  const actions = [
    'virtio1-config',
    'virtio1-input.0',
    'virtio1-output.0',
    'virtio1-input.1',
    'virtio1-output.1',
    'nvme0q0',
    'nvme0q1',
  ];
  for (const [index, action] of actions.entries()) {
    const number = base + index;
    host.write(`${action.startsWith('nvme') ? disk : nic}/msi_irqs/${number}`, 'msix\n');
    host.write(`/sys/kernel/irq/${number}/actions`, `${action}\n`);
    host.write(`/proc/irq/${number}/smp_affinity_list`, '0\n');
    link(host, `/proc/irq/${number}/effective_affinity_list`, `/proc/irq/${number}/smp_affinity_list`);
  }
};

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({
    '/sys/devices/system/cpu/online': '0-3\n',
    '/sys/devices/system/cpu/isolated': '3\n',
    [`${nic}/local_cpulist`]: '2-3\n',
    [`${nic}/virtio1/net/ens3/mtu`]: '1500\n',
    [`${disk}/local_cpulist`]: '0-1\n',
    [`${disk}/nvme/nvme0/nvme0n1/size`]: '8\n',
    '/etc/default/irqbalance': '# irqbalance(1)\n#IRQBALANCE_ARGS=\n',
    '/proc/812/comm': 'irqbalance\n',
    '/proc/812/cmdline': '/usr/sbin/irqbalance\0--foreground\0',
    '/run/units/irqbalance.service': '',
    '/run/units/irqbalance.service.active': '',
    '/run/units/irqbalance.service.enabled': '',
  });
  const program = path.join(path.dirname(host.root), 'bin/systemctl');
  writeFileSync(program, systemctl);
  chmodSync(program, 0o755);
  for (const folder of [nic, disk]) link(host, `/sys/bus/pci/devices/${path.basename(folder)}`, folder);
  link(host, `${nic}/driver`, '/sys/bus/pci/drivers/virtio-pci');
  link(host, '/sys/class/net/ens3', `${nic}/virtio1/net/ens3`);
  link(host, `${nic}/virtio1/net/ens3/device`, `${nic}/virtio1`);
  link(host, '/sys/block/nvme0n1', `${disk}/nvme/nvme0/nvme0n1`);
  link(host, `${disk}/nvme/nvme0/nvme0n1/device`, `${disk}/nvme/nvme0`);
  link(host, `${disk}/nvme/nvme0/device`, disk);
  plug(host, 40);
});
afterEach(() => host.dispose());

const task = (params: Value): TaskInput => ({ module: irqAffinity, params });
const banned = task({ devices: { nic: 'ens*' }, cpus: '1,2', irqbalance: 'ban' });
const planned = async (input: TaskInput) => {
  const { tasks } = await runTasks(host, [input], { check: true });
  return tasks[0]?.changes.map(({ key, before, after, levels }) => ({ key, before, after, levels }));
};

describe('irq_affinity through the engine', () => {
  it('spreads the queues, bans the driver, and has nothing left to do', async () => {
    const first = await runTasks(host, [banned]);
    expect(first.tasks).toMatchObject([{ outcome: 'changed', pending: [] }]);
    // CPU 2 is near the NIC, CPU 1 is not: queue 0 is served by 2, queue 1 by 1. 40 is virtio1-config.
    expect([40, 41, 42, 43, 44].map((irq) => host.read(`/proc/irq/${irq}/smp_affinity_list`))).toEqual([
      '0\n',
      '2\n',
      '2\n',
      '1\n',
      '1\n',
    ]);
    expect(host.read('/etc/default/irqbalance')).toBe(
      '# irqbalance(1)\n#IRQBALANCE_ARGS=\nIRQBALANCE_ARGS="--banmod=virtio-pci"\n',
    );
    expect(host.read('/proc/812/cmdline')).toContain('--banmod=virtio-pci');
    expect(host.read('/etc/perfplay/boot.tab')).toContain(
      'irq nic:ens3 input.0 2\nirq nic:ens3 output.0 2\nirq nic:ens3 input.1 1\n',
    );
    // What may cut the connection is kept once it has not: two rounds of writes.
    expect(first.asks).toBe(3);

    const second = await runTasks(host, [banned]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
    expect(second.asks).toBe(1);
  });

  it('plans the one thing that was changed from outside', async () => {
    await runTasks(host, [banned]);
    host.write('/proc/irq/43/smp_affinity_list', '0-3\n');
    expect(await planned(banned)).toEqual([
      { key: 'irq_affinity/ens3/input.1', before: '0-3', after: '1', levels: ['running'] },
    ]);
    host.write('/proc/irq/43/smp_affinity_list', '1\n');

    const table = host.read('/etc/perfplay/boot.tab') ?? '';
    host.write('/etc/perfplay/boot.tab', table.replace('output.1 1', 'output.1 0'));
    expect(await planned(banned)).toEqual([
      { key: 'irq_affinity/ens3/output.1', before: '0', after: '1', levels: ['boot'] },
    ]);
    host.write('/etc/perfplay/boot.tab', table);

    host.write('/proc/812/cmdline', '/usr/sbin/irqbalance\0');
    expect(await planned(banned)).toMatchObject([
      { key: 'irq_affinity/irqbalance/process/virtio-pci', levels: ['running'] },
    ]);
  });

  it('is kept by device and queue: the boot unit finds them under other numbers', async () => {
    await runTasks(host, [banned]);
    plug(host, 90);
    execFileSync('/bin/sh', [path.join(host.root, 'usr/local/lib/perfplay/boot')], {
      env: { ...process.env, PERFPLAY_ROOT: host.root },
    });
    expect([90, 91, 92, 93, 94].map((irq) => host.read(`/proc/irq/${irq}/smp_affinity_list`))).toEqual([
      '0\n',
      '2\n',
      '2\n',
      '1\n',
      '1\n',
    ]);
    expect(await planned(banned)).toEqual([]);
  });

  it('leaves everything alone while irqbalance would undo it', async () => {
    const { tasks } = await runTasks(host, [task({ devices: { nic: 'ens3' } })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'conflict', changes: [] }]);
    expect(host.read('/proc/irq/41/smp_affinity_list')).toBe('0\n');
  });

  it('stops irqbalance first, and for good', async () => {
    const stopped = task({ devices: { nic: 'ens3' }, mode: 'same', cpus: 'housekeeping', irqbalance: 'stop' });
    const { tasks } = await runTasks(host, [stopped]);
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read('/run/units/irqbalance.service.active')).toBeUndefined();
    expect(host.read('/run/units/irqbalance.service.enabled')).toBeUndefined();
    expect(host.read('/proc/irq/41/smp_affinity_list')).toBe('0-2\n');
    expect(await planned(stopped)).toEqual([]);
  });

  it('waits for the next interrupt where another CPU still serves', async () => {
    rmSync(path.join(host.root, '/proc/irq/41/effective_affinity_list'));
    host.write('/proc/irq/41/effective_affinity_list', '0\n');
    expect((await runTasks(host, [banned])).tasks).toMatchObject([{ outcome: 'changed', pending: ['next-use'] }]);
    expect((await runTasks(host, [banned])).tasks).toMatchObject([
      { outcome: 'ok', pending: ['next-use'], changes: [] },
    ]);
  });

  it('does not try what the kernel manages', async () => {
    const { tasks } = await runTasks(host, [task({ devices: { name: 'nvme0n1' }, irqbalance: 'stop' })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'unsupported', changes: [] }]);
    expect(host.read('/run/units/irqbalance.service.active')).toBe('');
  });

  it('refuses two tasks that want different CPUs for one interrupt', async () => {
    const other = task({ devices: { name: 'ens3' }, mode: 'same', cpus: 0, irqbalance: 'ban' });
    const { tasks } = await runTasks(host, [banned, other]);
    expect(tasks.at(-1)).toMatchObject({ outcome: 'failed', reason: 'conflict' });
    expect(tasks.at(-1)?.message).toMatch(
      /site\.yml:1 and site\.yml:2 want different values .*smp_affinity_list: 2 and 0/,
    );
    expect(host.read('/proc/irq/41/smp_affinity_list')).toBe('0\n');
  });
});
