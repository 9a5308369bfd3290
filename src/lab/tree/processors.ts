import { cpuList, cpuMask } from '../../contract/codecs.ts';
import type { Processors } from '../hosts.ts';
import { link, shown, tunable, type Tree } from './tree.ts';

export interface Processor {
  readonly cpu: number;
  readonly socket: number;
  readonly core: number;
}

/** Numbered as x86 firmware does: first one thread of every core, then the siblings. One NUMA node a socket. */
export const processorsOf = ({ sockets, coresPerSocket, threadsPerCore }: Processors): readonly Processor[] =>
  Array.from({ length: sockets * coresPerSocket * threadsPerCore }, (_, cpu) => {
    const index = cpu % (sockets * coresPerSocket);
    return { cpu, socket: Math.floor(index / coresPerSocket), core: index % coresPerSocket };
  });

const numbers = (processors: readonly Processor[]): readonly number[] => processors.map(({ cpu }) => cpu);
const list = (processors: readonly Processor[]): string => cpuList.encode(numbers(processors));
const mask = (processors: readonly Processor[]): string => cpuMask.encode(numbers(processors));

export const cpusOfNode = (processors: Processors, node: number): { readonly list: string; readonly mask: string } => {
  const local = processorsOf(processors).filter(({ socket }) => socket === node);
  return { list: list(local), mask: mask(local) };
};

const system = '/sys/devices/system';
const minimum = 1_200_000;
const maximum = 2_400_000;

const intelStates = [
  { name: 'POLL', description: 'CPUIDLE CORE POLL IDLE', latency: 0, residency: 0 },
  { name: 'C1', description: 'MWAIT 0x00', latency: 2, residency: 2 },
  { name: 'C1E', description: 'MWAIT 0x01', latency: 10, residency: 20 },
  { name: 'C6', description: 'MWAIT 0x20', latency: 133, residency: 600 },
];
const acpiStates = [
  { name: 'POLL', description: 'CPUIDLE CORE POLL IDLE', latency: 0, residency: 0 },
  { name: 'C1_ACPI', description: 'ACPI FFH MWAIT 0x0', latency: 1, residency: 1 },
  { name: 'C2_ACPI', description: 'ACPI FFH MWAIT 0x20', latency: 133, residency: 399 },
];

/**
 * The idle driver and its states, as the kernel line leaves them: intel_idle.max_cstate=0 hands over to acpi_idle, which
 * processor.max_cstate limits (0 counts as 1); another limit keeps POLL and the first N (drivers/idle/intel_idle.c).
 */
const idle = (argument: (name: string) => string | undefined): { driver: string; states: typeof intelStates } => {
  if (argument('idle') === 'poll' || argument('cpuidle.off') === '1') return { driver: 'none', states: [] };
  const intel = Number(argument('intel_idle.max_cstate') ?? 9);
  if (intel > 0) return { driver: 'intel_idle', states: intelStates.slice(0, 1 + intel) };
  const acpi = Math.max(1, Number(argument('processor.max_cstate') ?? 8));
  return { driver: 'acpi_idle', states: acpiStates.slice(0, 1 + acpi) };
};

const frequencyPolicy = (
  folder: string,
  cpu: number,
  driver: Processors['frequencyDriver'],
  governor: string,
): Tree => [
  ...shown(folder, {
    affected_cpus: cpu,
    related_cpus: cpu,
    cpuinfo_min_freq: minimum,
    cpuinfo_max_freq: maximum,
    scaling_driver: driver,
    scaling_cur_freq: governor === 'performance' ? maximum : minimum,
    scaling_available_governors:
      driver === 'intel_pstate'
        ? 'performance powersave'
        : 'conservative ondemand userspace powersave performance schedutil ',
  }),
  ...tunable(folder, { scaling_governor: governor, scaling_min_freq: minimum, scaling_max_freq: maximum }),
  ...(driver === 'intel_pstate'
    ? [
        ...shown(folder, {
          base_frequency: 2_100_000,
          energy_performance_available_preferences: 'default performance balance_performance balance_power power ',
        }),
        ...tunable(folder, {
          energy_performance_preference: governor === 'performance' ? 'performance' : 'balance_performance',
        }),
      ]
    : []),
];

/** /sys/devices/system/cpu and node, and the idle drivers' parameters. `argument` gives the kernel line's last value of a name. */
export const processorTree = (
  spec: Processors,
  mebibytes: number,
  argument: (name: string) => string | undefined,
): Tree => {
  const all = processorsOf(spec);
  const cpus = `${system}/cpu`;
  const { driver, states } = idle(argument);
  const governor = argument('cpufreq.default_governor') ?? spec.governor;
  return [
    ...shown(cpus, {
      online: list(all),
      possible: list(all),
      present: list(all),
      offline: '',
      isolated: (argument('isolcpus') ?? '').replace(/^([a-z_]+,)+/, ''),
      nohz_full: argument('nohz_full') ?? '',
      kernel_max: 8191,
      'cpuidle/current_driver': driver,
      'cpuidle/current_governor_ro': 'menu',
      'cpuidle/available_governors': 'ladder menu teo ',
      'smt/active': spec.threadsPerCore > 1 ? 1 : 0,
      'vulnerabilities/meltdown': 'Not affected',
    }),
    ...tunable(cpus, {
      'cpuidle/current_governor': 'menu',
      'smt/control': spec.threadsPerCore > 1 ? 'on' : 'notsupported',
    }),
    ...(spec.frequencyDriver === 'intel_pstate'
      ? tunable(cpus, {
          'intel_pstate/status': 'active',
          'intel_pstate/no_turbo': 0,
          'intel_pstate/min_perf_pct': 50,
          'intel_pstate/max_perf_pct': 100,
        })
      : tunable(cpus, { 'cpufreq/boost': 1 })),
    ...all.flatMap(({ cpu, socket, core }) => {
      const folder = `${cpus}/cpu${cpu}`;
      const siblings = all.filter((other) => other.socket === socket && other.core === core);
      const packaged = all.filter((other) => other.socket === socket);
      const policy = `${cpus}/cpufreq/policy${cpu}`;
      return [
        ...shown(`${folder}/topology`, {
          physical_package_id: socket,
          core_id: core,
          thread_siblings_list: list(siblings),
          thread_siblings: mask(siblings),
          core_cpus_list: list(siblings),
          package_cpus_list: list(packaged),
          core_siblings_list: list(packaged),
        }),
        ...shown(`${folder}/cache/index3`, { id: socket, level: 3, type: 'Unified', shared_cpu_list: list(packaged) }),
        ...tunable(`${folder}/power`, { pm_qos_resume_latency_us: 0 }),
        ...(cpu > 0 ? tunable(folder, { online: 1 }) : []),
        ...link(`${folder}/node${socket}`, `${system}/node/node${socket}`),
        ...link(`${folder}/cpufreq`, policy),
        ...frequencyPolicy(policy, cpu, spec.frequencyDriver, governor),
        ...states.flatMap(({ name, description, latency, residency }, index) => [
          ...shown(`${folder}/cpuidle/state${index}`, {
            name,
            desc: description,
            latency,
            residency,
            usage: 1000 * (index + 1),
            time: 250_000 * (index + 1),
            above: 10,
            below: 20,
          }),
          ...tunable(`${folder}/cpuidle/state${index}`, { disable: 0 }),
        ]),
      ];
    }),
    ...shown(`${system}/node`, {
      online: cpuList.encode([...new Set(all.map(({ socket }) => socket))]),
      possible: cpuList.encode([...new Set(all.map(({ socket }) => socket))]),
    }),
    ...Array.from({ length: spec.sockets }, (_, node) => {
      const local = cpusOfNode(spec, node);
      const kibibytes = Math.floor((mebibytes / spec.sockets) * 1024);
      return [
        ...shown(`${system}/node/node${node}`, {
          cpulist: local.list,
          cpumap: local.mask,
          distance: Array.from({ length: spec.sockets }, (_, other) => (other === node ? 10 : 21)).join(' '),
          meminfo: `Node ${node} MemTotal:       ${kibibytes} kB`,
        }),
      ];
    }).flat(),
    ...shown('/sys/module/intel_idle/parameters', { max_cstate: argument('intel_idle.max_cstate') ?? 9 }),
    [
      '/sys/module/processor/parameters/max_cstate',
      { text: `${argument('processor.max_cstate') ?? 8}\n`, mode: 0o400 },
    ],
  ];
};
