import { kernelWords, type KernelArgument } from '../../../contract/kernel-line.ts';

/** One entry of the boot menu, as the boot loader will start it. */
export interface BootEntry {
  readonly title: string;
  readonly recovery: boolean;
  readonly words: readonly KernelArgument[];
}

/**
 * The `menuentry` blocks of a grub.cfg that start a kernel of this system: what grub-mkconfig's 10_linux and its kin wrote.
 * Entries of memtest, os-prober and 40_custom never get the system's arguments.
 */
export const grubEntries = (config: string): readonly BootEntry[] => {
  const entries: BootEntry[] = [];
  let title = '';
  let section = '';
  for (const line of config.split('\n')) {
    const mark = /^### (BEGIN|END) (\S+) ###/.exec(line);
    if (mark) section = mark[1] === 'BEGIN' ? mark[2]! : '';
    if (section !== '' && !section.includes('_linux')) continue;
    const menu = /^\s*menuentry\s+(?:'([^']*)'|"([^"]*)"|(\S+))/.exec(line);
    if (menu) title = menu[1] ?? menu[2] ?? menu[3] ?? '';
    const linux = /^\s*linux(?:efi|16)?\s+\S+\s*(.*)$/.exec(line);
    if (!linux || title === '') continue;
    const words = kernelWords(linux[1]!);
    const recovery =
      /\(recovery mode\)/i.test(title) || words.some(({ word }) => word === 'single' || word === 'recovery');
    entries.push({ title, recovery, words });
  }
  return entries;
};

/** Variables of a grubenv block: `name=value` lines (grub2-editenv(1)). */
const environment = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line);
      return match ? [[match[1]!, match[2]!]] : [];
    }),
  );

/** The snippets of /boot/loader/entries with `$kernelopts` and `$tuned_params` filled in from grubenv: the Boot Loader Specification. */
export const snippetEntries = (snippets: readonly string[], grubenv: string): readonly BootEntry[] => {
  const variables = environment(grubenv);
  return snippets.map((text) => {
    const field = (name: string): string =>
      [...text.matchAll(new RegExp(`^${name}\\s+(.*)$`, 'gm'))].map((match) => match[1]!).join(' ');
    const options = field('options').replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => variables.get(name) ?? '');
    const title = field('title');
    return { title, recovery: /rescue/i.test(title), words: kernelWords(options) };
  });
};
