import path from 'node:path';
import type { SimulatedHost } from '../hosts.ts';
import { releases } from '../releases.ts';
import { files, folders, type Tree } from './tree.ts';

/** The same on every simulated host. */
const rootUuid = '6f1d2c5e-8a47-4b7f-9a53-0c1d5e7a2b90';
const machineId = '4c1f0b7a2d3e4f5a8b9c0d1e2f3a4b5c';

const unitText = (name: string): string =>
  [
    '[Unit]',
    `Description=Simulated ${name}`,
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');

/** Modules of the kernel package that are not loaded at boot, with what they need. */
const loadable: Readonly<Record<string, readonly string[]>> = {
  'kernel/drivers/vhost/vhost_net.ko': ['kernel/drivers/vhost/vhost.ko'],
  'kernel/drivers/vhost/vhost.ko': [],
  'kernel/net/netfilter/nf_conntrack.ko': [],
  'kernel/net/ipv4/tcp_bbr.ko': [],
  'kernel/drivers/block/floppy.ko': [],
};

/** Modules that are part of the kernel. */
const builtIn = ['kernel/fs/ext4/ext4.ko', 'kernel/net/ipv4/tcp_cubic.ko'];

/** Parameters of the loadable ones: module, name, type, mode, and the value where nobody gives one. */
const moduleParameters = [
  'vhost max_mem_regions ushort 444 64',
  'vhost_net experimental_zcopytx int 444 0',
  'nf_conntrack acct bool 644 0',
  'nf_conntrack hashsize uint 600 65536',
];

/** Packages of the installation, and more that the distribution has. */
const installedPackages = (host: SimulatedHost): readonly string[] => [
  'openssh-server',
  'kmod',
  ...['irqbalance', 'ksmtuned'].filter((name) => `${name}.service` in host.units),
];
const offeredPackages = ['openssh-server', 'kmod', 'irqbalance', 'ksmtuned', 'tuned', 'numactl', 'nvme-cli', 'ethtool'];

const grubFiles = (kernelArguments: string): Readonly<Record<string, string>> => ({
  '/boot/grub/grubenv': '# GRUB Environment Block\n',
  '/etc/default/grub': [
    '# After a change run update-grub.',
    'GRUB_DEFAULT=0',
    'GRUB_TIMEOUT=5',
    `GRUB_CMDLINE_LINUX_DEFAULT="${kernelArguments}"`,
    'GRUB_CMDLINE_LINUX=""',
    '',
  ].join('\n'),
});

const entryFile = (title: string, version: string, kernel: string, initrd: string, options: string): string =>
  [
    `title ${title}`,
    `version ${version}`,
    `linux ${kernel}`,
    `initrd ${initrd}`,
    `options ${options}`,
    'grub_users $grub_users',
    'grub_arg --unrestricted',
    'grub_class rocky',
    '',
  ].join('\n');

const entryFiles = (
  kernel: string,
  image: string,
  initrd: string,
  kernelArguments: string,
): Readonly<Record<string, string>> => {
  const options = `root=UUID=${rootUuid} ro ${kernelArguments}`;
  const rescue = '/boot/vmlinuz-0-rescue';
  return {
    [`/boot/loader/entries/${machineId}-${kernel}.conf`]: entryFile(
      `Rocky Linux (${kernel})`,
      kernel,
      image,
      initrd,
      options,
    ),
    [`/boot/loader/entries/${machineId}-0-rescue.conf`]: entryFile(
      'Rocky Linux (0-rescue)',
      '0-rescue',
      rescue,
      '/boot/initramfs-0-rescue.img',
      options,
    ),
    [rescue]: 'simulated kernel\n',
    '/boot/initramfs-0-rescue.img': 'simulated initrd\n',
    '/boot/grub2/grubenv': `# GRUB Environment Block\nsaved_entry=${machineId}-${kernel}\n`,
    '/boot/grub2/grub.cfg': 'set default="${saved_entry}"\nblscfg\n',
    '/etc/kernel/cmdline': `${options}\n`,
    '/etc/default/grub': [
      'GRUB_TIMEOUT=5',
      'GRUB_DEFAULT=saved',
      `GRUB_CMDLINE_LINUX="${kernelArguments}"`,
      'GRUB_ENABLE_BLSCFG=true',
      '',
    ].join('\n'),
  };
};

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

const packagedUnits = '/usr/lib/systemd/system';
const ownUnits = '/etc/systemd/system';

/** Units that the next boot starts: packaged ones as the table says, and every unit of the administrator's own. */
const enabledUnits = (host: SimulatedHost): readonly (readonly [name: string, folder: string])[] => [
  ...Object.keys(host.units)
    .filter((name) => host.units[name] === 'enabled')
    .map((name) => [name, packagedUnits] as const),
  ...Object.keys(host.files)
    .filter((file) => path.posix.dirname(file) === ownUnits)
    .map((file) => [path.posix.basename(file), ownUnits] as const),
];

/** All that outlives a boot, as the installation left it; grub.cfg is not yet rendered. */
export const diskTree = (host: SimulatedHost): Tree => {
  const release = releases[host.release];
  const modules = Object.entries(loadable).map(([name, needs]) => `${name}: ${needs.join(' ')}`.trimEnd());
  return [
    ...folders('/etc/default/grub.d', '/etc/sysctl.d', '/etc/tmpfiles.d', '/etc/modules-load.d', '/etc/modprobe.d'),
    ...folders('/etc/udev/rules.d', ownUnits, packagedUnits, '/boot', '/root'),
    ...folders('/var/lib', '/var/log', '/usr/local/sbin', '/usr/local/lib'),
    ...files('/', {
      '/etc/os-release': release.osRelease,
      '/etc/hostname': `${host.name}\n`,
      '/etc/fstab': `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\n`,
      '/etc/machine-id': `${machineId}\n`,
      [release.kernelImage]: 'simulated kernel\n',
      [release.initrd]: 'simulated initrd\n',
      [`/lib/modules/${release.kernel}/modules.dep`]: lines(modules),
      [`/lib/modules/${release.kernel}/modules.builtin`]: lines(builtIn),
      [`/lib/modules/${release.kernel}/modules.parameters`]: lines(moduleParameters),
      [`/usr/bin/${release.boot === 'grub' ? 'apt-get' : 'dnf'}`]: '',
      '/var/lib/lab/available': lines(offeredPackages),
      ...Object.fromEntries(installedPackages(host).map((name) => [`/var/lib/lab/packages/${name}`, ''])),
      ...(release.boot === 'grub'
        ? grubFiles(release.arguments)
        : entryFiles(release.kernel, release.kernelImage, release.initrd, release.arguments)),
      ...Object.fromEntries(Object.keys(host.units).map((name) => [`${packagedUnits}/${name}`, unitText(name)])),
      ...host.files,
    }),
    ...enabledUnits(host).map(
      ([name, folder]) => [`${ownUnits}/multi-user.target.wants/${name}`, { link: `${folder}/${name}` }] as const,
    ),
  ];
};
