import { macs } from './machine.ts';

/** Packages of the guest beside Debian's minimum: what a small server has, and no Python. */
export const packages = (
  'systemd-sysv,udev,dbus,libpam-systemd,kmod,procps,iproute2,ethtool,irqbalance,openssh-server,sudo,' +
  'initramfs-tools,zstd,linux-image-amd64,grub-pc'
).split(',');

/** Before the kernel is installed: an initial RAM disk that knows the lab's system disk alone unpacks fast. */
export const earlyFiles: Readonly<Record<string, string>> = {
  '/etc/initramfs-tools/conf.d/lab': 'MODULES=list\n',
  '/usr/share/initramfs-tools/modules.d/lab': 'ext4\nvirtio_pci\nvirtio_blk\n',
};

/** Label of the root file system. */
export const rootLabel = 'lab';

/** The kernel's own arguments: a console to read, no timer check (it fails on a busy machine), no page table isolation (dear to an emulated CPU), and a boot after a panic. */
export const kernelLine = 'console=ttyS0 no_timer_check mitigations=off panic=5';

export const files: Readonly<Record<string, string>> = {
  '/etc/hostname': 'guest\n',
  '/etc/hosts': '127.0.0.1 localhost guest\n',
  '/etc/fstab': `LABEL=${rootLabel} / ext4 errors=remount-ro 0 1\n`,
  '/etc/default/grub': `GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="${kernelLine}"
GRUB_TERMINAL=console
`,
  // The second card leads nowhere: a boot that waited for it to be online would wait two minutes.
  '/etc/systemd/network/10-ssh.network': `[Match]\nMACAddress=${macs.ssh}\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n`,
  '/etc/systemd/network/20-queues.network': `[Match]\nMACAddress=${macs.queues}\n[Link]\nRequiredForOnline=no\n[Network]\nLinkLocalAddressing=no\n`,
  '/etc/sudoers.d/ops': 'ops ALL=(ALL) NOPASSWD: ALL\n',
};

/** Work of the night that would disturb a test. */
export const masked = ['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer'];
export const enabled = ['systemd-networkd.service', 'ssh.service'];

/** Logs in by the lab's key and may everything by sudo. */
export const operator = 'ops';
