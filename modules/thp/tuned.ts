import {
  combine,
  conflict,
  file,
  files,
  text,
  unit,
  valueOf,
  type Finding,
  type Read,
  type Reading,
  type Setting,
} from '../../src/contract/index.ts';

/** What tuned's active profile says of huge pages, by attribute; undefined: tuned is not at work. */
export type Tuned = ReadonlyMap<string, string> | undefined;

/** Highest priority first; the folders `profiles` came with tuned 2.23. */
const folders = ['/etc/tuned/profiles', '/etc/tuned', '/usr/lib/tuned/profiles', '/usr/lib/tuned'];

/** Options of the plugins vm and sysfs. Rule: tuned-profiles(7), plugin_vm.py. */
const attributes: ReadonlyMap<string, string> = new Map([
  ['transparent_hugepage', 'enabled'],
  ['transparent_hugepages', 'enabled'],
  ['transparent_hugepage.defrag', 'defrag'],
  ['/sys/kernel/mm/transparent_hugepage/enabled', 'enabled'],
  ['/sys/kernel/mm/transparent_hugepage/defrag', 'defrag'],
]);

const options = (profile: string): readonly (readonly [string, string])[] =>
  profile.split('\n').flatMap((line) => {
    const match = /^\s*([^#;=\s]+)\s*=\s*(.*?)\s*$/.exec(line);
    return match ? [[match[1]!, match[2]!] as const] : [];
  });

const names = (list: string): readonly string[] => list.split(/[\s,;]+/).filter(Boolean);

/** A profile's words on top of those that it includes; a profile that includes itself ends there. */
const wordsOf = (
  name: string,
  textOf: (name: string) => string | undefined,
  seen: readonly string[] = [],
): ReadonlyMap<string, string> => {
  if (seen.includes(name)) return new Map();
  const own = options(textOf(name) ?? '');
  const included = own.flatMap(([option, value]) => (option === 'include' ? names(value) : []));
  return new Map([
    ...included.flatMap((other) => [...wordsOf(other, textOf, [...seen, name])]),
    ...own.flatMap(([option, value]) => {
      const attribute = attributes.get(option);
      return attribute === undefined ? [] : [[attribute, value] as const];
    }),
  ]);
};

const profileText =
  (profiles: ReadonlyMap<string, Reading<string>>) =>
  (name: string): string | undefined =>
    folders.map((folder) => valueOf(profiles.get(`${folder}/${name}/tuned.conf`))).find((one) => one !== undefined);

export const tuned: Read<Tuned> = combine(
  {
    unit: unit('tuned.service'),
    active: file('/etc/tuned/active_profile', text),
    profiles: files(
      folders.map((folder) => `${folder}/*/tuned.conf`),
      text,
    ),
  },
  (seen) => {
    if (valueOf(seen.unit.active) !== true) return undefined;
    const textOf = profileText(seen.profiles);
    return new Map(names(valueOf(seen.active) ?? '').flatMap((name) => [...wordsOf(name, textOf)]));
  },
);

/** tuned writes its profile's words at each start; `enabled` it leaves alone where the kernel line says something (plugin_vm.py). */
export const tunedFindings = (
  settings: readonly Setting<string>[],
  says: Tuned,
  onKernelLine: boolean,
): readonly Finding[] =>
  settings.flatMap(({ key, want }) => {
    const attribute = key.slice(key.lastIndexOf('/') + 1);
    const word = says?.get(attribute);
    if (word === undefined || word === want || (attribute === 'enabled' && onKernelLine)) return [];
    return [
      conflict(
        'thp/tuned.service',
        `tuned.service sets ${attribute} to ${word} by its profile: choose another profile, or stop it`,
        [key],
      ),
    ];
  });
