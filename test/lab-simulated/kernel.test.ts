import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { install, type Installed } from './installed.ts';

const interpreters = ['/bin/sh', '/usr/bin/bash --posix', '/usr/bin/busybox sh', '/usr/bin/mksh'].map(
  (interpreter) => ({
    interpreter,
    present: existsSync(interpreter.split(' ')[0]!),
  }),
);

const queue = '/sys/block/nvme0n1/queue';
const policy = '/sys/devices/system/cpu/cpufreq/policy0';
const invalid = 'Invalid argument';

describe.for(interpreters)('the simulated kernel in $interpreter (installed: $present)', ({ interpreter, present }) => {
  let kvm: Installed;
  let broker: Installed;
  beforeAll(async () => {
    if (present) [kvm, broker] = await Promise.all([install('kvm01', interpreter), install('rp01', interpreter)]);
  });
  afterAll(() => present && Promise.all([kvm.remove(), broker.remove()]));
  beforeEach(({ skip }) => skip(!present, `${interpreter} is not installed`));

  it('knows files that are missing, folders and read-only attributes', async () => {
    expect(await kvm.write(`${queue}/colour`, '1')).toBe('No such file or directory');
    expect(await kvm.write(queue, '1')).toBe('Is a directory');
    expect(await kvm.write('/sys/module/intel_idle/parameters/max_cstate', '1')).toBe('Permission denied');
    expect(await kvm.read('/sys/module/intel_idle/parameters/max_cstate')).toBe('9');
  });

  it('moves the brackets of a choice, and refuses an unknown word with nothing changed', async () => {
    expect(await kvm.read(`${queue}/scheduler`)).toBe('none [mq-deadline] kyber bfq');
    expect(await kvm.write(`${queue}/scheduler`, 'noop')).toBe(invalid);
    expect(await kvm.read(`${queue}/scheduler`)).toBe('none [mq-deadline] kyber bfq');
    expect(await kvm.write(`${queue}/scheduler`, 'none')).toBe('');
    expect(await kvm.read(`${queue}/scheduler`)).toBe('[none] mq-deadline kyber bfq');
    expect(await kvm.write(`${queue}/scheduler`, 'deadline')).toBe('');
    expect(await kvm.read(`${queue}/scheduler`)).toBe('none [mq-deadline] kyber bfq');
    expect(await kvm.write('/sys/kernel/mm/transparent_hugepage/enabled', 'sometimes')).toBe(invalid);
    expect(await kvm.write('/sys/kernel/mm/transparent_hugepage/enabled', 'never')).toBe('');
    expect(await kvm.read('/sys/kernel/mm/transparent_hugepage/enabled')).toBe('always madvise [never]');
  });

  it('resets nr_requests when the scheduler changes, and only then', async () => {
    await kvm.write(`${queue}/scheduler`, 'mq-deadline');
    expect(await kvm.write(`${queue}/nr_requests`, '64')).toBe('');
    await kvm.write(`${queue}/scheduler`, 'mq-deadline');
    expect(await kvm.read(`${queue}/nr_requests`)).toBe('64');
    await kvm.write(`${queue}/scheduler`, 'none');
    expect(await kvm.read(`${queue}/nr_requests`)).toBe('1023');
    await kvm.write(`${queue}/scheduler`, 'bfq');
    expect(await kvm.read(`${queue}/nr_requests`)).toBe('256');
  });

  it.each([
    ['nr_requests', '1', '', '4'],
    ['nr_requests', '4096', invalid, undefined],
    ['nr_requests', 'many', invalid, undefined],
    ['nomerges', '2', '', '2'],
    ['nomerges', '7', '', '1'],
    ['nomerges', '0', '', '0'],
    ['rq_affinity', '2', '', '2'],
    ['rq_affinity', '9', '', '2'],
    ['read_ahead_kb', '4097', '', '4096'],
    ['read_ahead_kb', '-1', invalid, undefined],
    ['rotational', '5', '', '1'],
  ])('stores queue/%s %s as the block layer does', async (name, value, error, stored) => {
    const before = await kvm.read(`${queue}/${name}`);
    expect(await kvm.write(`${queue}/${name}`, value)).toBe(error);
    expect(await kvm.read(`${queue}/${name}`)).toBe(stored ?? before);
  });

  it('takes governors that the driver offers; energy preferences follow performance and are locked by it', async () => {
    expect(await kvm.write(`${policy}/scaling_governor`, 'schedutil')).toBe(invalid);
    expect(await kvm.read(`${policy}/scaling_governor`)).toBe('powersave');
    expect(await kvm.write(`${policy}/energy_performance_preference`, 'power')).toBe('');
    expect(await kvm.write(`${policy}/energy_performance_preference`, 'fast')).toBe(invalid);
    expect(await kvm.write(`${policy}/scaling_governor`, 'performance')).toBe('');
    expect(await kvm.read(`${policy}/energy_performance_preference`)).toBe('performance');
    expect(await kvm.read(`${policy}/scaling_cur_freq`)).toBe('2400000');
    expect(await kvm.write(`${policy}/energy_performance_preference`, 'power')).toBe('Device or resource busy');
    expect(await kvm.read(`${policy}/energy_performance_preference`)).toBe('performance');
    expect(await broker.write(`${policy}/scaling_governor`, 'schedutil')).toBe('');
  });

  it('clamps frequency limits into the range of the hardware', async () => {
    expect(await kvm.write(`${policy}/scaling_max_freq`, '99')).toBe('');
    expect(await kvm.read(`${policy}/scaling_max_freq`)).toBe('1200000');
    expect(await kvm.write(`${policy}/scaling_max_freq`, '9999999')).toBe('');
    expect(await kvm.read(`${policy}/scaling_max_freq`)).toBe('2400000');
    expect(await kvm.write(`${policy}/scaling_max_freq`, 'abc')).toBe(invalid);
    expect(await kvm.write(`${policy}/scaling_min_freq`, '2000000')).toBe('');
    expect(await kvm.write(`${policy}/scaling_max_freq`, '1500000')).toBe('');
    expect(await kvm.read(`${policy}/scaling_min_freq`)).toBe('1500000');
  });

  it('runs, stops and unmerges KSM', async () => {
    const ksm = '/sys/kernel/mm/ksm';
    expect(await kvm.read(`${ksm}/run`)).toBe('1');
    expect(Number(await kvm.read(`${ksm}/pages_sharing`))).toBeGreaterThan(0);
    expect(await kvm.write(`${ksm}/run`, '3')).toBe(invalid);
    expect(await kvm.write(`${ksm}/run`, '0')).toBe('');
    expect(Number(await kvm.read(`${ksm}/pages_sharing`))).toBeGreaterThan(0);
    expect(await kvm.write(`${ksm}/run`, '2')).toBe('');
    expect(await kvm.read(`${ksm}/pages_sharing`)).toBe('0');
    expect(await kvm.write(`${ksm}/pages_sharing`, '1')).toBe('Permission denied');
  });

  it.each([
    ['vm/swappiness', '201', invalid, '60'],
    ['vm/swappiness', '1', '', '1'],
    ['vm/swappiness', '010', '', '10'],
    ['vm/swappiness', '', invalid, '10'],
    ['vm/nr_hugepages', '100000', '', '408'],
    ['fs/aio-max-nr', '1048576', '', '1048576'],
    ['fs/aio-max-nr', '-1', invalid, '1048576'],
    ['fs/aio-max-nr', 'lots', invalid, '1048576'],
    ['kernel/sched_rt_runtime_us', '-1', '', '-1'],
    ['net/ipv4/tcp_rmem', '4096 87380 16777216', '', '4096\t87380\t16777216'],
    ['net/ipv4/tcp_rmem', '8192', '', '8192\t87380\t16777216'],
    ['net/ipv4/tcp_rmem', '1 x 3', invalid, '8192\t87380\t16777216'],
    ['net/ipv4/tcp_congestion_control', 'warp', 'No such file or directory', 'cubic'],
    ['net/ipv4/tcp_congestion_control', 'reno', '', 'reno'],
    ['net/core/default_qdisc', 'fq', '', 'fq'],
    ['fs/aio-nr', '1', 'Permission denied', '0'],
  ])('stores /proc/sys/%s "%s" as sysctl does', async (name, value, error, stored) => {
    expect(await broker.write(`/proc/sys/${name}`, value)).toBe(error);
    expect(await broker.read(`/proc/sys/${name}`)).toBe(stored);
  });

  it('accepts and ignores an unknown clock source', async () => {
    const current = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
    expect(await kvm.write(current, 'sundial')).toBe('');
    expect(await kvm.read(current)).toBe('tsc');
    expect(await kvm.write(current, 'hpet')).toBe('');
    expect(await kvm.read(current)).toBe('hpet');
  });

  it('stores a switch of cpuidle as 0 or 1', async () => {
    const disable = '/sys/devices/system/cpu/cpu1/cpuidle/state3/disable';
    expect(await kvm.write(disable, '2')).toBe('');
    expect(await kvm.read(disable)).toBe('1');
  });
  const interrupt = async (host: Installed, name: string): Promise<string> => {
    const line = (await host.read('/proc/interrupts')).split('\n').find((one) => one.endsWith(` ${name}`));
    return `/proc/irq/${line!.trim().split(':')[0]}`;
  };

  it('keeps mask and list in step, whichever was written, and the effective CPU inside them', async () => {
    const irq = await interrupt(kvm, 'ens1f0-TxRx-0');
    expect(await kvm.read(`${irq}/smp_affinity_list`)).toBe('0');
    expect(await kvm.write(`${irq}/smp_affinity_list`, '2-3')).toBe('');
    expect(await kvm.read(`${irq}/smp_affinity`)).toBe('c');
    expect(await kvm.read(`${irq}/effective_affinity_list`)).toBe('2');
    expect(await kvm.read(`${irq}/effective_affinity`)).toBe('4');
    expect(await kvm.write(`${irq}/smp_affinity`, '00000005')).toBe('');
    expect(await kvm.read(`${irq}/smp_affinity_list`)).toBe('0,2');
    expect(await kvm.read(`${irq}/effective_affinity_list`), 'stays while the mask allows').toBe('2');
  });

  it('refuses empty, impossible and malformed sets with the errno of each', async () => {
    const irq = await interrupt(kvm, 'ens1f0-TxRx-1');
    expect(await kvm.write(`${irq}/smp_affinity`, '0')).toBe(invalid);
    expect(await kvm.write(`${irq}/smp_affinity_list`, '')).toBe(invalid);
    expect(await kvm.write(`${irq}/smp_affinity`, '10')).toBe('Value too large for defined data type');
    expect(await kvm.write(`${irq}/smp_affinity`, '1,00000001')).toBe('Value too large for defined data type');
    expect(await kvm.write(`${irq}/smp_affinity_list`, '7')).toBe('Numerical result out of range');
    expect(await kvm.write(`${irq}/smp_affinity`, 'xyz')).toBe(invalid);
    expect(await kvm.write(`${irq}/smp_affinity_list`, '3-1')).toBe(invalid);
    expect(await kvm.read(`${irq}/smp_affinity`)).toBe('1');
  });

  it('lets nobody move a managed interrupt, but the admin queue', async () => {
    const managed = await interrupt(kvm, 'nvme0q2');
    expect(await kvm.write(`${managed}/smp_affinity`, '1')).toBe('Input/output error');
    expect(await kvm.write(`${managed}/smp_affinity_list`, '0')).toBe('Input/output error');
    expect(await kvm.read(`${managed}/smp_affinity_list`)).toBe('1');
    expect((await stat(path.join(kvm.folder.root, managed, 'smp_affinity'))).mode & 0o777).toBe(0o444);
    expect(await kvm.write(`${await interrupt(kvm, 'nvme0q0')}/smp_affinity_list`, '3')).toBe('');
  });
});
