import {
  combine,
  derived,
  files,
  kernelWords,
  query,
  scalar,
  setting,
  stats,
  text,
  understand,
  unsupported,
  valueOf,
  warning,
  type Finding,
  type Read,
  type Reading,
  type Setting,
  type Stat,
  type Step,
} from '../../src/contract/index.ts';
import type { SeenModule } from './seen.ts';

export interface Option {
  /** With `_`, as the kernel shows it. */
  readonly name: string;
  readonly value: string;
}

export const optionsOf = (options: Readonly<Record<string, string | number>> = {}): readonly Option[] =>
  Object.entries(options).map(([name, value]) => ({ name: name.replaceAll('-', '_'), value: String(value) }));

/** The words for modprobe's command line. */
export const optionWords = (options: readonly Option[]): readonly string[] =>
  options.map(({ name, value }) => `${name}=${value}`);

export interface Parameters {
  readonly values: ReadonlyMap<string, Reading<string>>;
  readonly stats: ReadonlyMap<string, Stat>;
  /** Every option that the module has; undefined: not to be told. */
  readonly offered: readonly string[] | undefined;
}

const pathOf = (module: string, option: string): string => `/sys/module/${module}/parameters/${option}`;

/** What the module shows of the options, and which it has. */
export const parameters = (module: string, options: readonly Option[]): Read<Parameters> => {
  const patterns = options.map(({ name }) => pathOf(module, name));
  const found = combine(
    { values: files(patterns, scalar), types: query(['modinfo', '-F', 'parmtype', module], text) },
    ({ values, types }) => ({
      values,
      offered: valueOf(types)
        ?.split('\n')
        .filter(Boolean)
        .map((line) => line.split(':')[0]!.replaceAll('-', '_')),
    }),
  );
  const modes = patterns.map((pattern) => stats(pattern));
  if (options.length === 0)
    return { ops: [], decode: () => ({ values: new Map(), stats: new Map(), offered: undefined }) };
  return {
    ops: [...found.ops, ...modes.flatMap(({ ops }) => ops)],
    decode: (snapshot) => ({
      ...found.decode(snapshot),
      stats: new Map(modes.flatMap((mode) => [...mode.decode(snapshot)])),
    }),
  };
};

export const keyOf = (module: string, option: string): string => `kernel_module/${module}/options/${option}`;

/** The value that runs: written where the module lets it be, waiting for a boot where not; nothing runs of a module that is not loaded. */
const running = (
  module: string,
  { name, value }: Option,
  { state }: SeenModule,
  { values, stats: modes }: Parameters,
): Reading<string> => {
  const path = pathOf(module, name);
  const seen = values.get(path) ?? understand(scalar, undefined);
  if (state === 'absent' || ('errno' in seen && seen.errno === 'ENOENT')) return derived(value, scalar);
  const mode = modes.get(path)?.mode;
  const target = { kind: 'attribute', path } as const;
  return 'errno' in seen || mode === undefined || (mode & 0o222) !== 0
    ? { ...seen, target }
    : { codec: scalar, raw: seen.raw, value: seen.value };
};

/** Options of a module that is built in come from the kernel line alone. */
const ofBuiltIn = (module: string, { name, value }: Option, { values }: Parameters): readonly Finding[] => {
  const seen = valueOf(values.get(pathOf(module, name)));
  return seen !== undefined && scalar.equal?.(seen, value)
    ? []
    : [
        unsupported(
          keyOf(module, name),
          `${module} is built into the kernel, which takes its options from the kernel line: kernel_cmdline: {present: ["${module}.${name}=${value}"]}`,
        ),
      ];
};

/** libkmod reads the kernel line after modprobe.d, and the last value counts. */
const onKernelLine = (module: string, { name, value }: Option, line: string): readonly Finding[] => {
  const word = kernelWords(line).findLast((argument) => argument.name === `${module}.${name}`)?.word;
  return word === undefined || scalar.equal?.(word.slice(word.indexOf('=') + 1), value)
    ? []
    : [warning(keyOf(module, name), `the kernel line says ${word}, which counts more than modprobe.d`)];
};

/** Each option at its levels; `dependsOn`: the keys that load the module. */
export const optionSteps = (
  module: string,
  options: readonly Option[],
  seen: SeenModule,
  known: Parameters,
  line: string,
  dependsOn: readonly string[],
): readonly Step[] =>
  options.flatMap((option): readonly Step[] => {
    const { name, value } = option;
    const key = keyOf(module, name);
    if (seen.state === 'built in') return ofBuiltIn(module, option, known);
    const shown = known.values.get(pathOf(module, name));
    // modinfo does not tell of every one (nf_conntrack's hashsize): what the loaded module shows is one too.
    const isShown = shown !== undefined && !('errno' in shown && shown.errno === 'ENOENT');
    if (known.offered && !known.offered.includes(name) && !isShown) {
      const offers = known.offered.length === 0 ? 'it has none' : `it has ${[...known.offered].sort().join(', ')}`;
      return [unsupported(key, `${module} has no option ${name}, and would ignore it: ${offers}`)];
    }
    const isHidden = seen.state === 'loaded' && !isShown;
    const kept: Setting<string> = setting(
      key,
      value,
      running(module, option, seen, known),
      {
        store: 'modprobe.d',
        name: `options ${module} ${name}`,
        value,
        accepts: (next) => scalar.equal?.(next, value) ?? next === value,
      },
      { dependsOn },
    );
    return [
      ...(isHidden
        ? [warning(key, `${module} does not show ${name}: which value it was loaded with is not known`)]
        : []),
      ...onKernelLine(module, option, line),
      kept,
    ];
  });
