import { verbatim } from '../../../contract/codecs.ts';
import { combine, file, files, valueOf, type Read } from '../../../contract/reads.ts';
import { groupNames } from '../../../contract/kernel-line.ts';
import type { WriteOp } from '../../../connect/shell/script.ts';
import { textOf } from '../lines.ts';
import type { KeptArguments } from './kept.ts';
import { isUnreadable } from './loader.ts';
import grubScript from './grub.sh?raw';

export const debianMenu = '/boot/grub/grub.cfg';

/** GRUB's menu and environment where both are named after GRUB 2: the RHEL family and SUSE. */
export interface Grub2Menu {
  readonly path: string;
  /** Undefined: it cannot be read; null: there is none. */
  readonly text: string | null | undefined;
  readonly environmentPath: string;
  readonly environment: string | null;
}

const menuPath = '/boot/grub2/grub.cfg';
const isMenu = (text: string | undefined): boolean => text?.includes('### BEGIN /etc/grub.d/') ?? false;

/** With EFI, EL 8 has menu and environment on the EFI partition; later ones keep only a pointer to /boot/grub2 there. */
export const grub2Menu: Read<Grub2Menu> = combine(
  {
    menu: file(menuPath, verbatim),
    environment: file('/boot/grub2/grubenv', verbatim),
    debian: file(debianMenu, verbatim),
    efiMenus: files('/boot/efi/EFI/*/grub.cfg', verbatim),
    efiEnvironments: files('/boot/efi/EFI/*/grubenv', verbatim),
  },
  (seen) => {
    const efi = [...seen.efiMenus].find(([, menu]) => isMenu(valueOf(menu)));
    if (efi && !('value' in seen.debian)) {
      const environmentPath = efi[0].replace(/grub\.cfg$/, 'grubenv');
      return {
        path: efi[0],
        text: valueOf(efi[1]),
        environmentPath,
        environment: textOf(seen.efiEnvironments.get(environmentPath)),
      };
    }
    return {
      path: menuPath,
      text: isUnreadable(seen.menu) ? undefined : textOf(seen.menu),
      environmentPath: '/boot/grub2/grubenv',
      environment: textOf(seen.environment),
    };
  },
);

/** Generates a menu anew, and checks it before it takes the old one's place; else `file` becomes again what it was. */
export const generateMenu = (menu: string, file: string, before: string | null, kept: KeptArguments): WriteOp => {
  const expected = [...kept].flatMap(([group, { value }]) =>
    value === null ? groupNames(group).map((name) => `!${name}`) : value.split(' '),
  );
  return {
    op: 'function',
    script: grubScript,
    name: 'pp_grub',
    args: [menu, file, before === null ? 'absent' : 'present', before ?? '', ...expected],
  };
};
