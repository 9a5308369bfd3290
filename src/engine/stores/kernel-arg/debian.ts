import { verbatim } from '../../../contract/codecs.ts';
import { combine, file, valueOf } from '../../../contract/reads.ts';
import { textOf } from '../lines.ts';
import { grubEntries, menuVariables, tunedArguments } from './boot-entries.ts';
import { renderDropIn } from './drop-in.ts';
import { debianMenu, generateMenu } from './grub-menu.ts';
import { parseKept, withEdits } from './kept.ts';
import { isUnreadable, type BootLoaderKind } from './loader.ts';

/** Sorts after `99-` and after names of letters: the last assignment of GRUB_CMDLINE_LINUX_DEFAULT wins. */
const dropInFile = '/etc/default/grub.d/zz-perfplay.cfg';

export const dropIn = file(dropInFile, verbatim);

/** Debian's grub-mkconfig reads every file of /etc/default/grub.d: ours is one more, and no other is edited. */
export const debian: BootLoaderKind = combine({ menu: file(debianMenu, verbatim), dropIn }, (seen) => {
  const menu = valueOf(seen.menu);
  if (menu === undefined && !isUnreadable(seen.menu)) return undefined;
  const before = textOf(seen.dropIn);
  const kept = parseKept(before);
  return {
    source: debianMenu,
    entries: menu === undefined ? undefined : grubEntries(menu),
    later: [],
    others: tunedArguments(debianMenu, menuVariables(menu ?? '')),
    kept,
    write: (edits) => {
      const next = withEdits(kept, edits);
      return {
        changes: [{ at: { kind: 'file', path: dropInFile }, before, after: renderDropIn(next) }],
        finalize: [generateMenu(debianMenu, dropInFile, before, next)],
      };
    },
  };
});
