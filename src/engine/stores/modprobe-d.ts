import { verbatim } from '../../contract/codecs.ts';
import { modprobeEntries, modprobeLines } from '../../contract/modprobe-lines.ts';
import { combine, file } from '../../contract/reads.ts';
import { baseName, decidedBy, keptLines, renderLines, textOf, upsert } from './lines.ts';
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
  own: combine({ text: file(own, verbatim) }, ({ text }) => keptLines(new Map(modprobeEntries(textOf(text) ?? '')))),
  state: combine({ lines: modprobeLines, own: file(own, verbatim) }, (seen) => ({
    lines: seen.lines,
    text: textOf(seen.own),
  })),
  nextBoot: (state, { name }) => {
    const about = state.lines.filter((one) => one.name === name);
    // Nothing takes a blacklist line back: another's decides, wherever it stands.
    const counts = name.startsWith('blacklist ')
      ? (about.find(({ path }) => path !== own) ?? about[0])
      : about.at(name.startsWith('install ') ? 0 : -1);
    if (!counts) return { value: null };
    const { value, path } = counts;
    const isRead = { before: baseName(path) < baseName(own), after: baseName(path) > baseName(own) };
    const isDecisive = name.startsWith('options ')
      ? isRead.after
      : name.startsWith('install ')
        ? isRead.before
        : path !== own;
    return { value, from: path, ...(isDecisive && { problem: decidedBy(path, value) }) };
  },
  write: ({ text }, edits) => {
    const after = upsert(
      new Map(modprobeEntries(text ?? '')),
      [...edits].map(([name, entry]) => [name, entry?.value]),
    );
    return {
      changes: [{ at: { kind: 'file', path: own }, before: text, after: renderLines(after, line) }],
      finalize: [],
    };
  },
});
