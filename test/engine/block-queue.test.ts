import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import blockQueue from '../../modules/block_queue/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost, type TaskInput } from './local-host.ts';

const folder = (name: string): string => `/sys/devices/pci0000:00/0000:00:04.0/nvme/nvme0/${name}`;
const queue = (name: string, attribute: string): string => `/sys/block/${name}/queue/${attribute}`;
const rules = '/etc/udev/rules.d/99-perfplay.rules';

let host: LocalHost;
beforeEach(() => {
  const names = ['nvme0n1', 'nvme0n2'];
  host = createLocalHost(
    Object.fromEntries(
      names.flatMap((name) => [
        [`${folder(name)}/size`, '4194304\n'],
        [`${folder(name)}/queue/scheduler`, 'none [mq-deadline] kyber\n'],
        [`${folder(name)}/queue/zoned`, 'none\n'],
        [`${folder(name)}/queue/rotational`, '0\n'],
        [`${folder(name)}/queue/nomerges`, '0\n'],
        [`${folder(name)}/queue/nr_requests`, '256\n'],
      ]),
    ),
  );
  mkdirSync(path.join(host.root, '/sys/block'), { recursive: true });
  for (const name of names)
    symlinkSync(`..${folder(name).slice('/sys'.length)}`, path.join(host.root, `/sys/block/${name}`));
});
afterEach(() => host.dispose());

const task = (params: Value): TaskInput => ({ module: blockQueue, params });
const own = task({ devices: { name: 'nvme0n1' }, scheduler: 'noop', nomerges: 2, nr_requests: 64 });
/** A folder keeps what was written; the kernel shows its choice among all. */
const settle = (): void => host.write(queue('nvme0n1', 'scheduler'), '[none] mq-deadline kyber\n');
const planned = async () => {
  const { tasks } = await runTasks(host, [own], { check: true });
  return tasks[0]?.changes.map(({ key, before, after, levels }) => ({ key, before, after, levels }));
};

describe('block_queue through the engine', () => {
  it('writes the queue and the rule, leaves other disks alone, and has nothing left to do', async () => {
    const { tasks, asks } = await runTasks(host, [own]);
    expect(tasks).toMatchObject([{ outcome: 'changed', pending: [] }]);
    expect(asks).toBe(2);
    expect(host.read(queue('nvme0n1', 'scheduler'))).toBe('none\n');
    expect(host.read(queue('nvme0n1', 'nr_requests'))).toBe('64\n');
    expect(host.read(queue('nvme0n2', 'scheduler'))).toBe('none [mq-deadline] kyber\n');
    expect(host.read(rules)).toContain('KERNEL=="nvme0n1", TEST=="queue/scheduler", ATTR{queue/scheduler}="none"\n');
    settle();
    expect((await runTasks(host, [own])).tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
  });

  it('plans the one thing that was changed from outside', async () => {
    await runTasks(host, [own]);
    settle();
    host.write(queue('nvme0n1', 'nomerges'), '0\n');
    expect(await planned()).toEqual([
      { key: 'block_queue/nvme0n1/nomerges', before: '0', after: '2', levels: ['running'] },
    ]);
    host.write(queue('nvme0n1', 'nomerges'), '2\n');

    host.write(queue('nvme0n1', 'scheduler'), 'none mq-deadline [kyber]\n');
    expect(await planned()).toEqual([
      { key: 'block_queue/nvme0n1/scheduler', before: 'kyber', after: 'none', levels: ['running'] },
    ]);
    settle();

    host.write(rules, (host.read(rules) ?? '').replace(/.*nomerges.*\n/, ''));
    expect(await planned()).toEqual([
      { key: 'block_queue/nvme0n1/nomerges', before: null, after: '2', levels: ['boot'] },
    ]);
  });

  it('sets the depth again when only the scheduler is written', async () => {
    host.write(queue('nvme0n1', 'nr_requests'), '64\n');
    await runTasks(host, [own]);
    const journal = JSON.parse(host.read('/var/lib/perfplay/journal/test-1.json') ?? '') as {
      changes: readonly { key: string }[];
    };
    const keys = journal.changes.map(({ key }) => key);
    expect(keys.indexOf('block_queue/nvme0n1/nr_requests')).toBeGreaterThan(
      keys.indexOf('block_queue/nvme0n1/scheduler'),
    );
  });

  it('takes the rules back, and the value goes at the boot', async () => {
    await runTasks(host, [own]);
    settle();
    const { tasks } = await runTasks(host, [{ ...own, more: { absent: true } }]);
    expect(tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
    expect(host.read(rules)).toBeUndefined();
    expect(host.read(queue('nvme0n1', 'nomerges'))).toBe('2\n');
  });

  it('says what there is where nothing is meant', async () => {
    const { tasks } = await runTasks(host, [task({ devices: { name: 'sd*' }, nomerges: 2 })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'unsupported' }]);
    expect(tasks[0]?.message).toContain('the host has nvme0n1, nvme0n2');
  });
});
