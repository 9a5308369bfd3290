import {
  files,
  setting,
  understand,
  words,
  type Codec,
  type Persist,
  type Read,
  type Reading,
  type Setting,
} from '../../src/contract/index.ts';

/** Frequency policies: CPUs that share one clock. Rule: Documentation/admin-guide/pm/cpufreq (policy interface). */
export const folder = '/sys/devices/system/cpu/cpufreq';

export type PerPolicy<T> = ReadonlyMap<string, Reading<T>>;

/** One attribute of every policy, by path; not asked for where it is not needed. */
export const perPolicy = <T>(attribute: string, codec: Codec<T>, needed = true): Read<PerPolicy<T>> =>
  files(needed ? `${folder}/policy[0-9]*/${attribute}` : [], codec);

/** Every policy has it; a policy without a CPU online answers EBUSY, or has no CPU in it. */
export const affectedCpus: Read<PerPolicy<readonly string[]>> = perPolicy('affected_cpus', words);

export const policyNumber = (policy: string): number => Number(policy.slice('policy'.length));

/** Names of the policies that have a CPU online, in numeric order; undefined: the host has no policy at all. */
export const onlinePolicies = (affected: PerPolicy<readonly string[]>): readonly string[] | undefined => {
  if (affected.size === 0) return undefined;
  return [...affected]
    .filter(([, reading]) => ('value' in reading ? reading.value.length > 0 : reading.errno !== 'EBUSY'))
    .map(([path]) => path.split('/').at(-2)!)
    .sort((left, right) => policyNumber(left) - policyNumber(right));
};

export const keyOf = (policy: string, attribute: string): string => `cpufreq/${policy}/${attribute}`;

export const attributeOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

export const readingOf = <T>(
  readings: PerPolicy<T>,
  policy: string,
  attribute: string,
  codec: Codec<T>,
): Reading<T> => {
  const path = `${folder}/${policy}/${attribute}`;
  return readings.get(path) ?? understand(codec, undefined, { kind: 'attribute', path });
};

export interface Attribute<T> {
  readonly name: string;
  readonly codec: Codec<T>;
  readonly readings: PerPolicy<T>;
  /** The value that each policy is to have; policies left out are left alone. */
  readonly wants: ReadonlyMap<string, T>;
  readonly more?: (policy: string) => Partial<Setting<T>>;
}

/** One setting a policy. Where all policies of the host want one value, the boot gets one line with a glob for all of them. */
export const policySettings = <T>(
  online: readonly string[],
  { name, codec, readings, wants, more }: Attribute<T>,
): readonly Setting<T>[] => {
  const same =
    wants.size === online.length && new Set([...wants.values()].map((want) => codec.encode(want))).size === 1;
  return [...wants].map(([policy, want]) => {
    const persist: Persist = {
      store: 'boot.tab',
      name: `write ${folder}/${same ? 'policy*' : policy}/${name}`,
      value: codec.encode(want),
    };
    return setting(keyOf(policy, name), want, readingOf(readings, policy, name, codec), persist, more?.(policy));
  });
};
