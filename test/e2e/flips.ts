import type { LabHost } from '../lab/host.ts';

/** One setting of one converged host of the rack, changed by hand. */
export interface Flip {
  readonly host: string;
  readonly level: 'running' | 'boot';
  /** What a plan must name, and nothing else: several keys where they share one line. */
  readonly keys: readonly string[];
  /** Changes it; gives what puts it back. Throws where there is nothing to change. */
  readonly make: (host: LabHost) => Promise<() => Promise<unknown>>;
}
type Where = readonly [host: string, level: Flip['level'], ...keys: readonly string[]];

const edit = ([host, level, ...keys]: Where, file: string, from: RegExp, to: string): Flip => ({
  host,
  level,
  keys,
  make: async (lab) => {
    const before = await lab.read(file);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} of ${host} has no ${from}`);
    await lab.write(file, after);
    return () => lab.write(file, before);
  },
});

const commands = ([host, level, ...keys]: Where, flip: string, back: string): Flip => ({
  host,
  level,
  keys,
  make: async (lab) => {
    await lab.sh(flip);
    return () => lab.sh(back);
  },
});

const cpu = '/sys/devices/system/cpu/cpufreq';
const governors = [0, 1, 2, 3].map((policy) => `cpufreq/policy${policy}/scaling_governor`);
const rhelEntry = '/boot/loader/entries/0f3b3a3c8a114c1d9d6c4a8e8f460f3b-5.14.0-362.8.1.el9_3.x86_64.conf';

/** Every module, both levels, both families; each as small as a hand can make it. */
export const flips: readonly Flip[] = [
  edit(['kvm01', 'running', governors[2]!], `${cpu}/policy2/scaling_governor`, /.*/s, 'powersave\n'),
  edit(['kvm01', 'boot', ...governors], '/etc/perfplay/boot.tab', /^write .*\n/m, ''),
  edit(
    ['kvm01', 'running', 'block_queue/sda/scheduler'],
    '/sys/block/sda/queue/scheduler',
    /.*/s,
    '[mq-deadline] none\n',
  ),
  edit(['kvm01', 'running', 'irq_affinity/ens1f0/ens1f0-TxRx-2'], '/proc/irq/42/smp_affinity_list', /2/, '0'),
  commands(
    ['kvm01', 'running', 'qemu_kvm/module/vhost_net'],
    'mv /sys/module/vhost_net /sys/module/vhost_gone',
    'mv /sys/module/vhost_gone /sys/module/vhost_net',
  ),
  edit(
    ['kvm01', 'boot', 'kernel_cmdline/processor.max_cstate'],
    '/boot/grub/grub.cfg',
    /^(\tlinux.*) processor.max_cstate=1$/m,
    '$1',
  ),
  edit(['kvm02', 'boot', 'qemu_kvm/module/vhost_net'], '/etc/modules-load.d/perfplay.conf', /^vhost_net$/m, ''),
  commands(
    ['kvm02', 'running', 'irq_affinity/irqbalance/process/i40e'],
    `cp /etc/sysconfig/irqbalance /root/kept; : >/etc/sysconfig/irqbalance
     /usr/libexec/lab/start-balancer; cat /root/kept >/etc/sysconfig/irqbalance`,
    '/usr/libexec/lab/start-balancer',
  ),
  edit(['kvm02', 'running', 'ksm/run'], '/sys/kernel/mm/ksm/run', /0/, '1'),
  edit(
    ['kvm02', 'running', 'ksm/ksmtuned.service/active'],
    '/var/lib/lab/units/ksmtuned.service',
    /inactive/,
    'active',
  ),
  edit(['kvm02', 'boot', 'ksm/ksm.service/enabled'], '/var/lib/lab/units/ksm.service', /disabled/, 'enabled'),
  edit(['kvm02', 'boot', 'kernel_cmdline/processor.max_cstate'], rhelEntry, /(processor.max_cstate)=1/, '$1=9'),
  edit(['kvm03', 'running', governors[0]!], `${cpu}/policy0/scaling_governor`, /.*/s, 'powersave\n'),
  edit(['kvm03', 'boot', 'block_queue/sda/nomerges'], '/etc/udev/rules.d/99-perfplay.rules', /^.*nomerges.*\n/m, ''),
  edit(['kvm03', 'boot', 'qemu_kvm/VHOST_NET_ENABLED'], '/etc/default/qemu-kvm', /^(VHOST_NET_ENABLED)=1/m, '$1=0'),
  edit(['kvm03', 'boot', 'ksm/qemu-kvm/KSM_ENABLED'], '/etc/default/qemu-kvm', /^(KSM_ENABLED)=0/m, '$1=1'),
  edit(['kvm03', 'boot', 'ksm/run'], '/etc/tmpfiles.d/zz-perfplay.conf', /^w .*$/m, ''),
  edit(
    ['kvm03', 'boot', 'kernel_cmdline/intel_idle.max_cstate'],
    '/boot/grub/grub.cfg',
    / intel_idle.max_cstate=1/,
    '',
  ),
  edit(['rp01', 'running', 'block_queue/nvme1n1/nomerges'], '/sys/block/nvme1n1/queue/nomerges', /2/, '0'),
  edit(['rp01', 'running', 'sysctl/vm.swappiness'], '/proc/sys/vm/swappiness', /1/, '60'),
  edit(['rp01', 'running', 'sysctl/fs.aio-max-nr'], '/proc/sys/fs/aio-max-nr', /1048576/, '1048575'),
  edit(['rp01', 'running', 'sysctl/net.core.somaxconn'], '/proc/sys/net/core/somaxconn', /4096/, '4095'),
  edit(['rp01', 'boot', 'sysctl/net.core.somaxconn'], '/etc/sysctl.d/zz-perfplay.conf', /^net.*\n/m, ''),
  edit(['rp02', 'boot', 'irq_affinity/ens5/Tx-Rx-3'], '/etc/perfplay/boot.tab', /^(irq nic:ens5 Tx-Rx-3) .*$/m, '$1 0'),
  edit(['rp02', 'boot', 'irq_affinity/irqbalance/argument/ena'], '/etc/default/irqbalance', /--banmod=ena/, ''),
];
