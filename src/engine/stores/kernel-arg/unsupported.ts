import { verbatim } from '../../../contract/codecs.ts';
import { combine, file, stats, valueOf, type Read } from '../../../contract/reads.ts';
import { refusing, type BootLoader, type BootLoaderKind } from './loader.ts';

interface Trace {
  readonly patterns: readonly string[];
  readonly what: string;
  readonly advice: string;
}

/** What is known of, and not kept by perfplay; the first that is found is told. */
const traces: readonly Trace[] = [
  {
    patterns: ['/etc/kernel/proxmox-boot-uuids'],
    what: 'proxmox-boot-tool',
    advice: 'put the arguments into /etc/kernel/cmdline and run `proxmox-boot-tool refresh`',
  },
  {
    patterns: ['/usr/bin/sdbootutil'],
    what: 'sdbootutil',
    advice: 'put the arguments into /etc/kernel/cmdline and run `sdbootutil update-all-entries`',
  },
  {
    patterns: ['/boot/efi/EFI/Linux/*.efi', '/efi/EFI/Linux/*.efi', '/boot/EFI/Linux/*.efi'],
    what: 'a unified kernel image',
    advice:
      'its kernel line is built in, and may be signed: put the arguments where the image is built (/etc/kernel/cmdline)',
  },
  {
    patterns: [
      '/boot/efi/loader/entries/*.conf',
      '/efi/loader/entries/*.conf',
      '/boot/loader/loader.conf',
      '/boot/efi/loader/loader.conf',
    ],
    what: 'systemd-boot',
    advice: 'put the arguments into /etc/kernel/cmdline and run `kernel-install add-all`',
  },
  { patterns: ['/etc/zipl.conf'], what: 'zipl', advice: 'use `grubby --update-kernel=ALL --args=…` and `zipl`' },
  {
    patterns: ['/boot/firmware/cmdline.txt'],
    what: "the Raspberry Pi's firmware",
    advice: 'put the arguments into /boot/firmware/cmdline.txt',
  },
  {
    patterns: ['/boot/boot.scr', '/boot/uEnv.txt', '/boot/extlinux/extlinux.conf'],
    what: 'U-Boot or extlinux',
    advice: 'put the arguments where the board keeps them (u-boot-update(8): /etc/default/u-boot)',
  },
];

const seenFirst: Read<{ readonly path: string; readonly trace: Trace } | undefined> = {
  ops: traces.flatMap(({ patterns }) => patterns.flatMap((pattern) => stats(pattern).ops)),
  decode: (snapshot) => {
    for (const trace of traces)
      for (const pattern of trace.patterns)
        for (const path of stats(pattern).decode(snapshot).keys()) return { path, trace };
    return undefined;
  },
};

/** A host whose files say that something else starts its kernel. */
export const unsupported: BootLoaderKind = combine({ seenFirst }, ({ seenFirst: seen }): BootLoader | undefined => {
  if (!seen) return undefined;
  const { path, trace } = seen;
  return refusing(
    path,
    `${path}: this host is booted by ${trace.what}, which perfplay does not change; ${trace.advice}`,
  );
});

/** A root file system that is a read-only snapshot: what is written here goes with the next one (transactional-update(8)). */
export const transactional: BootLoaderKind = combine(
  { program: stats('/usr/sbin/transactional-update'), mounts: file('/proc/self/mountinfo', verbatim) },
  ({ program, mounts }) => {
    const root = valueOf(mounts)
      ?.split('\n')
      .find((line) => line.split(' ')[4] === '/');
    if (program.size === 0 || !/^ro(,|$)/.test(root?.split(' ')[5] ?? '')) return undefined;
    return refusing(
      '/usr/sbin/transactional-update',
      'the root file system is a read-only snapshot: add the arguments to /etc/default/grub with `transactional-update run`, ' +
        'then run `transactional-update --continue grub.cfg`',
    );
  },
);

export const none: BootLoader = refusing(
  '',
  'no boot loader that perfplay knows: neither /boot/grub/grub.cfg nor /boot/grub2/grub.cfg, and no entries in /boot/loader/entries',
);
