import type { KeptLine } from '../../contract/changes.ts';
import { valueOf } from '../../contract/reads.ts';
import type { Reading } from '../../contract/steps.ts';

/** The head of every file that perfplay owns. */
export const notice =
  '# Kept by perfplay: one line for each setting that a playbook declares. Change the playbook, not this file.';

/** The name of a file in its folder: drop-ins are read in the order of their names. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What is wrong where another file than ours decides. */
export const decidedBy = (path: string, value: string): string =>
  `${path} says ${value}, against which nothing counts that perfplay keeps: take it out there`;

/** A file's text, or null where it is absent. A file that cannot be read counts as absent; the write will say what is wrong. */
export const textOf = (reading: Reading<string> | undefined): string | null => valueOf(reading) ?? null;

/** Reads `format` lines of a text as name → value, in order; comments and foreign lines are passed over. */
export const parseLines = (
  text: string | null,
  format: (line: string) => readonly [string, string] | undefined,
): Map<string, string> =>
  new Map(
    (text ?? '').split('\n').flatMap((line) => {
      const parsed = format(line);
      return parsed ? [parsed] : [];
    }),
  );

/** Lines by name as what is kept. */
export const keptLines = (lines: ReadonlyMap<string, string>): ReadonlyMap<string, KeptLine> =>
  new Map([...lines].map(([name, value]) => [name, { value }]));

/** The lines with edits made: known names keep their place, new ones go to the end, undefined removes. */
export const upsert = (
  lines: ReadonlyMap<string, string>,
  edits: Iterable<readonly [string, string | null | undefined]>,
): ReadonlyMap<string, string> => {
  const result = new Map(lines);
  for (const [name, value] of edits) {
    if (value === null || value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
};

/** A whole file of ours, or null (remove it) where no line is left. */
export const renderLines = (
  lines: ReadonlyMap<string, string>,
  line: (name: string, value: string) => string,
): string | null =>
  lines.size === 0 ? null : `${notice}\n${[...lines].map(([name, value]) => `${line(name, value)}\n`).join('')}`;
