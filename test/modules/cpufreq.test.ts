import { describe, expect, it } from 'vitest';
import cpufreq from '../../modules/cpufreq/index.ts';
import type { SnapshotData } from '../../src/contract/snapshot.ts';
import { isSetting } from '../../src/contract/steps.ts';
import { planCase } from './cases.ts';

const folder = '/sys/devices/system/cpu/cpufreq';
const wide = (hardwareMax: (policy: number) => number): SnapshotData => ({
  content: Object.fromEntries(
    Array.from({ length: 256 }, (_, policy): [string, string][] => [
      [`${folder}/policy${policy}/affected_cpus`, `${policy}\n`],
      [`${folder}/policy${policy}/scaling_driver`, 'intel_pstate\n'],
      [`${folder}/policy${policy}/scaling_governor`, 'powersave\n'],
      [`${folder}/policy${policy}/scaling_available_governors`, 'performance powersave\n'],
      [`${folder}/policy${policy}/scaling_max_freq`, '1000000\n'],
      [`${folder}/policy${policy}/cpuinfo_max_freq`, `${hardwareMax(policy)}\n`],
    ])
      .flat()
      .sort(([left], [right]) => (left < right ? -1 : 1)), // As a shell's glob gives them: policy10 before policy2.
  ),
});
const persisted = (params: { governor?: 'performance'; max_khz?: 'hardware' }, snapshot: SnapshotData) =>
  planCase(cpufreq, { name: 'wide', want: params, snapshot })
    .steps.filter(isSetting)
    .map(({ key, persist }) => ({ key, name: 'name' in persist ? persist.name : undefined }));

describe('cpufreq on a host of 256 policies', () => {
  it('has a setting for each policy in numeric order and one line for the boot', () => {
    const settings = persisted(
      { governor: 'performance' },
      wide(() => 3_000_000),
    );
    expect(settings.map(({ key }) => key)).toEqual(
      Array.from({ length: 256 }, (_, policy) => `cpufreq/policy${policy}/scaling_governor`),
    );
    expect(new Set(settings.map(({ name }) => name))).toEqual(new Set([`write ${folder}/policy*/scaling_governor`]));
  });

  it('has a line for each policy where cores differ', () => {
    const settings = persisted(
      { max_khz: 'hardware' },
      wide((policy) => (policy < 128 ? 3_000_000 : 2_000_000)),
    );
    expect(settings[200]?.name).toBe(`write ${folder}/policy200/scaling_max_freq`);
    expect(new Set(settings.map(({ name }) => name)).size).toBe(256);
  });
});

describe('cpufreq parameters', () => {
  const problems = (want: Parameters<NonNullable<typeof cpufreq.check>>[0]) =>
    (cpufreq.check?.(want) ?? []).map(({ param }) => param);
  it('knows what the kernel would refuse', () => {
    expect(problems({ governor: 'performance', epp: 'power' })).toEqual(['epp']);
    expect(problems({ governor: ['schedutil', 'performance'], epp: 'power' })).toEqual(['epp']);
    expect(problems({ governor: 'performance', epp: 'performance' })).toEqual([]);
    expect(problems({ governor: 'powersave', epp: 'default' })).toEqual(['epp']);
    expect(problems({ min_khz: 2_000_000, max_khz: 1_000_000 })).toEqual(['min_khz']);
    expect(problems({ min_khz: 2_000_000, max_khz: 'hardware' })).toEqual([]);
  });
});
