import type { LabHost } from '../lab/host.ts';

/** What lies at each path: mode, owner and text; null: nothing. Of attributes the text alone. */
export type Disk = ReadonlyMap<string, string | null>;

const header =
  '# Kept by perfplay: one line for each setting that a playbook declares. Change the playbook, not this file.\n';
const file = (text: string, mode = 644): string => `${mode} root:root\n${text}`;
const block = (attribute: string, value: string): string =>
  `ACTION=="add|change", SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", KERNEL=="sda", TEST=="queue/${attribute}", ATTR{queue/${attribute}}="${value}"\n`;
const governor = (policy: number): string => `/sys/devices/system/cpu/cpufreq/policy${policy}/scaling_governor`;

type States = Readonly<Record<string, readonly [fresh: string | null, declared: string | null]>>;

/** By task of the playbook in site.ts: what stands on a new host, and what the task declares. */
const tasks: Readonly<Record<string, States>> = {
  limits: {
    '/proc/sys/vm/swappiness': ['60\n', '1\n'],
    '/proc/sys/vm/dirty_ratio': ['20\n', '5\n'],
    '/etc/sysctl.d/zz-perfplay.conf': [null, file(`${header}vm/swappiness = 1\nvm/dirty_ratio = 5\n`)],
  },
  clock: {
    [governor(0)]: ['powersave\n', 'performance\n'],
    [governor(1)]: ['powersave\n', 'performance\n'],
    [governor(2)]: ['powersave\n', 'performance\n'],
    [governor(3)]: ['powersave\n', 'performance\n'],
    '/etc/perfplay/boot.tab': [
      null,
      file(`${header}write /sys/devices/system/cpu/cpufreq/policy*/scaling_governor performance\n`),
    ],
    '/var/lib/lab/units/perfplay-boot.service': [null, 'loaded inactive enabled ours\n'],
  },
  disk: {
    '/sys/block/sda/queue/rq_affinity': ['1\n', '2\n'],
    '/sys/block/sda/queue/nomerges': ['0\n', '2\n'],
    '/etc/udev/rules.d/99-perfplay.rules': [null, file(header + block('nomerges', '2') + block('rq_affinity', '2'))],
  },
  vhost: {
    '/sys/module/vhost_net/initstate': [null, 'live\n'],
    '/etc/modules-load.d/perfplay.conf': [null, file(`${header}vhost_net\n`)],
    '/etc/default/qemu-kvm': [
      file(
        "# To disable qemu-kvm's page merging feature, set KSM_ENABLED=0\nKSM_ENABLED=1\nSLEEP_MILLISECS=200\nVHOST_NET_ENABLED=0\nKVM_HUGEPAGES=0\n",
      ),
      file(
        "# To disable qemu-kvm's page merging feature, set KSM_ENABLED=0\nKSM_ENABLED=1\nSLEEP_MILLISECS=200\nVHOST_NET_ENABLED=1\nKVM_HUGEPAGES=0\n",
      ),
    ],
  },
  sleep: {},
  note: { '/etc/faults-note': [null, file('declared\n', 640)] },
  step: { '/root/steps': [null, file('done\n')] },
};
const menu = '/boot/grub/grub.cfg';
/** Programs of perfplay's own: their text is what the first run without a fault wrote, and their effect is looked at. */
const programs: Readonly<Record<string, string>> = {
  '/etc/default/grub.d/zz-perfplay.cfg': 'sleep',
  '/usr/local/lib/perfplay/boot': 'clock',
  '/etc/systemd/system/perfplay-boot.service': 'clock',
};
/** What only perfplay reads: not judged by a task. */
const records: readonly string[] = ['/var/lib/perfplay/originals'];

/** One line for each setting, in no order that means anything; a setting that could not be made has no line. */
const lineFiles: readonly string[] = [
  '/etc/sysctl.d/zz-perfplay.conf',
  '/etc/udev/rules.d/99-perfplay.rules',
  '/etc/modules-load.d/perfplay.conf',
  '/etc/perfplay/boot.tab',
];
const inOrder = (path: string, text: string): string =>
  lineFiles.includes(path) ? text.split('\n').sort().join('\n') : text;

const isAttribute = (path: string): boolean => /^\/(proc|sys|var\/lib\/lab)\//.test(path);
const pathsOf = (task: string): readonly string[] => [
  ...Object.keys(tasks[task]!),
  ...Object.keys(programs).filter((path) => programs[path] === task),
  ...(task === 'sleep' ? [menu] : []),
];
const judged = Object.keys(tasks).flatMap(pathsOf);
const attributes = judged.filter(isAttribute);
const files = [...judged.filter((path) => !isAttribute(path)), ...records];

const reading = `for path; do
  if [ ! -f "$path" ]; then echo absent; continue; fi
  case $path in /proc/* | /sys/* | /var/lib/lab/*) echo ;; *) stat -c '%a %U:%G' "$path" ;; esac
  od -An -v -tx1 "$path" | tr -d ' \\n'
  echo
done`;

/** Reads the host's disk, past ssh and perfplay. */
export const readDisk = async (host: LabHost): Promise<Disk> => {
  const lines = (await host.sh(reading, ...attributes, ...files)).split('\n');
  const disk = new Map<string, string | null>();
  for (const path of [...attributes, ...files]) {
    const head = lines.shift();
    const text = head === 'absent' ? '' : Buffer.from(lines.shift() ?? '', 'hex').toString('latin1');
    disk.set(path, head === 'absent' ? null : inOrder(path, `${head === '' ? '' : `${head}\n`}${text}`));
  }
  return disk;
};

/** Leftovers of writes. (A backup of the menu stays by intention.) */
export const strayFiles = async (host: LabHost): Promise<readonly string[]> =>
  (
    await host.sh(
      `find /etc /boot /root /usr/local/lib /var/lib/perfplay /run /proc/sys/vm ! -path '/run/faults/*' -type f \\
        '(' -name '.perfplay.*' -o -name '*.new' -o -name 'grub.cfg.perfplay' ')' 2>/dev/null || :`,
    )
  )
    .split('\n')
    .filter(Boolean);

/** The menu with the argument in each normal entry, and the recovery entries as they were: what grub-mkconfig makes of the declared line. */
const declaredMenu = (text: string): string =>
  text.replaceAll(/^(\s*linux\t.* ro {2}console=tty1 console=ttyS0)$/gm, '$1 intel_idle.max_cstate=1');

/** The two states of a host that are whole. */
export interface Truth {
  readonly fresh: Disk;
  readonly declared: Disk;
}

/** Of a new host. Throws where the lab's host is not as this oracle knows it. */
export const freshTruth = async (host: LabHost): Promise<Disk> => {
  const disk = await readDisk(host);
  for (const states of Object.values(tasks))
    for (const [path, [fresh]] of Object.entries(states))
      if (disk.get(path) !== fresh) throw new Error(`${path} of a new host: ${JSON.stringify(disk.get(path))}`);
  return disk;
};

/** After a run without a fault. Throws where a value is not the declared one, or a program of perfplay's has not the effect. */
export const declaredTruth = async (host: LabHost, fresh: Disk): Promise<Disk> => {
  const disk = await readDisk(host);
  const expected = new Map<string, string | null>([
    ...Object.values(tasks).flatMap((states) =>
      Object.entries(states).map(([path, [, declared]]) => [path, declared] as const),
    ),
    [menu, declaredMenu(fresh.get(menu) ?? '')],
  ]);
  for (const [path, text] of expected)
    if (disk.get(path) !== (text && inOrder(path, text)))
      throw new Error(`${path} after a run: ${JSON.stringify(disk.get(path))}`);
  const line = await host.sh(
    'GRUB_CMDLINE_LINUX_DEFAULT="console=tty1" GRUB_CMDLINE_LINUX=""; . /etc/default/grub.d/zz-perfplay.cfg; echo $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT',
  );
  if (line !== 'console=tty1 intel_idle.max_cstate=1') throw new Error(`grub would boot with ${line}`);
  await host.sh(
    'for file in /sys/devices/system/cpu/cpufreq/policy*/scaling_governor; do echo powersave >"$file"; done',
  );
  await host.sh('sed -n s/^ExecStart=//p /etc/systemd/system/perfplay-boot.service | sh');
  const governors = await host.sh('cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor');
  if (governors !== Array(4).fill('performance').join('\n')) throw new Error(`the boot unit leaves ${governors}`);
  return disk;
};

export type Status = 'ok' | 'changed' | 'failed' | 'unreachable' | 'unknown';

/** What perfplay said of one host. */
export interface Said {
  readonly host: string;
  /** One for each `host-ended`: there has to be one. */
  readonly ended: readonly { readonly status: Status; readonly message?: string; readonly hint?: string }[];
  readonly tasks: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly message?: string;
    readonly reason?: string;
  }[];
}

export type Verdict = {
  readonly falseSuccesses: readonly string[];
  readonly neither: readonly string[];
  readonly stateless: boolean;
  /** Where something else stands than what is declared. */
  readonly undeclared: readonly string[];
  readonly state: 'fresh' | 'declared' | 'between' | 'broken';
};

/** Judges what was said of a host by its disk. */
export const judge = (said: Said, disk: Disk, { fresh, declared }: Truth): Verdict => {
  const all = [...judged, ...records];
  const is = (truth: Disk, path: string): boolean => disk.get(path) === truth.get(path);
  const isPart = (path: string): boolean => {
    const lines = disk.get(path)?.split('\n') ?? [];
    const whole = declared.get(path)?.split('\n') ?? [];
    return lineFiles.includes(path) && lines.length > 3 && lines.every((line) => whole.includes(line));
  };
  const neither = all.filter((path) => !is(fresh, path) && !is(declared, path) && !isPart(path));
  const missing = (paths: readonly string[]): readonly string[] => paths.filter((path) => !is(declared, path));
  const isDone = (outcome: string): boolean => outcome === 'ok' || outcome === 'changed';
  const status = said.ended[0]?.status;
  const falseSuccesses = [
    ...(status && isDone(status) ? missing(judged).map((path) => `${status}: ${path}`) : []),
    ...said.tasks
      .filter(({ outcome }) => isDone(outcome))
      .flatMap(({ name, outcome }) => missing(pathsOf(name)).map((path) => `${name} ${outcome}: ${path}`)),
  ];
  const state =
    neither.length > 0
      ? 'broken'
      : all.every((path) => is(declared, path))
        ? 'declared'
        : all.every((path) => is(fresh, path))
          ? 'fresh'
          : 'between';
  return { falseSuccesses, neither, undeclared: missing(all), stateless: said.ended.length !== 1, state };
};

/** README's table: 2 a host failed or is unknown, 4 one was unreachable, 6 both. */
export const exitCode = (statuses: readonly Status[]): number => {
  const bad = statuses.some((status) => status === 'failed' || status === 'unknown');
  return (bad ? 2 : 0) + (statuses.includes('unreachable') ? 4 : 0);
};

/** Every path that a host is put back to between two trials. */
export const trackedPaths: readonly string[] = [...attributes, ...files];
