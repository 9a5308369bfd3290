import {
  choices,
  conflict,
  defineModule,
  fields,
  files,
  globToRegExp,
  isGlob,
  naturally,
  Scalar,
  scalar,
  setting,
  Type,
  understand,
  warning,
  type Finding,
  type Persist,
  type Read,
  type Reading,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';

const params = Type.Object(
  {
    values: Type.Record(Type.String(), Scalar('The value, as the kernel takes it'), {
      minProperties: 1,
      description: 'Files below /sys, or globs that mean several, each with its value',
    }),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const problem = (message: string, hint?: string) => ({ param: 'values', message, ...(hint && { hint }) });

/** A path below /sys, without a detour; what a shell expands in it are globs alone. */
const isPath = (path: string): boolean =>
  /^\/sys(\/([\w.,:;@!+=~*?^-]|\[[!^]?[\w.,:-]+\])+)+$/.test(path) && !/\/\.\.?(\/|$)/.test(path) && compiles(path);

/** A range that runs backwards (`[9-0]`) means nothing. */
const compiles = (pattern: string): boolean => {
  try {
    return globToRegExp(pattern).source !== '';
  } catch {
    return false;
  }
};

const check = ({ values }: Want) =>
  Object.entries(values).flatMap(([path, value]) => {
    const key = /^\/proc\/sys\/(.+)$/.exec(path)?.[1];
    if (key !== undefined)
      return [problem(`${path} is a sysctl key`, `write sysctl: {values: {${key.replaceAll('/', '.')}: …}}`)];
    if (!isPath(path)) return [problem(`${path} is no file below /sys`, 'such as /sys/block/nvme*/queue/wbt_lat_usec')];
    return /^\s*$|[\n\0]/.test(String(value)) ? [problem(`${path}: the value must be one line, and not empty`)] : [];
  });

/** What each pattern means on the host. */
type Found = ReadonlyMap<string, ReadonlyMap<string, Reading<string>>>;

const readings = (patterns: readonly string[]): Read<Found> => {
  const reads = patterns.map((pattern) => [pattern, files(pattern, scalar)] as const);
  return {
    ops: reads.flatMap(([, { ops }]) => ops),
    decode: (snapshot) => new Map(reads.map(([pattern, { decode }]) => [pattern, decode(snapshot)])),
  };
};

/** One file that a pattern means, or the pattern itself where it means nothing. */
interface Meant {
  readonly pattern: string;
  readonly path: string;
  readonly value: string;
  readonly running: Reading<string>;
}

const meant = (
  pattern: string,
  value: string | number,
  matches: ReadonlyMap<string, Reading<string>> = new Map(),
): readonly Meant[] => {
  const none = understand(scalar, undefined, { kind: 'attribute', path: pattern });
  const found = matches.size > 0 ? [...matches] : [[pattern, none] as const];
  return found
    .map(([path, running]) => ({ pattern, path, value: fields.decode(String(value)), running }))
    .sort((left, right) => naturally(left.path, right.path));
};

const keyOf = (path: string): string => `sysfs/${path.slice('/sys/'.length)}`;
const isEqual = (left: string, right: string): boolean => scalar.equal?.(left, right) ?? left === right;

/** systemd-tmpfiles runs before devices are there, and expands % and \\ (tmpfiles.d(5)): what is not for it waits for the unit of ours. */
const persistOf = (pattern: string, value: string): Persist => ({
  ...(pattern.startsWith('/sys/kernel/mm/') && !/[%\\]/.test(value)
    ? { store: 'tmpfiles.d' as const, name: pattern }
    : { store: 'boot.tab' as const, name: `write ${pattern}` }),
  value,
  accepts: (next) => isEqual(next, value),
});

const settingOf = ({ pattern, path, value, running }: Meant): Setting<string> => {
  const offered = 'raw' in running && running.raw.includes('[') ? choices(running.raw) : [];
  return setting(
    keyOf(path),
    value,
    running,
    persistOf(pattern, value),
    offered.length > 0 ? { allowed: offered } : {},
  );
};

/** A device that is there but off, such as the policy of an offline CPU, answers EBUSY: the boot passes it over too. */
const isOff = ({ pattern, running }: Meant): boolean =>
  isGlob(pattern) && 'errno' in running && running.errno === 'EBUSY';

export default defineModule({
  kind: 'sysfs',
  summary: 'Files below /sys that no other module knows: exact values, by path or glob',
  params,
  stores: ['tmpfiles.d', 'boot.tab'],
  removable: true,
  check,
  observe: ({ values }) => ({ found: readings(Object.keys(values)) }),
  plan: ({ values }, { found }): readonly Step[] => {
    const byPath = new Map<string, Meant>();
    const clashes: Finding[] = [];
    for (const one of Object.entries(values).flatMap(([pattern, value]) => meant(pattern, value, found.get(pattern)))) {
      const other = byPath.get(one.path);
      if (!other) byPath.set(one.path, one);
      else if (!isEqual(other.value, one.value))
        clashes.push(
          conflict(
            keyOf(one.path),
            `${one.path} is meant twice: ${other.pattern} wants ${other.value}, ${one.pattern} wants ${one.value}`,
            [keyOf(one.path)],
          ),
        );
    }
    const all = [...byPath.values()];
    return [
      ...clashes,
      ...all
        .filter(isOff)
        .map(({ path }) => warning(keyOf(path), `${path} answers EBUSY: its device is off, and is left alone`)),
      ...all.filter((one) => !isOff(one)).map(settingOf),
    ];
  },
});
