import { combine, conflict, unit, valueOf, type Finding, type Read, type Setting } from '../../src/contract/index.ts';
import { attributeOf } from './policies.ts';

const governor = 'scaling_governor';
const preference = 'energy_performance_preference';
const boosts = ['boost', 'no_turbo'];
const limits = ['scaling_min_freq', 'scaling_max_freq'];

/** Services that set the clock by themselves, and what each of them sets. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'tuned.service': [governor, preference],
  'power-profiles-daemon.service': [governor, preference, ...boosts],
  'tlp.service': [governor, preference, ...boosts],
  'auto-cpufreq.service': [governor, preference, ...boosts],
  'cpupower.service': [governor, ...limits],
  'ondemand.service': [governor],
};

/** Names of the owners that are at work, or will be: ondemand.service does its work once, a minute after the boot. */
export const activeOwners: Read<readonly string[]> = combine(
  Object.fromEntries(Object.keys(owners).map((name) => [name, unit(name)])),
  (seen) =>
    Object.keys(owners).filter((name) => {
      const { active, enabled } = seen[name]!;
      return valueOf(active) === true || (name === 'ondemand.service' && valueOf(enabled) === true);
    }),
);

/** Each owner that would undo a setting. tuned holds a value of its own: where that is the wanted one, both may stay. */
export const ownerFindings = (active: readonly string[], settings: readonly Setting[]): readonly Finding[] =>
  active.flatMap((owner) => {
    const undone = settings
      .filter(({ key }) => owners[owner]!.includes(attributeOf(key)))
      .filter(({ running, want }) => owner !== 'tuned.service' || valueOf(running) !== want)
      .map(({ key }) => key);
    if (undone.length === 0) return [];
    const sets = [...new Set(undone.map(attributeOf))].join(' and ');
    const way =
      owner === 'tuned.service' ? 'tuned-adm off and stop it, or leave this to its profile' : 'stop and mask it first';
    return [conflict(`cpufreq/${owner}`, `${owner} sets ${sets} by itself: ${way}`, undone)];
  });
