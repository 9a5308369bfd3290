import {
  conflict,
  derived,
  isSetting,
  setting,
  text,
  unsupported,
  type Finding,
  type ModprobeLine,
  type Reading,
  type Setting,
  type Step,
} from '../../src/contract/index.ts';
import { own } from './initramfs.ts';
import { optionWords, type Option } from './options.ts';
import type { SeenModule } from './seen.ts';

type Carriers = ReadonlyMap<string, string>;

const keyOf = (name: string): string => `kernel_module/${name}`;

/** Nothing of a line on disk runs: it counts when the module is next loaded. */
const nothingRuns = <T extends string | null>(want: T): Reading<string> => derived(want ?? undefined, text);

const onDisk = (
  key: string,
  store: 'modprobe.d' | 'modules-load.d',
  line: string,
  want: string | null,
  dependsOn: readonly string[] = [],
): Setting<string> => setting(key, want, nothingRuns(want), { store, name: line, value: want }, { dependsOn });

const refused = (key: string, message: string, blocks: readonly string[]): Finding => ({
  key,
  finding: 'refused',
  message,
  blocks,
});

const builtIn = (name: string): readonly Step[] => [
  unsupported(keyOf(name), `${name} is built into the kernel: it can be neither unloaded nor blacklisted`),
];

/** In use by other modules, or by whatever counts on it: modprobe would not unload it. */
const users = ({ holders, users: count }: SeenModule): string | undefined => {
  if (holders.length > 0) return `in use by ${holders.join(' ')}`;
  return count > 0 ? `in use (refcnt ${count})` : undefined;
};

const reading = (name: string, { state, errno }: SeenModule, target: Reading<string>['target']): Reading<string> =>
  errno
    ? { codec: text, errno, target: { kind: 'kernel-module', name } }
    : derived(state === 'loaded' ? state : undefined, text, target);

/** `blacklist` binds systemd-modules-load and aliases, `install … /bin/false` modprobe too. Rule: modprobe.d(5), modules-load.d(5). */
const forbids = (name: string, line: ModprobeLine): boolean =>
  line.name === `blacklist ${name}` || (line.name === `install ${name}` && /\/(false|true)\b/.test(line.value));

const words = ({ name, value }: ModprobeLine): string => (name.startsWith('install ') ? `${name} ${value}` : name);

export interface Loading {
  readonly options: readonly Option[];
  readonly optional: readonly Step[];
  readonly configuration: readonly ModprobeLine[];
}

/** Loaded now and by each boot. Lines that forbid it stand in the way: perfplay's own go first, others are a conflict. */
export const loadedSteps = (
  name: string,
  seen: SeenModule,
  { options, optional, configuration }: Loading,
): readonly Step[] => {
  const key = keyOf(name);
  if (seen.state === 'built in') return optional;
  if (seen.state === 'absent' && seen.known.kind === 'none')
    return [unsupported(key, `modprobe finds no module ${name} for the running kernel`)];
  const forbidding = configuration.filter((line) => forbids(name, line));
  const lifted = forbidding
    .filter(({ path }) => path === own)
    .map((line) => onDisk(`${key}/${line.name.split(' ')[0]}`, 'modprobe.d', line.name, null));
  const target = { kind: 'kernel-module', name, options: optionWords(options) } as const;
  const load = setting(key, 'loaded', reading(name, seen, target), {
    store: 'modules-load.d',
    name,
    value: name,
  });
  const blocks = [key, ...optional.filter(isSetting).map((step) => step.key)];
  return [
    ...forbidding.map((line) => conflict(key, `${name} may not be loaded: ${line.path}: ${words(line)}`, blocks)),
    ...lifted,
    load,
    ...optional,
  ];
};

/** Not loaded now, and not by a line of perfplay's at the boot. Something else may load it again. */
export const unloadedSteps = (name: string, seen: SeenModule, carriers: Carriers): readonly Step[] => {
  const key = keyOf(name);
  if (seen.state === 'built in') return builtIn(name);
  const carried = carriers.get(name);
  const why = carried === undefined ? users(seen) : `what ${carried} works with`;
  return [
    ...(seen.state === 'loaded' && why !== undefined
      ? [refused(key, `${name} is ${why}: it stays loaded`, [key])]
      : []),
    setting(key, null, reading(name, seen, { kind: 'kernel-module', name }), {
      store: 'modules-load.d',
      name,
      value: null,
    }),
  ];
};

export interface Blacklisting {
  readonly hard: boolean | undefined;
  /** perfplay's own line in modules-load.d names it. */
  readonly isToLoad: boolean;
  readonly configuration: readonly ModprobeLine[];
  readonly carriers: Carriers;
}

/** Loaded neither now nor by the boot. A module in use goes with the boot. */
export const blacklistedSteps = (
  name: string,
  seen: SeenModule,
  { hard, isToLoad, configuration, carriers }: Blacklisting,
): readonly Step[] => {
  const key = keyOf(name);
  if (seen.state === 'built in') return builtIn(name);
  const install = `install ${name}`;
  const isOurs = configuration.some((line) => line.path === own && line.name === install);
  const target = users(seen) === undefined ? ({ kind: 'kernel-module', name } as const) : undefined;
  const settings: readonly Setting<string>[] = [
    setting(key, null, reading(name, seen, target), {
      store: 'modprobe.d',
      name: `blacklist ${name}`,
      value: 'blacklisted',
    }),
    ...(hard === true
      ? [
          setting(
            `${key}/install`,
            '/bin/false',
            nothingRuns('/bin/false'),
            {
              store: 'modprobe.d',
              name: install,
              value: '/bin/false',
              accepts: (next) => /\/(false|true)\b/.test(next),
            },
            { dependsOn: [key] },
          ),
        ]
      : []),
    ...(hard === false && isOurs ? [onDisk(`${key}/install`, 'modprobe.d', install, null, [key])] : []),
    ...(isToLoad ? [onDisk(`${key}/modules-load`, 'modules-load.d', name, null, [key])] : []),
  ];
  const carried = carriers.get(name);
  return [
    ...(carried === undefined
      ? []
      : [
          refused(
            key,
            `${name} is what ${carried} works with: the next boot would be without it`,
            settings.map((one) => one.key),
          ),
        ]),
    ...settings,
  ];
};
