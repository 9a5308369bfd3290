import { verbatim } from '../../../contract/codecs.ts';
import { groupNames, groupWords } from '../../../contract/kernel-line.ts';
import { combine, file, files, valueOf } from '../../../contract/reads.ts';
import type { Reading } from '../../../contract/steps.ts';
import { notice, textOf } from '../lines.ts';
import { defineStore, type StoreEdits, type StoreWrite } from '../store.ts';
import { grubEntries, snippetEntries, type BootEntry } from './boot-entries.ts';
import { dataLines, parseKept, renderDropIn, type KeptArguments } from './drop-in.ts';
import grubScript from './grub.sh?raw';

const config = '/boot/grub/grub.cfg';
/** Sorts after `99-` and after names of letters: the last assignment of GRUB_CMDLINE_LINUX_DEFAULT wins. */
const dropIn = '/etc/default/grub.d/zz-perfplay.cfg';
/** Where there is no drop-in of ours to read back: what we gave to grubby. */
const record = '/etc/perfplay/kernel-arguments';

interface State {
  readonly loader: 'grub' | 'grubby' | 'none';
  /** Undefined: the boot loader's menu cannot be read. */
  readonly entries: readonly BootEntry[] | undefined;
  readonly source: string;
  readonly ownText: string | null;
}

const unreadable = (reading: Reading<string> | undefined): boolean =>
  reading !== undefined && 'errno' in reading && reading.errno !== 'ENOENT';

const state = combine(
  {
    config: file(config, verbatim),
    snippets: files('/boot/loader/entries/*.conf', verbatim),
    grubenv: file('/boot/grub2/grubenv', verbatim),
    dropIn: file(dropIn, verbatim),
    record: file(record, verbatim),
  },
  (seen): State => {
    const grub = valueOf(seen.config);
    if (grub !== undefined || unreadable(seen.config))
      return {
        loader: 'grub',
        entries: grub === undefined ? undefined : grubEntries(grub),
        source: config,
        ownText: textOf(seen.dropIn),
      };
    const snippets = [...seen.snippets.values()];
    if (snippets.length === 0) return { loader: 'none', entries: [], source: '', ownText: null };
    const readable = snippets.every((snippet) => 'value' in snippet) && !unreadable(seen.grubenv);
    return {
      loader: 'grubby',
      entries: readable
        ? snippetEntries(
            snippets.map((snippet) => valueOf(snippet) ?? ''),
            valueOf(seen.grubenv) ?? '',
          )
        : undefined,
      source: '/boot/loader/entries',
      ownText: textOf(seen.record),
    };
  },
);

const edited = (kept: KeptArguments, edits: StoreEdits): KeptArguments => {
  const result = new Map(kept);
  for (const [group, entry] of edits) {
    if (entry === undefined) result.delete(group);
    else result.set(group, { value: entry.value, recovery: entry.recovery ?? false });
  }
  return result;
};

/** Debian family: our drop-in, then a grub.cfg that is checked before it takes the old one's place. */
const writeGrub = (before: string | null, kept: KeptArguments): StoreWrite => {
  const expected = [...kept].flatMap(([group, { value }]) =>
    value === null ? groupNames(group).map((name) => `!${name}`) : value.split(' '),
  );
  return {
    changes: [{ at: { kind: 'file', path: dropIn }, before, after: renderDropIn(kept) }],
    finalize: [
      {
        op: 'function',
        script: grubScript,
        name: 'pp_grub',
        args: [config, dropIn, before === null ? 'absent' : 'present', before ?? '', ...expected],
      },
    ],
  };
};

/** RHEL family: grubby(8) edits every entry, and the defaults for the kernels to come. */
const writeGrubby = (found: State, edits: StoreEdits, kept: KeptArguments): StoreWrite => {
  const add = [...edits.values()].flatMap((entry) => (entry?.value ? [entry.value] : [])).join(' ');
  const present = [...edits.keys()].flatMap(groupNames);
  const remove = (found.entries ?? [])
    .flatMap((entry) => entry.words)
    .filter(({ name }) => present.includes(name))
    .map(({ word }) => word);
  const argv = [
    'grubby',
    '--update-kernel=ALL',
    ...(remove.length > 0 ? [`--remove-args=${[...new Set(remove)].join(' ')}`] : []),
  ];
  const after = kept.size === 0 ? null : [notice, ...dataLines(kept), ''].join('\n');
  return {
    changes: [{ at: { kind: 'file', path: record }, before: found.ownText, after }],
    finalize: [
      ...(remove.length > 0 ? [{ op: 'program', argv } as const] : []),
      ...(add === '' ? [] : [{ op: 'program', argv: ['grubby', '--update-kernel=ALL', `--args=${add}`] } as const]),
    ],
  };
};

/**
 * The kernel's command line of the next boot, read from the boot loader's own menu, so that a later drop-in of someone else is seen.
 * Names are groups of arguments (`intel_idle.max_cstate`, `hugepages`); values are their words.
 */
export const kernelArg = defineStore<State>({
  name: 'kernel-arg',
  own: combine(
    { dropIn: file(dropIn, verbatim), record: file(record, verbatim) },
    (seen) =>
      new Map([...parseKept(textOf(seen.dropIn) ?? textOf(seen.record))].map(([group, { value }]) => [group, value])),
  ),
  state,
  refuses: ({ loader }) =>
    loader === 'none'
      ? 'no boot loader that perfplay knows: neither /boot/grub/grub.cfg nor /boot/loader/entries'
      : undefined,
  nextBoot: ({ entries, source, ownText }, { name, value, recovery }) => {
    if (!entries) return { value: undefined, from: source };
    const concerned = entries.filter((entry) => recovery || !entry.recovery);
    const values = concerned.map((entry) => groupWords(entry.words, name) ?? null);
    const different = values.find((one) => one !== value);
    if (different === undefined && values.length > 0) return { value, from: source };
    // Our file is written first: where the menu does not follow it, an earlier run did not come to its end.
    const isAhead = ownText !== null && parseKept(ownText).get(name)?.value === value;
    const note = `an earlier run was cut off, or ${source} was made anew past our file: it is whole, and the old one`;
    return { value: different ?? null, from: source, ...(isAhead && { note }) };
  },
  write: (found, edits) => {
    const kept = edited(parseKept(found.ownText), edits);
    return found.loader === 'grub' ? writeGrub(found.ownText, kept) : writeGrubby(found, edits, kept);
  },
});
