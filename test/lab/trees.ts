import { cpus, irqs, memory, nic, nvmeDisk, scsiDisk, type IrqSpec } from './sysfs.ts';
import { attributes, type Tree } from './tree.ts';

const units = (states: Readonly<Record<string, string>>): Tree => attributes('/var/lib/lab/units', states);

const rootDevice = 'UUID=5f3c0e0a-7f0a-4a41-9a77-0d3c2b1f6e55';

/** `/proc` of any host: what is not of the host's own kernel is the machine's. */
const common = (release: string, args: string, memoryKb: number): Tree => ({
  '/proc/cmdline': `BOOT_IMAGE=/boot/vmlinuz-${release} root=${rootDevice} ro ${args}\n`,
  '/proc/meminfo': `MemTotal:       ${memoryKb} kB\nMemFree:        ${memoryKb - 4_000_000} kB\nMemAvailable:   ${memoryKb - 3_000_000} kB\n`,
  ...attributes('/proc/sys/kernel', {
    osrelease: release,
    ostype: 'Linux',
    numa_balancing: 1,
    pid_max: 4194304,
    sched_rt_runtime_us: 950000,
    'random/boot_id': '4c1d1c5e-9d6c-4a8e-8f46-0f3b3a3c8a11',
  }),
  ...attributes('/proc/sys/vm', {
    swappiness: 60,
    dirty_ratio: 20,
    dirty_background_ratio: 10,
    zone_reclaim_mode: 0,
    min_free_kbytes: 67584,
  }),
  ...attributes('/proc/sys/fs', { 'aio-max-nr': 65536, 'aio-nr': 0, 'file-max': 9223372036854775807n.toString() }),
  '/var/lib/lab/modules/vhost_net': 'experimental_zcopytx=0\n',
  '/var/lib/lab/modules/vhost': '',
  '/var/lib/lab/modules/br_netfilter': '',
  '/var/lib/lab/modules/nf_conntrack': '',
  '/sys/module/kvm/initstate': 'live\n',
  '/sys/module/kvm/refcnt': '1\n',
  '/etc/sysctl.d/': '',
  '/etc/tmpfiles.d/': '',
  '/etc/udev/rules.d/': '',
  '/etc/modprobe.d/': '',
  '/etc/modules-load.d/': '',
  '/etc/systemd/system/': '',
});

const tools = (names: readonly string[]): Tree => Object.fromEntries(names.map((name) => [name, null]));

/** A Debian-family boot: two kernels, a cloud image's plain assignment of GRUB_CMDLINE_LINUX_DEFAULT, update-grub. */
const debianBoot = (release: string, old: string): Tree => ({
  ...Object.fromEntries(
    [release, old].flatMap((one) => [
      [`/boot/vmlinuz-${one}`, 'kernel\n'],
      [`/boot/initrd.img-${one}`, 'initrd\n'],
    ]),
  ),
  '/boot/grub/': '',
  '/etc/default/grub':
    'GRUB_DEFAULT=0\nGRUB_TIMEOUT_STYLE=hidden\nGRUB_TIMEOUT=0\nGRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX=""\n',
  '/etc/default/grub.d/50-cloudimg-settings.cfg':
    '# Cloud Image specific Grub settings\nGRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0"\n',
  ...tools(['/usr/sbin/grubby', '/usr/bin/dracut', '/usr/bin/grub2-editenv']),
});

/** A RHEL-family boot: Boot Loader Specification entries of two kernels, grubby. */
const rhelBoot = (release: string, old: string): Tree => {
  const machine = '0f3b3a3c8a114c1d9d6c4a8e8f460f3b';
  const args = 'root=/dev/mapper/rhel-root ro crashkernel=1G-4G:192M,4G-64G:256M rd.lvm.lv=rhel/root rhgb quiet';
  return {
    ...Object.fromEntries(
      [release, old].flatMap((one) => [
        [`/boot/vmlinuz-${one}`, 'kernel\n'],
        [`/boot/initramfs-${one}.img`, 'initrd\n'],
        [
          `/boot/loader/entries/${machine}-${one}.conf`,
          `title Red Hat Enterprise Linux (${one}) 9.4 (Plow)\nversion ${one}\nlinux /vmlinuz-${one}\ninitrd /initramfs-${one}.img\noptions ${args}\ngrub_users $grub_users\ngrub_arg --unrestricted\ngrub_class rhel\n`,
        ],
      ]),
    ),
    '/boot/grub2/grubenv': `# GRUB Environment Block\nsaved_entry=${machine}-${release}\nboot_success=1\n`,
    '/boot/grub2/grub.cfg': '# blscfg\ninsmod blscfg\nblscfg\n',
    '/etc/default/grub':
      'GRUB_TIMEOUT=5\nGRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="crashkernel=1G-4G:192M,4G-64G:256M rd.lvm.lv=rhel/root rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n',
    '/etc/kernel/cmdline': `${args}\n`,
    ...tools([
      '/usr/sbin/update-grub',
      '/usr/sbin/grub-mkconfig',
      '/usr/bin/grub-script-check',
      '/usr/bin/grub-editenv',
      '/usr/sbin/update-initramfs',
    ]),
  };
};

const ubuntu = 'PRETTY_NAME="Ubuntu 18.04.6 LTS"\nNAME="Ubuntu"\nVERSION_ID="18.04"\nID=ubuntu\nID_LIKE=debian\n';
const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n';
const rhel =
  'PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"\nNAME="Red Hat Enterprise Linux"\nVERSION_ID="9.4"\nID="rhel"\nID_LIKE="fedora"\n';

const queueIrqs = (
  first: number,
  count: number,
  name: (queue: number) => string,
  managed = false,
): readonly IrqSpec[] =>
  Array.from({ length: count }, (_, queue) => ({
    irq: first + queue,
    action: name(queue),
    cpu: managed ? queue : 0,
    managed,
  }));

/**
 * A compute node as the stories found theirs: powersave on 4 CPUs, C-states uncapped, VHOST_NET_ENABLED=0 and vhost_net not loaded, KSM on and
 * owned by a service, mq-deadline, and the 4 queues of ens1f0 (interrupts 40-43) all on CPU 0. Ubuntu 18.04, or RHEL 9.
 */
export const computeNode = (family: 'debian' | 'rhel' = 'debian'): Tree => {
  const release = family === 'debian' ? '5.4.0-150-generic' : '5.14.0-427.13.1.el9_4.x86_64';
  const old = family === 'debian' ? '5.4.0-148-generic' : '5.14.0-362.8.1.el9_3.x86_64';
  const near = { node: 0, localCpus: '0-3' };
  const nicIrqs = queueIrqs(40, 4, (queue) => `i40e-ens1f0-TxRx-${queue}`);
  const ahci: IrqSpec = { irq: 30, action: 'ahci[0000:00:05.0]', cpu: 1 };
  return {
    ...common(release, family === 'debian' ? 'console=tty1 console=ttyS0' : 'rhgb quiet', 16_384_000),
    ...cpus({
      count: 4,
      nodes: 1,
      model: 'Intel(R) Xeon(R) CPU E5-2620 v4 @ 2.10GHz',
      driver: 'intel_pstate',
      governors: ['performance', 'powersave'],
      governor: 'powersave',
      idleDriver: 'intel_idle',
      maximum: 3_000_000,
    }),
    ...memory(1),
    ...nic('ens1f0', 4, { slot: '0000:00:04.0', driver: 'i40e', irqs: nicIrqs.map(({ irq }) => irq), ...near }),
    ...scsiDisk(
      'sda',
      { slot: '0000:00:05.0', driver: 'ahci', irqs: [ahci.irq], ...near },
      { scheduler: '[mq-deadline] none', rotational: 0, sectors: 937_703_088, number: '8:0' },
    ),
    ...irqs(4, [ahci, ...nicIrqs]),
    ...(family === 'debian'
      ? {
          '/etc/os-release': ubuntu,
          ...debianBoot(release, old),
          '/etc/default/qemu-kvm':
            "# To disable qemu-kvm's page merging feature, set KSM_ENABLED=0\nKSM_ENABLED=1\nSLEEP_MILLISECS=200\nVHOST_NET_ENABLED=0\nKVM_HUGEPAGES=0\n",
          '/etc/default/irqbalance': '# Configuration for irqbalance\nENABLED="1"\n#IRQBALANCE_ARGS=\n',
          ...units({ 'irqbalance.service': 'loaded active enabled', 'qemu-kvm.service': 'loaded active enabled' }),
        }
      : {
          '/etc/os-release': rhel,
          ...rhelBoot(release, old),
          '/etc/sysconfig/irqbalance': '#IRQBALANCE_ARGS=\n',
          ...units({
            'irqbalance.service': 'loaded active enabled',
            'ksm.service': 'loaded active enabled',
            'ksmtuned.service': 'loaded active enabled',
          }),
        }),
  };
};

/**
 * A broker node: 8 CPUs on 2 nodes under schedutil, two NVMe disks with managed interrupts (50-53 and 60-63, next to 49 and 59 of the admin queues),
 * 4 queues of ens5 (interrupts 70-73) on CPU 0 though the NIC is near CPUs 4-7, kernel limits as they come. Debian 12.
 */
export const brokerNode = (): Tree => {
  const release = '6.1.0-21-amd64';
  const nicIrqs = queueIrqs(70, 4, (queue) => `ens5-Tx-Rx-${queue}`);
  const disk = (controller: number): readonly IrqSpec[] => [
    { irq: 49 + controller * 10, action: `nvme${controller}q0`, cpu: 0 },
    ...queueIrqs(50 + controller * 10, 4, (queue) => `nvme${controller}q${queue + 1}`, true),
  ];
  const numbers = (specs: readonly IrqSpec[]): readonly number[] => specs.map(({ irq }) => irq);
  const nvme = (controller: number): Tree =>
    nvmeDisk(
      controller,
      {
        slot: `0000:00:0${6 + controller}.0`,
        driver: 'nvme',
        node: 0,
        localCpus: '0-3',
        irqs: numbers(disk(controller)),
      },
      { scheduler: '[mq-deadline] none', rotational: 0, sectors: 3_750_748_848, number: `259:${controller}` },
    );
  return {
    ...common(release, 'console=tty1 console=ttyS0', 65_536_000),
    ...cpus({
      count: 8,
      nodes: 2,
      model: 'AMD EPYC 7302P 16-Core Processor',
      driver: 'acpi-cpufreq',
      governors: ['conservative', 'ondemand', 'userspace', 'powersave', 'performance', 'schedutil'],
      governor: 'schedutil',
      idleDriver: 'acpi_idle',
      maximum: 3_300_000,
    }),
    ...memory(0),
    ...nic('ens5', 4, { slot: '0000:00:08.0', driver: 'ena', node: 1, localCpus: '4-7', irqs: numbers(nicIrqs) }),
    ...nvme(0),
    ...nvme(1),
    ...irqs(8, [...disk(0), ...disk(1), ...nicIrqs]),
    '/etc/os-release': debian,
    ...debianBoot(release, '6.1.0-18-amd64'),
    '/etc/default/irqbalance': '#IRQBALANCE_ARGS=\n',
    ...units({ 'irqbalance.service': 'loaded active enabled' }),
  };
};

/** Command lines of a QEMU guest with one tap interface, as libvirt starts it. */
export const qemu = (guest: string, vhost: boolean): { readonly name: string; readonly args: readonly string[] } => ({
  name: 'qemu-system-x86_64',
  args: [
    '-name',
    `guest=${guest},debug-threads=on`,
    '-machine',
    'pc-i440fx-bionic,accel=kvm',
    '-netdev',
    `tap,fd=25,id=hostnet0${vhost ? ',vhost=on,vhostfd=27' : ''}`,
    '-device',
    'virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01',
  ],
});
