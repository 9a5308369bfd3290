import { verbatim } from '../../../contract/codecs.ts';
import { groupWords, kernelWords, type KernelArgument } from '../../../contract/kernel-line.ts';
import { combine, file, query, valueOf } from '../../../contract/reads.ts';
import type { StoreEdits, StoreWrite } from '../store.ts';
import { wordsOfGroups } from './argument-line.ts';
import { withEdits } from './kept.ts';
import { isUnreadable, type BootLoaderKind } from './loader.ts';
import { record, recordChange, type KeptRecord } from './record.ts';

const program = 'rpm-ostree';
const argumentsOfPending = [program, 'kargs'];

/** Older versions put a heading before the line. */
const lineOf = (output: string): string => output.trim().split('\n').at(-1) ?? '';

/**
 * All in one transaction, which deletes before it appends, each word by itself: a repeated word is deleted as often as it stands
 * there, `--append` keeps the order, and the `-if-` forms look at the name alone in some versions (rpm-ostree issue 4718).
 */
const write = (line: string, before: KeptRecord, edits: StoreEdits): StoreWrite => {
  const words = kernelWords(line);
  const kept = withEdits(before.kept, edits);
  const former = before.former.get(program) ?? line;
  const wanted = (group: string): string | null => {
    const entry = edits.get(group);
    return entry ? entry.value : (groupWords(kernelWords(former), group) ?? null);
  };
  const differing = [...edits.keys()].filter((group) => (groupWords(words, group) ?? null) !== wanted(group));
  const deleted = wordsOfGroups(words, new Set(differing)).map((word) => `--delete=${word}`);
  const appended = differing.flatMap((group) => (wanted(group) ?? '').split(' ').filter(Boolean));
  const argv = [...argumentsOfPending, ...deleted, ...appended.map((word) => `--append=${word}`)];
  return {
    changes: [recordChange(before, kept, new Map([[program, former]]))],
    finalize: differing.length > 0 ? [{ op: 'program', argv }] : [],
  };
};

const entryOf = (words: readonly KernelArgument[]) => ({ title: 'the next deployment', recovery: false, words });

/**
 * Hosts of rpm-ostree: RHEL CoreOS, Fedora CoreOS, IoT and Silverblue. What boots next may be staged, and comes into /boot only
 * with the shutdown: rpm-ostree tells.
 */
export const ostree: BootLoaderKind = combine(
  { booted: file('/run/ostree-booted', verbatim), line: query(argumentsOfPending, verbatim), record },
  ({ booted, line, record: before }) => {
    if (!('value' in booted) && !isUnreadable(booted)) return undefined;
    const text = valueOf(line);
    return {
      source: argumentsOfPending.join(' '),
      entries: text === undefined ? undefined : [entryOf(kernelWords(lineOf(text)))],
      later: [],
      others: [],
      kept: before.kept,
      write: (edits) => write(lineOf(text ?? ''), before, edits),
    };
  },
);
