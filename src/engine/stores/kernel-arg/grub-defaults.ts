import { kernelWords, type KernelArgument } from '../../../contract/kernel-line.ts';
import { shellVars } from '../../../contract/shell-vars.ts';

const names = ['GRUB_CMDLINE_LINUX', 'GRUB_CMDLINE_LINUX_DEFAULT'] as const;
const plain = /^(?:export\s+)?GRUB_CMDLINE_LINUX[A-Z_]*=/;

/**
 * The arguments that files which grub-mkconfig sources give to normal entries, in the order of their being read.
 * Undefined where more than plain assignments makes them: only a shell could tell.
 */
export const grubDefaults = (texts: readonly string[]): readonly KernelArgument[] | undefined => {
  const values = new Map<string, string>();
  for (const text of texts) {
    const lines = text.split('\n').filter((line) => line.includes('GRUB_CMDLINE_LINUX') && !/^\s*#/.test(line));
    if (lines.some((line) => !plain.test(line))) return undefined;
    const assigned = shellVars.decode(text);
    for (const name of names) {
      const value = assigned.get(name);
      if (value === undefined) continue;
      const full = value.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced?: string, bare?: string) => {
        const other = braced ?? bare ?? '';
        return (names as readonly string[]).includes(other) ? (values.get(other) ?? '') : all;
      });
      if (/[$`]/.test(full)) return undefined;
      values.set(name, full);
    }
  }
  return kernelWords(names.map((name) => values.get(name) ?? '').join(' '));
};
