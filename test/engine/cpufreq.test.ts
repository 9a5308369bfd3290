import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import cpufreq from '../../modules/cpufreq/index.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addSystemctl } from './programs.ts';

const folder = '/sys/devices/system/cpu/cpufreq';
const policy = (number: number): Readonly<Record<string, string>> => ({
  [`${folder}/policy${number}/affected_cpus`]: `${number}\n`,
  [`${folder}/policy${number}/scaling_driver`]: 'acpi-cpufreq\n',
  [`${folder}/policy${number}/scaling_governor`]: 'schedutil\n',
  [`${folder}/policy${number}/scaling_available_governors`]: 'performance schedutil \n',
  [`${folder}/policy${number}/scaling_min_freq`]: '1200000\n',
  [`${folder}/policy${number}/scaling_max_freq`]: '2000000\n',
  [`${folder}/policy${number}/cpuinfo_min_freq`]: '1200000\n',
  [`${folder}/policy${number}/cpuinfo_max_freq`]: '2400000\n',
});
const fast = { module: cpufreq, params: { governor: 'performance', max_khz: 'hardware' } };

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ ...policy(0), ...policy(1), [`${folder}/boost`]: '0\n' });
  addSystemctl(host, { 'perfplay-boot.service': 'loaded inactive disabled' });
});
afterEach(() => host.dispose());

describe('cpufreq through the engine', () => {
  it('writes every policy and one boot line an attribute, then finds nothing to do', async () => {
    const first = await runTasks(host, [fast]);
    expect(first.tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read(`${folder}/policy1/scaling_governor`)).toBe('performance\n');
    expect(host.read('/etc/perfplay/boot.tab')?.split('\n').slice(1)).toEqual([
      `write ${folder}/policy*/scaling_governor performance`,
      `write ${folder}/policy*/scaling_max_freq 2400000`,
      '',
    ]);
    const second = await runTasks(host, [fast]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
    expect(second.asks).toBe(1);
  });

  it('names the one policy that someone changed', async () => {
    await runTasks(host, [fast]);
    host.write(`${folder}/policy1/scaling_governor`, 'schedutil\n');
    const { tasks } = await runTasks(host, [fast], { check: true });
    expect(tasks[0]?.changes).toMatchObject([{ key: 'cpufreq/policy1/scaling_governor', levels: ['running'] }]);
  });

  it('sets limits of the hardware in a round after boost, which may move them', async () => {
    const { tasks } = await runTasks(host, [{ module: cpufreq, params: { boost: true, max_khz: 'hardware' } }]);
    expect(tasks).toMatchObject([{ outcome: 'changed', warnings: [] }]);
    expect(tasks[0]?.changes.map(({ key }) => key)).toEqual([
      'cpufreq/boost',
      'cpufreq/policy0/scaling_max_freq',
      'cpufreq/policy1/scaling_max_freq',
    ]);
    expect(host.read(`${folder}/policy0/scaling_max_freq`)).toBe('2400000\n');
  });

  it('is unsupported where there is no policy', async () => {
    host.remove(folder);
    expect((await runTasks(host, [fast])).tasks).toMatchObject([{ outcome: 'failed', reason: 'unsupported' }]);
  });
});
