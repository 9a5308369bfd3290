import { kernelWords, type KernelArgument } from '../../../contract/kernel-line.ts';
import type { ArgumentSource } from './loader.ts';

/** One entry of the boot menu, as the boot loader will start it. */
export interface BootEntry {
  readonly title: string;
  readonly recovery: boolean;
  readonly words: readonly KernelArgument[];
}

/** What a grub.cfg sets for its snippets: `set tuned_params="…"` of 00_tuned, `kernelopts` for a grubenv that lacks it. */
export const menuVariables = (config: string): ReadonlyMap<string, string> =>
  new Map([...config.matchAll(/^\s*set (kernelopts|tuned_params)="([^"]*)"/gm)].map((match) => [match[1]!, match[2]!]));

const withVariables = (line: string, variables: ReadonlyMap<string, string>): string =>
  line.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => variables.get(name) ?? '');

/** What tuned adds to every entry when GRUB starts it. */
export const tunedArguments = (from: string, variables: ReadonlyMap<string, string>): readonly ArgumentSource[] => {
  const words = kernelWords(variables.get('tuned_params') ?? '');
  return words.length > 0 ? [{ from: `tuned_params of ${from} (tuned)`, words }] : [];
};

/** A kernel and its arguments; under Xen it is a module after the hypervisor, with a word in front that Xen drops. */
const kernelLine = /^\s*(?:linux(?:efi|16)?\s+\S+|module2?\s+\S*vmlinu[xz]\S*(?:\s+placeholder)?)(?:\s+(.*))?$/;

/**
 * The `menuentry` blocks of a grub.cfg that start a kernel of this system: what grub-mkconfig's 10_linux and its kin wrote.
 * Entries of memtest, os-prober and 40_custom never get the system's arguments.
 */
export const grubEntries = (config: string): readonly BootEntry[] => {
  const entries: BootEntry[] = [];
  const variables = menuVariables(config);
  let title = '';
  let section = '';
  for (const line of config.split('\n')) {
    const mark = /^### (BEGIN|END) (\S+) ###/.exec(line);
    if (mark) section = mark[1] === 'BEGIN' ? mark[2]! : '';
    if (section !== '' && !section.includes('_linux')) continue;
    const menu = /^\s*menuentry\s+(?:'([^']*)'|"([^"]*)"|(\S+))/.exec(line);
    if (menu) title = menu[1] ?? menu[2] ?? menu[3] ?? '';
    const kernel = kernelLine.exec(line);
    if (!kernel || title === '') continue;
    const words = kernelWords(withVariables(kernel[1] ?? '', variables));
    const recovery =
      /\(recovery mode\)/i.test(title) || words.some(({ word }) => word === 'single' || word === 'recovery');
    entries.push({ title, recovery, words });
  }
  return entries;
};

/** Variables of a grubenv block: `name=value` lines (grub2-editenv(1)). */
export const environmentVariables = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line);
      return match ? [[match[1]!, match[2]!]] : [];
    }),
  );

/** The value of a snippet's key, repeated ones joined. */
export const snippetField = (text: string, name: string): string =>
  [...text.matchAll(new RegExp(`^${name}[ \\t]+(.*)$`, 'gm'))].map((match) => match[1]!).join(' ');

/** A snippet of the Boot Loader Specification with GRUB's variables filled in. */
export const snippetEntry = (text: string, variables: ReadonlyMap<string, string>): BootEntry => {
  const options = withVariables(snippetField(text, 'options'), variables);
  const isRescue = ['title', 'version', 'linux'].some((name) => /\b0-rescue\b/.test(snippetField(text, name)));
  return { title: snippetField(text, 'title'), recovery: isRescue, words: kernelWords(options) };
};
