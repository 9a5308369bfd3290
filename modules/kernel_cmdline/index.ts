import {
  argumentGroup,
  argumentName,
  cpuList,
  defineModule,
  derived,
  file,
  groupWords,
  kernelWords,
  setting,
  Switch,
  text,
  Type,
  valueOf,
  warning,
  type Finding,
  type Read,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { effectOf, type Effect } from './effects.ts';

/** A word that GRUB's shell and the kernel both take literally. */
const word = '^[A-Za-z0-9][A-Za-z0-9_.-]*(=[A-Za-z0-9_.,:/@%+=*!~^-]*)?$';
const name = '^[A-Za-z0-9][A-Za-z0-9_.-]*$';

const params = Type.Object(
  {
    present: Type.Optional(
      Type.Array(Type.String({ pattern: word }), {
        minItems: 1,
        description: 'Arguments that must stand on the kernel line, in this order, repeated ones kept',
      }),
    ),
    absent: Type.Optional(
      Type.Array(Type.String({ pattern: name }), {
        minItems: 1,
        description: 'Names that must not stand on it, whatever their value',
      }),
    ),
    recovery: Type.Optional(Switch('Recovery entries get the arguments too (off)')),
    force: Type.Optional(Switch('Allow arguments that can keep a host from booting (off)')),
  },
  { additionalProperties: false, minProperties: 1 },
);
type Want = Static<typeof params>;

/**
 * A mistake in one of these leaves a host that does not boot, that nobody can log in to, or that is less protected than its owner
 * thinks. Rule: kernel-parameters.txt, kernel-command-line(7), dracut.cmdline(7); one letter or digit is a runlevel.
 */
const dangerous: readonly RegExp[] = [
  /^(root|rootflags|rootfstype|ro|rw|boot|ostree|initrd|noinitrd|init|rdinit|rd[._].*|luks[._].*|break)$/,
  /^(systemd[._].*|single|rescue|emergency|[0-6sSb])$/,
  /^(acpi|noapic|nolapic|nr_cpus|maxcpus|nosmp|mem|memmap)$/,
  /^(ip|net[._]ifnames|biosdevname|module_blacklist|modprobe[._]blacklist)$/,
  /^(mitigations|selinux|enforcing|apparmor|security|lsm|lockdown|fips)$/,
];

const check = ({ present = [], absent = [], force = false }: Want) => {
  const problems: { param: string; message: string; hint?: string }[] = [];
  const names = new Set(present.map(argumentName));
  for (const one of absent)
    if (names.has(argumentName(one)))
      problems.push({ param: 'absent', message: `${one} is both in present and in absent` });
  if (!force)
    for (const [param, words] of [
      ['present', present],
      ['absent', absent],
    ] as const)
      for (const one of words)
        if (dangerous.some((names) => names.test(argumentName(one))))
          problems.push({ param, message: `${one} can keep the host from booting`, hint: 'force: on allows it' });
  if (!force && absent.some((one) => argumentName(one) === 'console'))
    problems.push({
      param: 'absent',
      message: 'without console= the boot may not be seen',
      hint: 'force: on allows it',
    });
  if (present.includes('intel_idle.max_cstate=0') && !names.has('processor.max_cstate'))
    problems.push({
      param: 'present',
      message: 'intel_idle.max_cstate=0 alone only hands the CPUs to acpi_idle, with deep states of its own',
      hint: 'add processor.max_cstate=1',
    });
  return problems;
};

/** CPU numbers that an argument names beyond those the host can have. */
const impossibleCpus = (want: Want, possible: readonly number[] | undefined): readonly Finding[] =>
  (want.present ?? []).flatMap((one) => {
    const key = argumentName(one);
    if (!possible || !/^(isolcpus|nohz_full|rcu_nocbs|irqaffinity)$/.test(key)) return [];
    const cpus = cpuList.decode(
      one
        .slice(one.indexOf('=') + 1)
        .split(',')
        .filter((part) => /^\d/.test(part))
        .join(','),
    );
    const beyond = cpus.filter((cpu) => !possible.includes(cpu));
    const all = key === 'isolcpus' && possible.every((cpu) => cpus.includes(cpu));
    const refuse = (message: string): Finding => ({
      key: `kernel_cmdline/${key}`,
      finding: 'refused',
      message,
      blocks: [`kernel_cmdline/${key}`],
    });
    return [
      ...(beyond.length > 0
        ? [refuse(`${one}: the host has no CPU ${cpuList.encode(beyond)} (possible: ${cpuList.encode(possible)})`)]
        : []),
      ...(all ? [refuse(`${one} isolates every CPU: one must stay for the system`)] : []),
    ];
  });

export default defineModule({
  kind: 'kernel_cmdline',
  summary:
    'Arguments on the kernel command line: kept by the boot loader, pending until the boot, judged by what the kernel shows',
  params,
  stores: ['kernel-arg'],
  removable: true,
  canary: true,
  check,
  observe: ({ present = [] }) => ({
    cmdline: file('/proc/cmdline', text),
    possible: file('/sys/devices/system/cpu/possible', cpuList),
    effects: {
      ops: present.flatMap((one) => effectOf(one).ops),
      decode: (snapshot) => new Map(present.map((one) => [one, effectOf(one).decode(snapshot)])),
    } satisfies Read<ReadonlyMap<string, Effect>>,
  }),
  plan: (want, { cmdline, possible, effects }): readonly Step[] => {
    const line = valueOf(cmdline);
    const running = line === undefined ? undefined : kernelWords(line);
    const recovery = want.recovery ?? false;
    const wanted = kernelWords((want.present ?? []).join(' '));
    const groups = [...new Set(wanted.map((argument) => argumentGroup(argument.name)))];

    const present = groups.map((group): Setting<string> => {
      const value = groupWords(wanted, group)!;
      const shown = value.split(' ').flatMap((one) => {
        const effect = effects.get(one);
        return effect && 'shows' in effect ? [effect.shows] : [];
      });
      return setting(
        `kernel_cmdline/${group}`,
        value,
        running ? derived(groupWords(running, group), text) : { codec: text, errno: 'EACCES' },
        { store: 'kernel-arg', name: group, value, recovery },
        shown.length > 0 ? { effective: derived(shown.join(', '), text) } : {},
      );
    });
    const absent = (want.absent ?? []).map((one): Setting<string> => {
      const group = argumentName(one);
      return setting(
        `kernel_cmdline/${group}`,
        null,
        running ? derived(groupWords(running, group), text) : { codec: text, errno: 'EACCES' },
        { store: 'kernel-arg', name: group, value: null, recovery },
      );
    });
    // A cap for the other idle driver is what a playbook for all hosts carries along: no news while the one in charge is capped.
    const capped = [...effects.values()].some((effect) => effect && 'honoured' in effect && effect.cap);
    const unsaid = [...effects].flatMap(([one, effect]) => {
      const stands = running?.some((argument) => argument.word === one);
      return stands && !capped && effect && 'unsaid' in effect
        ? [warning(`kernel_cmdline/${argumentName(one)}`, effect.unsaid)]
        : [];
    });
    const elevator = wanted.some((argument) => argument.name === 'elevator')
      ? [warning('kernel_cmdline/elevator', 'elevator= has no effect since Linux 5.0: use block_queue')]
      : [];
    return [...impossibleCpus(want, valueOf(possible)), ...present, ...absent, ...unsaid, ...elevator];
  },
});
