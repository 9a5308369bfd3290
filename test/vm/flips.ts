/** One thing of the converged guest that a hand changes. */
export interface Flip {
  readonly level: 'running' | 'boot';
  /** What a plan must name, and nothing else: several keys where they share one line. */
  readonly keys: readonly string[];
  /** Text for sh as root; fails where there is nothing to change. */
  readonly make: string;
  /** Puts it back. */
  readonly undo: string;
  /** Somebody else's file, which stays somebody else's: no run of ours mends it. */
  readonly foreign?: true;
}

type Keys = string | readonly string[];
const listed = (keys: Keys): readonly string[] => (typeof keys === 'string' ? [keys] : keys);

const running = (keys: Keys, make: string, undo: string): Flip => ({
  level: 'running',
  keys: listed(keys),
  make,
  undo,
});
const boot = (keys: Keys, make: string, undo: string): Flip => ({ level: 'boot', keys: listed(keys), make, undo });

/** A value of /proc or /sys: written by hand, and back. */
const value = (keys: Keys, path: string, flipped: string, wanted: string): Flip =>
  running(keys, `echo '${flipped}' >${path}`, `echo '${wanted}' >${path}`);

let copies = 0;
/** A file on disk, by a script of sed. It is put back as it was, with its owner and mode. */
const edit = (keys: Keys, path: string, script: string): Flip => {
  copies += 1;
  const copy = `/root/flip-${copies}`;
  return boot(
    keys,
    `cp -p ${path} ${copy} && sed -i '${script}' ${path} && ! cmp -s ${copy} ${path}`,
    `cp -p ${copy} ${path}`,
  );
};
/** Somebody else's file, which comes after ours. */
const later = (keys: Keys, path: string, line: string): Flip => ({
  ...boot(keys, `mkdir -p "$(dirname ${path})" && echo '${line}' >${path}`, `rm ${path}`),
  foreign: true,
});

const sysctl = '/etc/sysctl.d/zz-perfplay.conf';
const tmpfiles = '/etc/tmpfiles.d/zz-perfplay.conf';
const udev = '/etc/udev/rules.d/99-perfplay.rules';
const modulesLoad = '/etc/modules-load.d/perfplay.conf';
const modprobe = '/etc/modprobe.d/zz-perfplay.conf';
const bootTab = '/etc/perfplay/boot.tab';
const grubDropIn = '/etc/default/grub.d/zz-perfplay.cfg';
const grubConfig = '/boot/grub/grub.cfg';

const irqbalance = '/etc/default/irqbalance';

const policies = (parameter: string): readonly string[] =>
  [0, 1, 2, 3].map((policy) => `cpufreq/policy${policy}/scaling_${parameter}`);
const iostats = ['vda', 'vdb'].map((disk) => `sysfs/block/${disk}/queue/iostats`);
const rpsCpus = ['enp0s3', 'enp34s0'].map((nic) => `sysfs/class/net/${nic}/queues/rx-0/rps_cpus`);
const queues = [
  ...['input.0', 'output.0'].map((queue) => `irq_affinity/enp0s3/${queue}`),
  ...[0, 1, 2, 3].flatMap((queue) => [`irq_affinity/enp34s0/input.${queue}`, `irq_affinity/enp34s0/output.${queue}`]),
];
/** Everything that boot.tab keeps. */
const tabled = [
  ...policies('governor'), ...policies('min_freq'), ...policies('max_freq'), ...iostats, ...rpsCpus, ...queues,
]; // prettier-ignore

const mm = '/sys/kernel/mm';
const cpufreq = '/sys/devices/system/cpu/cpufreq';
const queueOf = (disk: string, file: string): string => `/sys/block/${disk}/queue/${file}`;
/** The mask of one interrupt of the card with queues. */
const mask = (queue: string): string =>
  `/proc/irq/$(grep -l -- '-${queue}$' /sys/kernel/irq/*/actions | cut -d/ -f5)/smp_affinity_list`;

/** What runs. */
const runningFlips: readonly Flip[] = [
  value('sysctl/vm.swappiness', '/proc/sys/vm/swappiness', '60', '1'),
  value('sysctl/fs.aio-max-nr', '/proc/sys/fs/aio-max-nr', '1048575', '1048576'),
  value('sysctl/vm.dirty_ratio', '/proc/sys/vm/dirty_ratio', '11', '10'),
  value('sysctl/net.ipv4.tcp_rmem', '/proc/sys/net/ipv4/tcp_rmem', '4096 262144 16777215', '4096 262144 16777216'),
  value('sysctl/net.netfilter.nf_conntrack_max', '/proc/sys/net/netfilter/nf_conntrack_max', '131071', '131072'),
  value('thp/enabled', `${mm}/transparent_hugepage/enabled`, 'never', 'madvise'),
  value('thp/defrag', `${mm}/transparent_hugepage/defrag`, 'madvise', 'defer'),
  value('ksm/run', `${mm}/ksm/run`, '0', '1'),
  value('ksm/pages_to_scan', `${mm}/ksm/pages_to_scan`, '201', '200'),
  value('ksm/sleep_millisecs', `${mm}/ksm/sleep_millisecs`, '20', '100'),
  value(
    'sysfs/kernel/mm/transparent_hugepage/khugepaged/defrag',
    `${mm}/transparent_hugepage/khugepaged/defrag`,
    '1',
    '0',
  ),
  value(iostats[1]!, queueOf('vdb', 'iostats'), '1', '0'),
  value(rpsCpus[0]!, '/sys/class/net/enp0s3/queues/rx-0/rps_cpus', '7', 'f'),
  value('block_queue/nvme0n1/nomerges', queueOf('nvme0n1', 'nomerges'), '0', '1'),
  value('block_queue/sdb/rq_affinity', queueOf('sdb', 'rq_affinity'), '1', '2'),
  value('block_queue/vdb/nr_requests', queueOf('vdb', 'nr_requests'), '65', '64'),
  value('block_queue/sda/read_ahead_kb', queueOf('sda', 'read_ahead_kb'), '128', '512'),
  // The kernel chooses a depth with the scheduler.
  running(
    ['block_queue/nvme0n1/scheduler', 'block_queue/nvme0n1/nr_requests'],
    `echo none >${queueOf('nvme0n1', 'scheduler')}`,
    `echo mq-deadline >${queueOf('nvme0n1', 'scheduler')} && echo 64 >${queueOf('nvme0n1', 'nr_requests')}`,
  ),
  value(policies('governor')[2]!, `${cpufreq}/policy2/scaling_governor`, 'powersave', 'performance'),
  value(policies('max_freq')[1]!, `${cpufreq}/policy1/scaling_max_freq`, '2400000', '1200000'),
  value('irq_affinity/enp34s0/output.2', mask('output.2'), '0', '2'),
  // It obeys the words that it was started with; these keep it from moving anything.
  running(
    'irq_affinity/irqbalance/process/virtio-pci',
    `cp -p ${irqbalance} /root/irqbalance &&
     echo "IRQBALANCE_ARGS='$(ls /proc/irq | sed -n 's/^[0-9]*$/--banirq=&/p' | tr '\\n' ' ')'" >${irqbalance} &&
     systemctl restart irqbalance && cp -p /root/irqbalance ${irqbalance}`,
    'systemctl restart irqbalance',
  ),
  value('kernel_module/nf_conntrack/options/tstamp', '/sys/module/nf_conntrack/parameters/tstamp', 'N', 'Y'),
  running('kernel_module/loop', 'modprobe -r loop', 'modprobe loop'),
  running('kernel_module/pcspkr', 'insmod "$(modinfo -n pcspkr)"', 'rmmod pcspkr'),
  running('qemu_kvm/module/vhost_net', 'modprobe -r vhost_net', 'modprobe vhost_net'),
  running('service/lab.service/active', 'systemctl stop lab', 'systemctl start lab'),
  running('package/lab-package', 'dpkg --purge lab-package', 'dpkg -i /srv/packages/lab.deb'),
];

/** What the next boot brings: perfplay's own lines. */
const storeFlips: readonly Flip[] = [
  edit('sysctl/vm.swappiness', sysctl, '/swappiness/d'),
  edit('sysctl/fs.aio-max-nr', sysctl, 's/1048576/1048575/'),
  edit('thp/enabled', tmpfiles, '/transparent_hugepage.enabled/d'),
  edit('ksm/sleep_millisecs', tmpfiles, '/sleep_millisecs/s/100/20/'),
  edit('sysfs/kernel/mm/transparent_hugepage/khugepaged/defrag', tmpfiles, '/khugepaged/d'),
  edit('block_queue/sda/scheduler', udev, '/"sda".*scheduler/d'),
  edit('block_queue/vdb/nr_requests', udev, '/"vdb".*nr_requests/s/64/65/'),
  edit('kernel_module/nf_conntrack', modulesLoad, '/nf_conntrack/d'),
  edit('qemu_kvm/module/vhost_net', modulesLoad, 's/^vhost_net/#&/'),
  edit('kernel_module/nf_conntrack/options/acct', modprobe, '/acct/d'),
  edit('kernel_module/loop/options/max_part', modprobe, 's/max_part=15/max_part=7/'),
  edit('kernel_module/pcspkr', modprobe, '/^blacklist/d'),
  edit('kernel_module/pcspkr/install', modprobe, '/^install/d'),
  edit(policies('governor'), bootTab, '/scaling_governor/d'),
  edit(iostats, bootTab, '/iostats/s/0$/1/'),
  edit('irq_affinity/enp34s0/input.3', bootTab, '/enp34s0 input.3/s/3$/2/'),
  edit('kernel_cmdline/hugepages', grubConfig, 's/hugepages=8/hugepages=9/'),
  edit('kernel_cmdline/console', grubConfig, 's/console=tty0 console=ttyS0/console=ttyS0 console=tty0/'),
  edit('kernel_cmdline/panic', grubConfig, '0,/ quiet/s// quiet panic=5/'),
  edit('kernel_cmdline/quiet', grubConfig, '0,/ quiet/s///'),
  edit('kernel_cmdline/transparent_hugepage', grubConfig, '/ single /s/ transparent_hugepage=madvise//'),
  edit('kernel_cmdline/printk.time', grubDropIn, '/# perfplay set printk.time/d'),
];

/** What is on disk itself. */
const diskFlips: readonly Flip[] = [
  edit('file//etc/lab/limits.conf', '/etc/lab/limits.conf', 's/1000000/1024/'),
  boot('file//etc/lab/limits.conf/mode', 'chmod 0600 /etc/lab/limits.conf', 'chmod 0640 /etc/lab/limits.conf'),
  boot('file//srv/lab/owner', 'chown root /srv/lab', 'chown daemon /srv/lab'),
  boot('file//srv/lab/mode', 'chmod g+s /srv/lab', 'chmod g-s /srv/lab'),
  edit('template//etc/lab/peers', '/etc/lab/peers', '1s/$/ more/'),
  edit(
    'config_file//etc/systemd/journald.conf/[Journal]/SystemMaxUse',
    '/etc/systemd/journald.conf',
    's/^SystemMaxUse/#&/',
  ),
  edit('config_file//etc/default/lab/LAB_WORDS', '/etc/default/lab', 's/b/c/'),
  edit('irq_affinity/irqbalance/argument/virtio-pci', irqbalance, 's/--banmod=virtio-pci//'),
  edit('qemu_kvm/VHOST_NET_ENABLED', '/etc/default/qemu-kvm', '/VHOST/s/1/0/'),
  edit('qemu_kvm/KVM_HUGEPAGES', '/etc/default/qemu-kvm', '/KVM_HUGEPAGES/d'),
  boot('service/lab.service/enabled', 'systemctl disable lab', 'systemctl enable lab'),
  boot('service/systemd-pstore.service/masked', 'systemctl unmask systemd-pstore', 'systemctl mask systemd-pstore'),
];

const foreignFlips: readonly Flip[] = [
  later('sysctl/vm.dirty_ratio', '/etc/sysctl.d/zzz-other.conf', 'vm.dirty_ratio = 40'),
  later('sysctl/net.ipv4.tcp_rmem', '/run/sysctl.d/zzz-other.conf', 'net.ipv4.tcp_rmem = 4096 131072 6291456'),
  later('ksm/run', '/etc/tmpfiles.d/zzz-other.conf', 'w /sys/kernel/mm/ksm/run - - - - 0'),
  later('kernel_module/nf_conntrack/options/tstamp', '/etc/modprobe.d/zzz-other.conf', 'options nf_conntrack tstamp=0'),
];

/** Flips of everything at once: boot.tab's unit is one for all its lines. */
export const unitFlips: readonly Flip[] = [
  boot(tabled, 'systemctl disable perfplay-boot', 'systemctl enable perfplay-boot'),
  edit(tabled, '/usr/local/lib/perfplay/boot', '/^root=/s/$/\\nexit 0/'),
  edit(tabled, '/etc/systemd/system/perfplay-boot.service', 's/multi-user.target network-online/network/'),
];

export const flips: readonly Flip[] = [...runningFlips, ...storeFlips, ...diskFlips, ...foreignFlips];

/** The flips in as few groups as may be, in each of which no key and no level of a module stands twice: a plan of one group tells them apart. */
export const groups = (all: readonly Flip[]): readonly (readonly Flip[])[] => {
  const result: Flip[][] = [];
  const moduleOf = ({ keys }: Flip): string => keys[0]!.split('/')[0]!;
  for (const flip of all) {
    const free = result.find((group) => group.every((other) => moduleOf(other) !== moduleOf(flip)));
    if (free) free.push(flip);
    else result.push([flip]);
  }
  return result;
};
