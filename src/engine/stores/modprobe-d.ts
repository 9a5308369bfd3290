import { verbatim } from '../../contract/codecs.ts';
import { modprobeLines } from '../../contract/modprobe-lines.ts';
import { combine, file } from '../../contract/reads.ts';
import { renderLines, textOf, upsert } from './lines.ts';
import { defineStore } from './store.ts';

/** Sorts after the distributions' files: of several values of an option the kernel takes the last. */
const own = '/etc/modprobe.d/zz-perfplay.conf';

const line = (name: string, value: string): string => {
  if (name.startsWith('blacklist ')) return name;
  return name.startsWith('install ') ? `${name} ${value}` : `${name}=${value}`;
};

/**
 * What modprobe(8) does with a module, whoever calls it. Names are those of modprobe.d's lines: `options kvm_intel nested`.
 * Of several `install` lines of a module the first counts, of several values of an option the last (libkmod-module.c).
 */
export const modprobe = defineStore({
  name: 'modprobe.d',
  state: combine({ lines: modprobeLines, own: file(own, verbatim) }, (seen) => ({
    lines: seen.lines,
    text: textOf(seen.own),
    own: new Map(seen.lines.filter(({ path }) => path === own).map(({ name, value }) => [name, value])),
  })),
  nextBoot: (state, { name }) => {
    const about = state.lines.filter((one) => one.name === name);
    const counts = about.at(name.startsWith('install ') ? 0 : -1);
    return counts ? { value: counts.value, from: counts.path } : { value: null };
  },
  own: (state, name) => state.own.get(name),
  write: ({ text, own: lines }, edits) => {
    const after = upsert(
      lines,
      [...edits].map(([name, entry]) => [name, entry?.value]),
    );
    return {
      changes: [{ at: { kind: 'file', path: own }, before: text, after: renderLines(after, line) }],
      finalize: [],
    };
  },
});
