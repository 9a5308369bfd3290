import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LabError } from '../folder.ts';
import { exists } from './configuration.ts';

interface Entry {
  readonly kernel: string;
  readonly initrd: string;
  readonly options: string;
}

const read = (root: string, name: string): Promise<string> =>
  readFile(path.join(root, name), 'utf8').catch(() => {
    throw new LabError(`the host does not boot: there is no ${name}`);
  });

/** grub's first menu entry: what GRUB_DEFAULT=0 boots. */
const grubEntry = async (root: string): Promise<Entry> => {
  const text = await read(root, '/boot/grub/grub.cfg');
  const linux = /^\s*linux\s+(\S+)\s*(.*)$/m.exec(text);
  const initrd = /^\s*initrd\s+(\S+)/m.exec(text);
  if (!linux || !initrd) throw new LabError('the host does not boot: grub.cfg has no entry');
  return { kernel: linux[1]!, initrd: initrd[1]!, options: linux[2]!.trim() };
};

/** The boot loader entry that grubenv names; `$variables` come from grubenv too. */
const savedEntry = async (root: string): Promise<Entry> => {
  const environment = new Map(
    (await read(root, '/boot/grub2/grubenv')).split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]),
  );
  const text = await read(root, `/boot/loader/entries/${environment.get('saved_entry') ?? ''}.conf`);
  const field = (name: string): string => new RegExp(`^${name}\\s+(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const options = field('options').replaceAll(/\$(\w+)/g, (_, name: string) => environment.get(name) ?? '');
  return { kernel: field('linux'), initrd: field('initrd').split(' ')[0]!, options };
};

/** The kernel line that the boot loader passes on. Throws LabError where it finds nothing to start. */
export const kernelLine = async (root: string, boot: 'grub' | 'bls'): Promise<string> => {
  const { kernel, initrd, options } = await (boot === 'grub' ? grubEntry(root) : savedEntry(root));
  for (const file of [kernel, initrd])
    if (!(await exists(path.join(root, file)))) throw new LabError(`the host does not boot: there is no ${file}`);
  return `BOOT_IMAGE=${kernel} ${options.split(/\s+/).filter(Boolean).join(' ')}`;
};
