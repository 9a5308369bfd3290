import {
  cpuList,
  text,
  unsupported,
  valueOf,
  words,
  type Finding,
  type Setting,
  type Step,
} from '../../src/contract/index.ts';
import { keyOf, policyNumber, policySettings, readingOf, type PerPolicy } from './policies.ts';

/** The kernel's governors. All but a built-in few are modules that load when they are asked for. */
export const governors = ['conservative', 'ondemand', 'performance', 'powersave', 'schedutil', 'userspace'] as const;

/** Drivers that choose the clock themselves and know two words. Rule: Documentation/admin-guide/pm/{intel,amd}-pstate (active mode). */
const choosesItself = (driver: string | undefined): boolean => driver === 'intel_pstate' || driver === 'amd-pstate-epp';

/** The words of the preference; `default` is one of the kernel's too, but reads back as another. */
export const preferences = ['default', 'performance', 'balance_performance', 'balance_power', 'power'] as const;

export interface GovernorsSeen {
  readonly governor: PerPolicy<string>;
  readonly available: PerPolicy<readonly string[]>;
  readonly driver: PerPolicy<string>;
}

/** The same thing said of several policies, said once. */
const perMessage = (key: string, said: ReadonlyMap<string, string>, online: readonly string[]): readonly Finding[] =>
  [...new Set(said.values())].map((message) => {
    const about = [...said].filter(([, one]) => one === message).map(([policy]) => policyNumber(policy));
    return unsupported(key, about.length === online.length ? message : `policy ${cpuList.encode(about)}: ${message}`);
  });

/** The first governor that each policy offers; where none is listed, the first, as its module may still be loaded by the write. */
export const governorSteps = (
  candidates: readonly string[],
  online: readonly string[],
  seen: GovernorsSeen,
): readonly Step[] => {
  const wants = new Map<string, string>();
  const without = new Map<string, string>();
  const offeredBy = (policy: string, driver: string | undefined): readonly string[] =>
    valueOf(readingOf(seen.available, policy, 'scaling_available_governors', words)) ??
    (choosesItself(driver) ? ['performance', 'powersave'] : []);
  for (const policy of online) {
    const driver = valueOf(readingOf(seen.driver, policy, 'scaling_driver', text));
    const offered = offeredBy(policy, driver);
    const listed = candidates.find((one) => offered.includes(one));
    const chosen = listed ?? (choosesItself(driver) ? undefined : candidates[0]);
    if (chosen !== undefined) wants.set(policy, chosen);
    else
      without.set(
        policy,
        `the driver ${driver} knows no governor ${candidates.join(' or ')}; available: ${offered.join(' ')}`,
      );
  }
  return [
    ...perMessage('cpufreq/scaling_governor', without, online),
    ...policySettings(online, {
      name: 'scaling_governor',
      codec: text,
      readings: seen.governor,
      wants,
      more: (policy) => ({ allowed: offeredBy(policy, undefined) }),
    }),
  ];
};

export interface PreferencesSeen {
  readonly epp: PerPolicy<string>;
  readonly preferences: PerPolicy<readonly string[]>;
  readonly driver: PerPolicy<string>;
  readonly governor: PerPolicy<string>;
}

const attribute = 'energy_performance_preference';

/** The preference comes after the governor: while that is performance, another preference is EBUSY (intel_pstate.c, amd-pstate.c). */
export const preferenceSteps = (
  epp: string,
  online: readonly string[],
  seen: PreferencesSeen,
  wanted: readonly Setting[],
): readonly Step[] => {
  const wants = new Map<string, string>();
  const without = new Map<string, string>();
  const offeredBy = (policy: string): readonly string[] =>
    valueOf(readingOf(seen.preferences, policy, 'energy_performance_available_preferences', words)) ?? [];
  const governorKeys = new Set(wanted.map(({ key }) => key));
  for (const policy of online) {
    const reading = readingOf(seen.epp, policy, attribute, text);
    const offered = offeredBy(policy);
    if (!('value' in reading) && reading.errno === 'ENOENT') {
      const driver = valueOf(readingOf(seen.driver, policy, 'scaling_driver', text)) ?? 'in use';
      without.set(policy, `the driver ${driver} has no ${attribute}`);
    } else if (offered.length > 0 && !offered.includes(epp))
      without.set(policy, `no preference ${epp}; available: ${offered.join(' ')}`);
    else wants.set(policy, epp);
  }
  const settings = policySettings(online, {
    name: attribute,
    codec: text,
    readings: seen.epp,
    wants,
    more: (policy) => ({
      allowed: offeredBy(policy),
      ...(governorKeys.has(keyOf(policy, 'scaling_governor')) && { dependsOn: [keyOf(policy, 'scaling_governor')] }),
    }),
  });
  const busy = settings.filter(({ key, running }) => {
    const policy = key.split('/')[1]!;
    const stays = !governorKeys.has(keyOf(policy, 'scaling_governor'));
    return (
      stays &&
      valueOf(readingOf(seen.governor, policy, 'scaling_governor', text)) === 'performance' &&
      valueOf(running) !== epp
    );
  });
  return [
    ...perMessage(`cpufreq/${attribute}`, without, online),
    ...(busy.length > 0 && epp !== 'performance'
      ? [
          {
            key: `cpufreq/${attribute}`,
            finding: 'refused',
            message: `the governor is performance: no other ${attribute} is taken (EBUSY); set a governor too`,
            blocks: busy.map(({ key }) => key),
          } satisfies Finding,
        ]
      : []),
    ...settings,
  ];
};
