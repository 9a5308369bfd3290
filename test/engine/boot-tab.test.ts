import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import sysfs from '../../modules/sysfs/index.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addSystemctl } from './programs.ts';

const disk = (name: string): string => `/sys/block/${name}/queue/wbt_lat_usec`;
const tuned = { module: sysfs, params: { values: { '/sys/block/nvme*/queue/wbt_lat_usec': 0 } } };

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ [disk('nvme0n1')]: '2000\n' });
  addSystemctl(host, { 'perfplay-boot.service': 'loaded inactive disabled' });
});
afterEach(() => host.dispose());

/** Starts over what is below /run, and then the unit, as a boot does; gives its exit code. */
const boot = (): number | null => {
  host.remove('/run/perfplay');
  return runUnit();
};
const runUnit = (): number | null =>
  spawnSync('/bin/sh', [path.join(host.root, 'usr/local/lib/perfplay/boot')], {
    env: { ...process.env, PERFPLAY_ROOT: host.root },
  }).status;
const result = async () => (await runTasks(host, [tuned])).tasks[0];

describe('what the boot unit did is a fact', () => {
  beforeEach(async () => {
    expect(await result()).toMatchObject({ outcome: 'changed' });
  });

  it('which is not there in the boot in which the table was written, and good after the next', async () => {
    expect(await result()).toMatchObject({ outcome: 'ok' });
    host.write(disk('nvme0n1'), '2000\n');
    expect(boot()).toBe(0);
    expect(host.read(disk('nvme0n1'))).toBe('0\n');
    expect(host.read('/run/perfplay/boot')).toBe('done write /sys/block/nvme*/queue/wbt_lat_usec 0\n');
    expect(await result()).toMatchObject({ outcome: 'ok', changes: [] });
  });

  it('which says of a line that matched nothing why, until it was done', async () => {
    const text = host.read(disk('nvme0n1'))!;
    host.remove('/sys/block/nvme0n1');
    expect(boot()).toBe(1);
    host.write(disk('nvme0n1'), text);
    const failed = await result();
    expect(failed).toMatchObject({ outcome: 'failed', reason: 'ineffective', changes: [] });
    expect(failed?.message).toMatch(/failed in this boot: .*nvme\*.*: no such file.*systemctl restart perfplay-boot/);

    expect(runUnit()).toBe(0);
    expect(await result()).toMatchObject({ outcome: 'ok', changes: [] });
  });

  it('which counts for its own line alone', async () => {
    host.write(disk('sda'), '75000\n');
    host.remove('/sys/block/nvme0n1');
    boot();
    const other = { module: sysfs, params: { values: { [disk('sda')]: 0 } } };
    expect((await runTasks(host, [other])).tasks[0]).toMatchObject({ outcome: 'changed', changes: [{ after: '0' }] });
    expect((await runTasks(host, [other])).tasks[0]).toMatchObject({ outcome: 'ok' });
  });

  it('which is missing where the unit did not run', async () => {
    host.remove('/run/perfplay');
    expect(await result()).toMatchObject({
      outcome: 'failed',
      reason: 'ineffective',
      message: expect.stringMatching(/perfplay-boot\.service has not run in this boot/),
    });
  });
});
