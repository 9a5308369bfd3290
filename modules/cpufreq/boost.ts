import {
  setting,
  unsupported,
  zeroOne,
  type Codec,
  type Reading,
  type Setting,
  type Step,
} from '../../src/contract/index.ts';
import { folder, policySettings, type PerPolicy } from './policies.ts';

export const globalBoost = `${folder}/boost`;
export const noTurbo = '/sys/devices/system/cpu/intel_pstate/no_turbo';

/** `no_turbo` says the opposite of boost. */
export const inverted: Codec<boolean> = {
  decode: (raw) => !zeroOne.decode(raw),
  encode: (value) => zeroOne.encode(!value),
};

export interface BoostSeen {
  readonly noTurbo: Reading<boolean>;
  readonly boost: Reading<boolean>;
  readonly policyBoost: PerPolicy<boolean>;
}

/** intel_pstate answers EAGAIN while another driver is in charge. */
const exists = (reading: Reading<boolean>): boolean =>
  'value' in reading || !['ENOENT', 'EAGAIN'].includes(reading.errno);

const global = (key: string, path: string, want: boolean, reading: Reading<boolean>): Setting<boolean> =>
  setting(key, want, reading, { store: 'boot.tab', name: `write ${path}`, value: reading.codec.encode(want) });

/** The host's one switch (intel_pstate's, else cpufreq's), then each policy's own where the kernel has those. */
export const boostSteps = (want: boolean, online: readonly string[], seen: BoostSeen): readonly Step[] => {
  const switches = exists(seen.noTurbo)
    ? [global('cpufreq/no_turbo', noTurbo, want, seen.noTurbo)]
    : exists(seen.boost)
      ? [global('cpufreq/boost', globalBoost, want, seen.boost)]
      : [];
  const own = online.filter((policy) => seen.policyBoost.has(`${folder}/${policy}/boost`));
  const policies = policySettings(online, {
    name: 'boost',
    codec: zeroOne,
    readings: seen.policyBoost,
    wants: new Map(own.map((policy) => [policy, want])),
    more: () => ({ dependsOn: switches.map(({ key }) => key) }),
  });
  return switches.length + policies.length > 0
    ? [...switches, ...policies]
    : [unsupported('cpufreq/boost', 'the frequency driver has no boost switch (cpufreq/boost, intel_pstate/no_turbo)')];
};
