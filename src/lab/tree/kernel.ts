import type { SimulatedHost } from '../hosts.ts';
import { releases } from '../releases.ts';
import { mountinfo, pciDevices, pciTree } from './devices.ts';
import { interruptTree, numberInterrupts } from './interrupts.ts';
import { processorsOf, processorTree } from './processors.ts';
import { files, folders, link, shown, tunable, type Tree } from './tree.ts';

/** The last value of each `name=value` word of a kernel line, `-` and `_` in names being equal. */
export const kernelArguments = (line: string): ((name: string) => string | undefined) => {
  const canonical = (name: string): string => name.replaceAll('-', '_');
  const values = new Map(
    line
      .trim()
      .split(/\s+/)
      .map((word) => {
        const at = word.indexOf('=');
        return at < 0 ? [canonical(word), ''] : [canonical(word.slice(0, at)), word.slice(at + 1)];
      }),
  );
  return (name) => values.get(canonical(name));
};

const sysctls = (host: SimulatedHost, kernel: string, bootId: string): Tree => [
  ...shown('/proc/sys', {
    'kernel/osrelease': kernel,
    'kernel/ostype': 'Linux',
    'kernel/arch': 'x86_64',
    'kernel/version': '#1 SMP PREEMPT_DYNAMIC',
    'kernel/random/boot_id': bootId,
    'fs/aio-nr': 0,
    'net/ipv4/tcp_available_congestion_control': 'reno cubic',
  }),
  ...tunable('/proc/sys', {
    'kernel/hostname': host.name,
    'kernel/numa_balancing': 1,
    'kernel/sched_autogroup_enabled': 1,
    'kernel/sched_rt_runtime_us': 950_000,
    'kernel/nmi_watchdog': 1,
    'vm/swappiness': 60,
    'vm/dirty_ratio': 20,
    'vm/dirty_background_ratio': 10,
    'vm/overcommit_memory': 0,
    'vm/zone_reclaim_mode': 0,
    'vm/max_map_count': 65_530,
    'vm/min_free_kbytes': 67_584,
    'vm/nr_hugepages': 0,
    'fs/aio-max-nr': 65_536,
    'fs/file-max': 9_223_372_036_854_775_807n.toString(),
    'fs/nr_open': 1_048_576,
    'net/core/somaxconn': 4096,
    'net/core/netdev_max_backlog': 1000,
    'net/core/rmem_max': 212_992,
    'net/core/wmem_max': 212_992,
    'net/core/busy_poll': 0,
    'net/core/busy_read': 0,
    'net/core/default_qdisc': 'fq_codel',
    'net/core/rps_sock_flow_entries': 0,
    'net/ipv4/ip_forward': 0,
    'net/ipv4/tcp_max_syn_backlog': 2048,
    'net/ipv4/tcp_congestion_control': 'cubic',
    'net/ipv4/tcp_rmem': '4096\t131072\t6291456',
    'net/ipv4/tcp_wmem': '4096\t16384\t4194304',
    'net/ipv4/tcp_mem': '383094\t510793\t766188',
    'net/ipv4/ip_local_port_range': '32768\t60999',
  }),
];

const clockSource = '/sys/devices/system/clocksource/clocksource0';

const memory = (argument: (name: string) => string | undefined): Tree => {
  const huge = argument('transparent_hugepage') ?? 'madvise';
  return [
    ...tunable('/sys/kernel/mm/ksm', {
      run: 0,
      pages_to_scan: 100,
      sleep_millisecs: 200,
      merge_across_nodes: 1,
      use_zero_pages: 0,
    }),
    ...shown('/sys/kernel/mm/ksm', {
      pages_shared: 0,
      pages_sharing: 0,
      pages_unshared: 0,
      pages_volatile: 0,
      full_scans: 0,
    }),
    ...tunable('/sys/kernel/mm/transparent_hugepage', {
      enabled: ['always', 'madvise', 'never'].map((word) => (word === huge ? `[${word}]` : word)).join(' '),
      defrag: 'always defer defer+madvise [madvise] never',
      'khugepaged/defrag': 1,
    }),
  ];
};

const cpuinfo = (host: SimulatedHost): string =>
  processorsOf(host.processors)
    .map(({ cpu, socket, core }) =>
      [
        `processor\t: ${cpu}`,
        'vendor_id\t: GenuineIntel',
        'cpu family\t: 6',
        'model\t\t: 106',
        'model name\t: Simulated Xeon CPU @ 2.40GHz',
        'cpu MHz\t\t: 1200.000',
        `physical id\t: ${socket}`,
        `core id\t\t: ${core}`,
        'flags\t\t: fpu tsc msr constant_tsc nonstop_tsc vmx',
        '',
        '',
      ].join('\n'),
    )
    .join('');

const processes: readonly (readonly [pid: number, comm: string, argv: readonly string[]])[] = [
  [1, 'systemd', ['/sbin/init']],
  [640, 'sshd', ['sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups']],
];

/** /proc/PID of one process; `descriptors` are the texts of its fd links. */
export const processTree = (
  pid: number,
  comm: string,
  argv: readonly string[],
  descriptors: Readonly<Record<string, string>> = {},
): Tree => [
  ...files(`/proc/${pid}`, { comm: `${comm}\n`, cmdline: argv.map((word) => `${word}\0`).join('') }, 0o444),
  ...folders(`/proc/${pid}/fd`),
  ...Object.entries(descriptors).map(([number, text]) => [`/proc/${pid}/fd/${number}`, { link: text }] as const),
];

/** A QEMU process with one tap NIC, as libvirt starts it. */
export const machineTree = (pid: number, name: string, vhost: boolean): Tree => {
  const argv = [
    '/usr/bin/qemu-system-x86_64',
    '-name',
    `guest=${name},debug-threads=on`,
    '-machine',
    'pc-q35-6.2,accel=kvm,usb=off',
    '-cpu',
    'host',
    '-netdev',
    `tap,fd=34,id=hostnet0${vhost ? ',vhost=on,vhostfd=36' : ''}`,
    '-device',
    'virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:aa:bb:01',
  ];
  return processTree(pid, 'qemu-system-x86', argv, {
    34: '/dev/net/tun',
    ...(vhost && { 36: '/dev/vhost-net' }),
  });
};

/** All that a kernel makes anew when it boots with the given line: /sys, /proc, /dev, /run and /tmp. */
export const kernelTree = (
  host: SimulatedHost,
  boot: { readonly line: string; readonly id: string; readonly number: number },
): Tree => {
  const argument = kernelArguments(boot.line);
  const devices = pciDevices(host);
  const numbered = numberInterrupts(devices, boot.number);
  const kilobytes = host.mebibytes * 1024;
  return [
    ...folders('/tmp', '/run', '/dev', '/sys/class/net', '/sys/module'),
    ...files('/dev', { kvm: '' }, 0o666),
    ...files(
      '/proc',
      {
        cmdline: `${boot.line}\n`,
        cpuinfo: cpuinfo(host),
        meminfo: `MemTotal:       ${kilobytes} kB\nMemFree:        ${Math.floor(kilobytes / 2)} kB\nMemAvailable:   ${Math.floor(kilobytes * 0.6)} kB\n`,
        'self/mountinfo': mountinfo(host),
        uptime: '60.00 200.00\n',
      },
      0o444,
    ),
    ...shown(clockSource, { available_clocksource: 'tsc hpet acpi_pm ' }),
    ...tunable(clockSource, { current_clocksource: 'tsc' }),
    ...sysctls(host, releases[host.release].kernel, boot.id),
    ...memory(argument),
    ...processorTree(host.processors, host.mebibytes, argument),
    ...devices.flatMap((device) =>
      pciTree(
        device,
        host.processors,
        (numbered.get(device) ?? []).map(({ number }) => number),
      ),
    ),
    ...interruptTree(host.processors, [...numbered.values()].flat()),
    ...link('/sys/class/net/lo', '/sys/devices/virtual/net/lo'),
    ...shown('/sys/devices/virtual/net/lo', {
      address: '00:00:00:00:00:00',
      operstate: 'unknown',
      type: 772,
      ifindex: 1,
    }),
    ...processes.flatMap(([pid, comm, argv]) => processTree(pid, comm, argv)),
  ];
};
