import { groupWords, type KernelArgument } from '../../../contract/kernel-line.ts';
import { combine } from '../../../contract/reads.ts';
import { textOf } from '../lines.ts';
import { defineStore } from '../store.ts';
import { debian, dropIn } from './debian.ts';
import { grub2 } from './grub2.ts';
import { grubby } from './grubby.ts';
import { parseKept } from './kept.ts';
import type { BootLoader } from './loader.ts';
import { ostree } from './ostree.ts';
import { record } from './record.ts';
import { none, transactional, unsupported } from './unsupported.ts';

/** The first that recognises the host: Debian comes after those whose files may lie beside a /boot/grub. */
const state = combine(
  { ostree, transactional, grubby, grub2, debian, unsupported },
  (seen): BootLoader =>
    seen.ostree ?? seen.transactional ?? seen.grubby ?? seen.grub2 ?? seen.debian ?? seen.unsupported ?? none,
);

/**
 * The kernel's command line of the next boot, read from the boot loader's own menu, so that a later drop-in of someone else is seen.
 * Names are groups of arguments (`intel_idle.max_cstate`, `hugepages`); values are their words.
 */
export const kernelArg = defineStore<BootLoader>({
  name: 'kernel-arg',
  own: combine({ dropIn, record }, (seen) => new Map([...parseKept(textOf(seen.dropIn)), ...seen.record.kept])),
  state,
  refuses: ({ refusal, entries, source }) =>
    refusal ?? (entries?.length === 0 ? `${source} has no entry that starts this system` : undefined),
  nextBoot: ({ entries, later, source, kept, others }, { name, value, recovery }) => {
    if (!entries) return { value: undefined, from: source };
    const stands = (words: readonly KernelArgument[]): string | null => groupWords(words, name) ?? null;
    const concerned = entries.filter((entry) => recovery || !entry.recovery);
    const different = concerned.map(({ words }) => stands(words)).find((one) => one !== value);
    const overriding = others.find(({ words }) => stands(words) !== null);
    if (different !== undefined && overriding) {
      const problem = `${overriding.from} is added to every entry when GRUB starts it, and brings ${stands(overriding.words)}: take it out there`;
      return { value: different, from: overriding.from, problem };
    }
    if (different !== undefined) {
      // Our file is written first: where the menu does not follow it, an earlier run did not come to its end.
      const note = `an earlier run was cut off, or somebody changed ${source} since: it is whole, and the old one, not what perfplay keeps`;
      return { value: different, from: source, ...(kept.get(name)?.value === value && { note }) };
    }
    const behind = later.find(({ words }) => stands(words) !== value);
    if (!behind) return { value, from: source };
    const note = `the next boot has it, and a kernel that is installed later would not: it takes what ${behind.from} says`;
    return { value: stands(behind.words), from: behind.from, note };
  },
  write: (loader, edits) => loader.write(edits),
});
