import {
  combine,
  modprobeLines,
  os,
  query,
  text,
  valueOf,
  warning,
  type Finding,
  type Read,
} from '../../src/contract/index.ts';
import type { Known } from './seen.ts';

/** perfplay's own file of modprobe.d. */
export const own = '/etc/modprobe.d/zz-perfplay.conf';

export interface Initramfs {
  /** The modules of which perfplay's own file says something. */
  readonly configured: ReadonlySet<string>;
  /** Images that were made after that file. */
  readonly newer: readonly string[];
  /** The command that makes them anew. */
  readonly command: string;
}

/** Each image carries a copy of modprobe.d from when it was made. */
export const initramfs: Read<Initramfs> = combine(
  { lines: modprobeLines, images: query(['find', '/boot', '-name', 'initr*', '-newer', own], text), os },
  ({ lines, images, os: { family } }) => ({
    configured: new Set(lines.filter(({ path }) => path === own).map(({ name }) => name.split(' ')[1]!)),
    newer: (valueOf(images) ?? '').split('\n').filter(Boolean),
    command: family === 'debian' ? 'update-initramfs -u -k all' : 'dracut -f --regenerate-all',
  }),
);

/** Folders that initramfs-tools and dracut take drivers from. */
const early =
  /^\/lib\/modules\/([^/]+)\/kernel\/(?:drivers\/(?:ata|block|firewire|gpu|hid|hv|md|message|mmc|net|nvdimm|nvme|scsi|ufs|usb|virtio|xen)|fs)\//;

/** A module that the boot may take from an image that does not know of perfplay's lines yet. */
export const staleImage = (
  name: string,
  known: Known,
  { configured, newer, command }: Initramfs,
): readonly Finding[] => {
  const release = known.kind === 'file' ? early.exec(known.path.replace(/^\/usr/, ''))?.[1] : undefined;
  if (release === undefined || !configured.has(name) || newer.some((image) => image.includes(release))) return [];
  return [
    warning(
      `kernel_module/${name}/initramfs`,
      `${name} may be in the initramfs, whose copy of modprobe.d is older than perfplay's: run ${command}`,
    ),
  ];
};
