import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { createLocalHost, type LocalHost } from '../local-host.ts';
import { bootPrograms } from './kernel-arg-programs.ts';

const machine = '6c8f2f0a1b3d4e5f8a9b0c1d2e3f4a5b';
const root = 'root=/dev/mapper/rl-root';

/** A GRUB environment block of 1024 bytes. */
export const environmentBlock = (lines: readonly string[]): string =>
  `# GRUB Environment Block\n${lines.map((line) => `${line}\n`).join('')}`.padEnd(1024, '#');

const snippet = (version: string, options: string): string =>
  [
    `title Rocky Linux (${version}) 9.4 (Blue Onyx) ✓`,
    `version ${version}`,
    `linux /vmlinuz-${version}`,
    `initrd /initramfs-${version}.img $tuned_initrd`,
    `options ${options}`,
    'grub_users $grub_users',
    'grub_arg --unrestricted',
    'grub_class rocky',
    '',
  ].join('\n');

const blsMenu =
  '### BEGIN /etc/grub.d/10_linux ###\ninsmod part_gpt\ninsmod blscfg\nblscfg\n### END /etc/grub.d/10_linux ###\n';
const entry = (name: string): string => `/boot/loader/entries/${machine}-${name}.conf`;

const rhelDefaults = (more = ''): string =>
  [
    '# Größe und Zeit – von Hand',
    'GRUB_TIMEOUT=5',
    'GRUB_DISTRIBUTOR="$(sed \'s, release .*$,,g\' /etc/system-release)"',
    'GRUB_CMDLINE_LINUX="crashkernel=1G-4G:192M,4G-64G:256M rd.lvm.lv=rl/root rhgb quiet"',
    'GRUB_DISABLE_RECOVERY="true"',
    'GRUB_ENABLE_BLSCFG=true',
    more,
  ].join('\n');

const arguments8 = `${root} ro crashkernel=auto rd.lvm.lv=rl/root rhgb quiet intel_idle.max_cstate=9 `;
const arguments9 = `${root} ro crashkernel=1G-4G:192M,4G-64G:256M rd.lvm.lv=rl/root rhgb quiet`;

/** What a change of the named file takes away from the next boot, or from kernels to come. */
interface Perturbation {
  readonly path: string;
  readonly change: (text: string) => string;
}
const losing = (file: string, word = / isolcpus=3/): Perturbation => ({
  path: file,
  change: (text) => text.replace(word, ''),
});

export interface Family {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Symbolic links and where they point. */
  readonly links?: Readonly<Record<string, string>>;
  /** The kernel line that the next boot brings. */
  readonly nextLine: (host: LocalHost) => string;
  readonly perturbations: readonly Perturbation[];
  /** Files that must not be touched at all. */
  readonly untouched?: readonly string[];
  /** The program without which nothing is kept. */
  readonly program: string;
}

const field = (host: LocalHost, file: string, name: string): string =>
  new RegExp(`^${name} (.*)$`, 'm').exec(host.read(file)!)![1]!;
const variable = (host: LocalHost, file: string, name: string): string =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(host.read(file)!)?.[1] ?? '';

const el8Line =
  (environment: string) =>
  (host: LocalHost): string =>
    field(host, entry('4.18.0-513.el8.x86_64'), 'options')
      .replace('$kernelopts', variable(host, environment, 'kernelopts'))
      .replace('$tuned_params', variable(host, environment, 'tuned_params'));

const el8Files = (folder: string): Readonly<Record<string, string>> => ({
  '/etc/os-release': 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.9"\n',
  '/etc/default/grub': rhelDefaults(),
  [`${folder}/grub.cfg`]: blsMenu,
  [entry('4.18.0-477.el8.x86_64')]: snippet('4.18.0-477.el8.x86_64', '$kernelopts $tuned_params'),
  [entry('4.18.0-513.el8.x86_64')]: snippet('4.18.0-513.el8.x86_64', '$kernelopts $tuned_params'),
  [`${folder}/grubenv`]: environmentBlock([
    `saved_entry=${machine}-4.18.0-513.el8.x86_64`,
    `kernelopts=${arguments8}`,
    'boot_success=0',
  ]),
});

const el9 = {
  '/etc/os-release': 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n',
  '/etc/default/grub': rhelDefaults(),
  '/boot/grub2/grub.cfg': blsMenu,
  '/boot/grub2/grubenv': environmentBlock([`saved_entry=${machine}-5.14.0-427.el9.x86_64`]),
  [entry('5.14.0-362.el9.x86_64')]: snippet('5.14.0-362.el9.x86_64', `${arguments9} intel_idle.max_cstate=9 `),
  [entry('5.14.0-427.el9.x86_64')]: snippet('5.14.0-427.el9.x86_64', arguments9),
  [entry('0-rescue')]: snippet(`0-rescue-${machine}`, `${arguments9}`),
  '/boot/loader/entries/ffffffffffffffffffffffffffffffff-5.14.0-1.conf': snippet(
    '5.14.0-1',
    'root=UUID=other ro  quiet',
  ),
};

const grubMenu = (folder: string, line: string): string =>
  [
    '### BEGIN /etc/grub.d/10_linux ###',
    "menuentry 'Linux 5.14.21-default' --class os {",
    `\tlinux\t${folder}/vmlinuz-5.14.21-default ${line}`,
    `\tinitrd\t${folder}/initrd-5.14.21-default`,
    '}',
    '### END /etc/grub.d/10_linux ###',
    '',
  ].join('\n');

const firstLine =
  (menu: string) =>
  (host: LocalHost): string =>
    /^\tlinux\t\S+ (.*)$/m.exec(host.read(menu)!)![1]!;

/** Families of hosts, in files as their installers leave them. */
export const families: readonly Family[] = [
  {
    name: 'EL 8',
    files: el8Files('/boot/grub2'),
    nextLine: el8Line('/boot/grub2/grubenv'),
    perturbations: [losing('/boot/grub2/grubenv'), losing('/etc/default/grub')],
    program: 'grubby',
  },
  {
    name: 'EL 8 with EFI',
    files: el8Files('/boot/efi/EFI/redhat'),
    links: { '/boot/grub2/grubenv': '../efi/EFI/redhat/grubenv' },
    nextLine: el8Line('/boot/efi/EFI/redhat/grubenv'),
    perturbations: [losing('/boot/efi/EFI/redhat/grubenv'), losing('/etc/default/grub')],
    program: 'grubby',
  },
  {
    name: 'EL 9',
    files: { ...el9, '/etc/kernel/cmdline': `${arguments9}\n` },
    nextLine: (host) => field(host, entry('5.14.0-427.el9.x86_64'), 'options'),
    perturbations: [
      losing(entry('5.14.0-362.el9.x86_64')),
      losing(entry('5.14.0-427.el9.x86_64')),
      losing('/etc/kernel/cmdline'),
      losing('/etc/default/grub'),
    ],
    untouched: [entry('0-rescue'), '/boot/loader/entries/ffffffffffffffffffffffffffffffff-5.14.0-1.conf'],
    program: 'grubby',
  },
  {
    name: 'Fedora, without /etc/kernel/cmdline',
    files: { ...el9, '/etc/os-release': 'ID=fedora\nVERSION_ID=41\n' },
    nextLine: (host) => field(host, entry('5.14.0-427.el9.x86_64'), 'options'),
    perturbations: [losing(entry('5.14.0-427.el9.x86_64')), losing('/etc/kernel/cmdline')],
    program: 'grubby',
  },
  {
    name: 'EL 8 without snippets',
    files: {
      '/etc/os-release': 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.9"\n',
      '/etc/default/grub': rhelDefaults('GRUB_ENABLE_BLSCFG=false\n'),
      '/boot/vmlinuz-5.14.21-default': 'kernel',
      '/boot/initrd-5.14.21-default': 'initrd',
      '/boot/grub2/grub.cfg': grubMenu(
        '/boot',
        'root=UUID=1 crashkernel=1G-4G:192M,4G-64G:256M rd.lvm.lv=rl/root rhgb quiet ',
      ),
      // Left behind when the snippets were given up.
      [entry('4.18.0-477.el8.x86_64')]: snippet('4.18.0-477.el8.x86_64', 'root=UUID=1 ro'),
    },
    nextLine: firstLine('/boot/grub2/grub.cfg'),
    perturbations: [losing('/boot/grub2/grub.cfg')],
    program: 'grub2-mkconfig',
  },
  {
    name: 'SLES 15 SP5',
    files: {
      '/etc/os-release': 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.5"\n',
      '/etc/default/grub': [
        '# Änderungen: danach grub2-mkconfig',
        "GRUB_CMDLINE_LINUX_DEFAULT='splash=silent  mitigations=auto quiet  intel_idle.max_cstate=9'  # by YaST",
        'GRUB_CMDLINE_LINUX=""',
        'GRUB_CMDLINE_LINUX_RECOVERY="nomodeset"',
        'GRUB_CMDLINE_XEN_DEFAULT="vga=gfx-1024x768x16"',
        '',
      ].join('\n'),
      '/boot/vmlinuz-5.14.21-default': 'kernel',
      '/boot/initrd-5.14.21-default': 'initrd',
      '/boot/grub2/grub.cfg': grubMenu(
        '/boot',
        'root=UUID=1  splash=silent mitigations=auto quiet intel_idle.max_cstate=9',
      ),
    },
    nextLine: firstLine('/boot/grub2/grub.cfg'),
    perturbations: [losing('/boot/grub2/grub.cfg')],
    program: 'grub2-mkconfig',
  },
  {
    name: 'Silverblue',
    files: {
      '/etc/os-release': 'ID=fedora\nVARIANT_ID=silverblue\nVERSION_ID=41\n',
      '/run/ostree-booted': '',
      '/boot/grub2/grub.cfg': blsMenu,
      '/boot/loader/entries/ostree-1.conf': snippet('1', 'root=UUID=1 rw ostree=/ostree/boot.1/fedora/0 rhgb quiet'),
      '/deployment': 'rhgb root=UUID=1 rw ostree=/ostree/boot.1/fedora/0 quiet intel_idle.max_cstate=9\n',
    },
    nextLine: (host) => host.read('/deployment')!.trim(),
    perturbations: [losing('/deployment')],
    untouched: ['/boot/loader/entries/ostree-1.conf'],
    program: 'rpm-ostree',
  },
];

/** A host of a family; what it was booted with is what its boot loader says. */
export const hostOf = ({ files, links = {}, nextLine }: Family): LocalHost => {
  const host = createLocalHost({}, bootPrograms);
  for (const debian of ['/boot', '/etc/default/grub']) host.remove(debian);
  for (const [file, text] of Object.entries(files)) host.write(file, text);
  for (const [link, target] of Object.entries(links)) {
    mkdirSync(path.dirname(path.join(host.root, link)), { recursive: true });
    symlinkSync(target, path.join(host.root, link));
  }
  host.write('/proc/cmdline', `${nextLine(host)}\n`);
  return host;
};

/** All files that outlive a boot, except perfplay's journal. */
export const image = ({ root: folder }: LocalHost): ReadonlyMap<string, string> =>
  new Map(
    ['/etc', '/boot', '/deployment'].flatMap((top) => {
      const at = path.join(folder, top);
      if (!existsSync(at)) return [];
      if (!lstatSync(at).isDirectory()) return [[top, readFileSync(at, 'utf8')] as const];
      return readdirSync(at, { recursive: true, withFileTypes: true })
        .filter((one) => !one.isDirectory())
        .map((one) => path.join(one.parentPath, one.name))
        .toSorted()
        .map((file) => [path.relative(folder, file), readFileSync(file, 'utf8')] as const);
    }),
  );
