import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShell, type Shell } from '../../src/connect/shell/shell.ts';
import { disks, nics } from '../../src/contract/devices.ts';
import { facts } from '../../src/contract/facts.ts';
import { localChannel } from '../connect/shell/shells.ts';
import { install, type Installed } from './installed.ts';

/** perfplay's own remote shell on a simulated host, with the inventory's relative paths. */
const open = (host: Installed): Shell =>
  openShell(localChannel(['/bin/sh', '-c', 'cd "$1" && exec /bin/sh', 'sh', host.folder.base]), {
    root: 'root',
    write: 'bin/write',
    path: 'bin',
  });

let broker: Installed;
let rocky: Installed;
beforeAll(async () => {
  [broker, rocky] = await Promise.all([install('rp01'), install('rp02')]);
});
afterAll(() => Promise.all([broker.remove(), rocky.remove()]));

describe('perfplay’s shell on a simulated host', () => {
  it('sees the host that the table describes', async () => {
    const shell = open(broker);
    const snapshot = await shell.ask([...facts.ops, ...disks.ops, ...nics.ops]);
    await shell.close();
    const gibibyte = 1024 ** 3;
    expect(facts.decode(snapshot)).toEqual({
      os: { family: 'debian', id: 'debian', version: '12' },
      kernel: '6.1.0-28-amd64',
      arch: 'x86_64',
      cpu: {
        vendor: 'GenuineIntel',
        model: 'Simulated Xeon CPU @ 2.40GHz',
        count: 4,
        online: 4,
        sockets: 2,
        numa_nodes: 2,
      },
      memory_bytes: 32 * gibibyte,
      virt: 'none',
      nics: [{ name: 'ens1f0', driver: 'i40e' }],
      disks: [
        { name: 'nvme0n1', driver: 'nvme', rotational: false, bytes: 894 * gibibyte },
        { name: 'nvme1n1', driver: 'nvme', rotational: false, bytes: 894 * gibibyte },
        { name: 'sda', driver: 'sd', rotational: true, bytes: 111 * gibibyte },
      ],
    });
    expect(disks.decode(snapshot).map(({ mounts }) => mounts)).toEqual([
      ['/var/lib/redpanda/data'],
      ['/var/lib/redpanda/cache'],
      ['/'],
    ]);
    expect(nics.decode(snapshot)[0]?.localCpus).toEqual([2, 3]);
  });

  it('knows the RHEL kin', async () => {
    const shell = open(rocky);
    const snapshot = await shell.ask(facts.ops);
    await shell.close();
    expect(facts.decode(snapshot).os).toEqual({ family: 'rhel', id: 'rocky', version: '9.5' });
  });

  it('writes through the simulated kernel, and brings its refusals back', async () => {
    const shell = open(broker);
    const results = await shell.apply([
      { op: 'attribute', path: '/sys/block/nvme0n1/queue/scheduler', value: 'none' },
      { op: 'attribute', path: '/sys/block/nvme0n1/queue/scheduler', value: 'noop' },
      { op: 'program', argv: ['systemctl', 'stop', 'irqbalance.service'] },
      { op: 'file', path: '/etc/sysctl.d/zz-a.conf', mode: 0o644, before: null, after: 'vm.swappiness = 1\n' },
    ]);
    await shell.close();
    expect(results.map(({ state }) => state)).toEqual([0, 1, 0, 0]);
    expect(results[1]?.text).toBe('Invalid argument');
    expect(await broker.read('/sys/block/nvme0n1/queue/scheduler')).toMatch(/^\[none\]/);
    expect(await broker.read('/etc/sysctl.d/zz-a.conf')).toBe('vm.swappiness = 1');
    expect((await broker.run('systemctl', 'is-active', 'irqbalance')).stdout).toBe('inactive\n');
  });
});
