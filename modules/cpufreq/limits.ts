import { integer, unsupported, valueOf, type Finding, type Setting, type Step } from '../../src/contract/index.ts';
import { keyOf, policySettings, readingOf, type PerPolicy } from './policies.ts';

/** kHz, or what the hardware can do. */
export type Limit = number | 'hardware';

export interface LimitsSeen {
  readonly min: PerPolicy<number>;
  readonly max: PerPolicy<number>;
  readonly hardwareMin: PerPolicy<number>;
  readonly hardwareMax: PerPolicy<number>;
}

interface Bound {
  readonly wants: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

const bound = (
  limit: Limit | undefined,
  online: readonly string[],
  hardware: PerPolicy<number>,
  attribute: string,
): Bound => {
  const wants = new Map<string, number>();
  const findings: Finding[] = [];
  for (const policy of limit === undefined ? [] : online) {
    const value = limit === 'hardware' ? valueOf(readingOf(hardware, policy, attribute, integer)) : limit;
    if (value === undefined)
      findings.push(unsupported(`cpufreq/${policy}/${attribute}`, `${policy}: ${attribute} cannot be read`));
    else wants.set(policy, value);
  }
  return { wants, findings };
};

/** Both limits of each policy in the order that keeps min below max: raising, the maximum goes first; lowering, the minimum. */
export const limitSteps = (
  min: Limit | undefined,
  max: Limit | undefined,
  online: readonly string[],
  seen: LimitsSeen,
): readonly Step[] => {
  const range = (policy: string): readonly string[] => {
    const [from, to] = [
      valueOf(readingOf(seen.hardwareMin, policy, 'cpuinfo_min_freq', integer)),
      valueOf(readingOf(seen.hardwareMax, policy, 'cpuinfo_max_freq', integer)),
    ];
    return from === undefined || to === undefined ? [] : [`${from}-${to}`];
  };
  const more = (policy: string): Partial<Setting<number>> => ({ allowed: range(policy) });
  const lower = bound(min, online, seen.hardwareMin, 'cpuinfo_min_freq');
  const upper = bound(max, online, seen.hardwareMax, 'cpuinfo_max_freq');
  const minima = policySettings(online, {
    name: 'scaling_min_freq',
    codec: integer,
    readings: seen.min,
    wants: lower.wants,
    more,
  });
  const maxima = policySettings(online, {
    name: 'scaling_max_freq',
    codec: integer,
    readings: seen.max,
    wants: upper.wants,
    more,
  });
  return [
    ...lower.findings,
    ...upper.findings,
    ...online.flatMap((policy): readonly Step[] => {
      const own = (settings: readonly Setting<number>[], attribute: string) =>
        settings.filter(({ key }) => key === keyOf(policy, attribute));
      const [minimum, maximum] = [own(minima, 'scaling_min_freq'), own(maxima, 'scaling_max_freq')];
      const [from, to] = [lower.wants.get(policy), upper.wants.get(policy)];
      const crossed: readonly Finding[] =
        from !== undefined && to !== undefined && from > to
          ? [
              {
                key: `cpufreq/${policy}/limits`,
                finding: 'refused',
                message: `${policy}: the minimum ${from} is above the maximum ${to}`,
                blocks: [...minimum, ...maximum].map(({ key }) => key),
              },
            ]
          : [];
      const now = valueOf(readingOf(seen.max, policy, 'scaling_max_freq', integer));
      const raises = to !== undefined && now !== undefined && to >= now;
      return [...crossed, ...(raises ? [...maximum, ...minimum] : [...minimum, ...maximum])];
    }),
  ];
};
