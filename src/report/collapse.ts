import type { Change } from './events.ts';
import { groupBy } from './group.ts';

/** Texts that differ in one number only, as one. */
export interface Merged {
  readonly text: string;
  readonly from: readonly string[];
}

interface Row {
  readonly tokens: readonly string[];
  readonly from: readonly string[];
}

/** Rows whose numbers at `slot` follow each other, padded alike. */
const runsOf = (rows: readonly Row[], slot: number): readonly (readonly Row[])[] => {
  const sorted = rows.toSorted((left, right) => Number(left.tokens[slot]) - Number(right.tokens[slot]));
  const runs: Row[][] = [];
  for (const row of sorted) {
    const last = runs.at(-1)?.at(-1)?.tokens[slot];
    const number = row.tokens[slot]!;
    const next = last !== undefined && Number(number) === Number(last) + 1;
    const alike = number.length === last?.length || !/^0\d/.test(number);
    if (next && alike) runs.at(-1)!.push(row);
    else runs.push([row]);
  }
  return runs;
};

const joined = (rows: readonly Row[], slot: number, text: string): Row => ({
  tokens: rows[0]!.tokens.with(slot, text),
  from: rows.flatMap((row) => row.from),
});

type Join = (runs: readonly (readonly Row[])[], slot: number) => readonly Row[];

/** `policy0-255/…`; braces where the range could be misread: `TxRx-{0-63}`, `nvme{0,1}n1`, `net.ipv{4,6}.`. */
const joinKeys: Join = (runs, slot) => {
  const parts = runs.flatMap((run) => {
    const numbers = run.map((row) => row.tokens[slot]!);
    return run.length < 3 ? numbers : [`${numbers[0]}-${numbers.at(-1)}`];
  });
  const { tokens } = runs[0]![0]!;
  const plain = parts.length === 1 && !/[-.]$/.test(tokens[slot - 1]!) && /^(\/|$)/.test(tokens[slot + 1]!);
  return [joined(runs.flat(), slot, plain ? parts[0]! : `{${parts.join(',')}}`)];
};

/** `kvm[001:388]`, a pattern that `--limit` takes back, for three names or more. */
const joinNames: Join = (runs, slot) =>
  runs.flatMap((run) =>
    run.length < 3 ? run : [joined(run, slot, `[${run[0]!.tokens[slot]}:${run.at(-1)!.tokens[slot]}]`)],
  );

const merge = (texts: readonly string[], split: (text: string) => readonly string[], join: Join): readonly Merged[] => {
  if (texts.length === 1) return [{ text: texts[0]!, from: texts }];
  let rows: readonly Row[] = [...new Set(texts)].map((text) => ({ tokens: split(text), from: [text] }));
  const longest = rows.reduce((most, row) => Math.max(most, row.tokens.length), 0);
  for (let slot = longest - 2; slot >= 1; slot -= 2) {
    const shape = ({ tokens }: Row): string =>
      `${tokens.length}\0${(tokens[slot] === undefined ? tokens : tokens.with(slot, '')).join('\0')}`;
    rows = groupBy(rows, shape).flatMap((group) => (group.length === 1 ? group : join(runsOf(group, slot), slot)));
  }
  return rows.map(({ tokens, from }) => ({ text: tokens.join(''), from }));
};

/** At odd places the numbers. PCI and MAC addresses are hexadecimal: not split. */
const splitKey = (key: string): readonly string[] => (key.includes(':') ? [key] : key.split(/(\d{1,15})/));

/** Setting keys that differ in numbers only as one: `cpufreq/policy0-255/scaling_governor`. */
export const mergeKeys = (keys: readonly string[]): readonly Merged[] => merge(keys, splitKey, joinKeys);

/** Host names in Ansible's range patterns: `kvm[001:388] rp07`. */
export const mergeNames = (names: readonly string[]): readonly Merged[] =>
  merge(names, (name) => name.split(/(\d{1,15})/), joinNames);

/** Changes of one task on one host that are equal but for the key. */
export interface ChangeSet {
  /** The keys as one text. */
  readonly label: string;
  readonly keys: readonly string[];
  /** What all of them share; its key is the first. */
  readonly change: Change;
}

/** Equal changes of sibling keys as one: a host with 256 CPUs gives one line, not 256. */
export const collapseChanges = (changes: readonly Change[]): readonly ChangeSet[] => {
  const equal = groupBy(changes, ({ levels, before, after, pending, failed }) =>
    JSON.stringify([levels, before, after, pending, failed]),
  );
  return equal.flatMap((group) =>
    mergeKeys(group.map(({ key }) => key)).map(({ text, from }) => ({ label: text, keys: from, change: group[0]! })),
  );
};

/** What keys have in common when their numbers are left out. */
export const family = (key: string): string =>
  splitKey(key)
    .filter((_, place) => place % 2 === 0)
    .join('#');
