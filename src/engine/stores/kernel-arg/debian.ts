import { verbatim } from '../../../contract/codecs.ts';
import { argumentGroup, kernelWords, type KernelArgument } from '../../../contract/kernel-line.ts';
import { combine, file, files, valueOf } from '../../../contract/reads.ts';
import type { Reading } from '../../../contract/steps.ts';
import { textOf } from '../lines.ts';
import { grubEntries, menuVariables, tunedArguments } from './boot-entries.ts';
import { renderDropIn } from './drop-in.ts';
import { grubDefaults } from './grub-defaults.ts';
import { debianMenu, generateMenu } from './grub-menu.ts';
import { parseKept, withEdits, type KeptArguments } from './kept.ts';
import { isUnreadable, type BootLoaderKind } from './loader.ts';

/** Sorts after `99-` and after names of letters: the last assignment of GRUB_CMDLINE_LINUX_DEFAULT wins. */
const dropInFile = '/etc/default/grub.d/zz-perfplay.cfg';

export const dropIn = file(dropInFile, verbatim);

const defaultsFile = '/etc/default/grub';

/** What the next grub-mkconfig makes of the files: a kernel that is installed later gets a menu that is made anew. */
const laterWords = (
  files: ReadonlyMap<string, Reading<string>>,
  kept: KeptArguments,
): readonly KernelArgument[] | undefined => {
  const all = [...files].filter(([path]) => path !== dropInFile).sort(([left], [right]) => (left < right ? -1 : 1));
  const texts = all.map(([, reading]) => valueOf(reading));
  if (!files.has(defaultsFile) || texts.includes(undefined)) return undefined;
  const others = grubDefaults(texts as readonly string[]);
  if (!others) return undefined;
  const ours = [...kept.values()].flatMap(({ value }) => kernelWords(value ?? ''));
  return [...others.filter(({ name }) => !kept.has(argumentGroup(name))), ...ours];
};

/** Debian's grub-mkconfig reads every file of /etc/default/grub.d: ours is one more, and no other is edited. */
export const debian: BootLoaderKind = combine(
  {
    menu: file(debianMenu, verbatim),
    dropIn,
    defaults: files([defaultsFile, `${defaultsFile}.d/*.cfg`], verbatim),
  },
  (seen) => {
    const menu = valueOf(seen.menu);
    if (menu === undefined && !isUnreadable(seen.menu)) return undefined;
    const before = textOf(seen.dropIn);
    const kept = parseKept(before);
    const words = laterWords(seen.defaults, kept);
    return {
      source: debianMenu,
      entries: menu === undefined ? undefined : grubEntries(menu),
      later: words ? [{ from: `${defaultsFile} and ${defaultsFile}.d`, words }] : [],
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
  },
);
