import {
  choice,
  combine,
  cpuList,
  file,
  integer,
  kernelWords,
  stats,
  text,
  valueOf,
  type Read,
} from '../../src/contract/index.ts';

/**
 * What the kernel made of an argument that stands on its command line.
 * `honoured` (`cap`: the idle driver in charge is bound by it), what it shows instead, or why nothing can be said (a warning); undefined: no file tells.
 */
export type Effect =
  | { readonly honoured: true; readonly cap?: boolean }
  | { readonly shows: string }
  | { readonly unsaid: string }
  | undefined;

const cpu = '/sys/devices/system/cpu';
const judge = (holds: boolean, shows: string): Effect => (holds ? { honoured: true } : { shows });

const idle = {
  driver: file(`${cpu}/cpuidle/current_driver`, text),
  states: stats(`${cpu}/cpu0/cpuidle/state[0-9]*`),
};

/**
 * intel_idle and acpi_idle keep POLL and as many states as the cap says.
 * Rule: Documentation/admin-guide/pm/intel_idle and kernel-parameters (processor.max_cstate: 0 behaves as 1).
 */
const stateCap = (owner: string, module: string, value: string): Read<Effect> =>
  combine({ ...idle, parameter: file(`/sys/module/${module}/parameters/max_cstate`, integer) }, (seen) => {
    const driver = valueOf(seen.driver) ?? 'none';
    const parameter = valueOf(seen.parameter);
    const cap = owner === 'acpi_idle' ? Math.max(1, Number(value)) : Number(value);
    if (parameter !== undefined && parameter !== Number(value) && parameter !== cap)
      return { shows: `/sys/module/${module}/parameters/max_cstate is ${parameter}` };
    if (cap === 0) return judge(driver !== owner, `the idle driver is still ${driver}`);
    if (driver !== owner)
      return { unsaid: `the idle driver is ${driver}, not ${owner}: ${module}.max_cstate does not bind it` };
    return seen.states.size <= cap + 1
      ? { honoured: true, cap: true }
      : { shows: `${driver} still offers ${seen.states.size} idle states` };
  });

const sameCpus = (path: string, value: string): Read<Effect> =>
  combine({ list: file(path, cpuList) }, ({ list }) => {
    const cpus = valueOf(list);
    const wanted = cpuList.decode(
      value
        .split(',')
        .filter((part) => /^\d/.test(part))
        .join(','),
    );
    return cpus && judge(cpus.join() === wanted.join(), `${path} is ${cpuList.encode(cpus) || 'empty'}`);
  });

const sameWord = (path: string, value: string, codec = text): Read<Effect> =>
  combine({ word: file(path, codec) }, ({ word }) => {
    const shown = valueOf(word);
    return shown === undefined ? undefined : judge(shown === value, `${path} is ${shown}`);
  });

const boolean = (value: string): string =>
  /^(1|y|yes|on)$/i.test(value) ? 'Y' : /^(0|n|no|off)$/i.test(value) ? 'N' : value;

/** A module's own parameter, where the module shows it: bools read back as Y or N. */
const moduleParameter = (module: string, parameter: string, value: string): Read<Effect> =>
  combine({ shown: file(`/sys/module/${module}/parameters/${parameter}`, text) }, ({ shown }) => {
    const word = valueOf(shown);
    return word === undefined
      ? undefined
      : judge(
          word === value || boolean(word) === boolean(value),
          `/sys/module/${module}/parameters/${parameter} is ${word}`,
        );
  });

const table: Readonly<Record<string, (value: string) => Read<Effect>>> = {
  'intel_idle.max_cstate': (value) => stateCap('intel_idle', 'intel_idle', value),
  'processor.max_cstate': (value) => stateCap('acpi_idle', 'processor', value),
  isolcpus: (value) => sameCpus(`${cpu}/isolated`, value),
  nohz_full: (value) => sameCpus(`${cpu}/nohz_full`, value),
  transparent_hugepage: (value) => sameWord('/sys/kernel/mm/transparent_hugepage/enabled', value, choice),
  intel_pstate: (value) => (/^(active|passive)$/.test(value) ? sameWord(`${cpu}/intel_pstate/status`, value) : nothing),
  amd_pstate: (value) => sameWord(`${cpu}/amd_pstate/status`, value),
  clocksource: (value) => sameWord('/sys/devices/system/clocksource/clocksource0/current_clocksource', value),
};

const nothing: Read<Effect> = { ops: [], decode: () => undefined };

/** Where to look for the effect of one word such as `intel_idle.max_cstate=1`. */
export const effectOf = (word: string): Read<Effect> => {
  const [argument] = kernelWords(word);
  const value = word.slice(word.indexOf('=') + 1);
  if (!argument || !word.includes('=')) return nothing;
  const known = table[argument.name];
  if (known) return known(value);
  const [module, parameter] = argument.name.split('.', 2);
  return module && parameter ? moduleParameter(module, parameter, value) : nothing;
};
