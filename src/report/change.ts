import { family, mergeKeys } from './collapse.ts';
import { countDiff } from './diff.ts';
import type { Change, Pending, TaskResult } from './events.ts';
import { groupBy } from './group.ts';
import { line, span, type Line } from './line.ts';
import type { ChangeGroup } from './summary.ts';
import { cutText, textWidth } from './width.ts';

/** Columns of a value in a line; a longer one is cut. */
const valueColumns = 60;

/** `block_queue/nvme0n1/scheduler` as words; the path of a `sysfs//sys/kernel/…` stays a path. */
export const keyText = (key: string): string => {
  const path = key.indexOf('//');
  return path < 0 ? key.replaceAll('/', ' ') : `${key.slice(0, path).replaceAll('/', ' ')} ${key.slice(path + 1)}`;
};

const isText = (value: string | null): boolean => value !== null && value.includes('\n');

const valueText = (value: string | null): string => {
  if (value === null) return 'absent';
  if (isText(value)) {
    const lines = value.replace(/\n$/, '').split('\n').length;
    return lines === 1 ? '1 line' : `${lines} lines`;
  }
  return value === value.trim() && value !== '' ? value : JSON.stringify(value);
};

/** Where two long values begin to differ, with a little of what is before. */
const differing = (before: string, after: string): readonly [string, string] => {
  if (textWidth(before) <= valueColumns && textWidth(after) <= valueColumns) return [before, after];
  let same = 0;
  while (same < before.length && before[same] === after[same]) same++;
  const start = same < valueColumns / 3 ? 0 : same - 10;
  const cut = (value: string): string => cutText(start === 0 ? value : `…${value.slice(start)}`, valueColumns);
  return [cut(before), cut(after)];
};

/** Whether a value says more in a diff than on its line. */
export const hasDiff = ({ before, after }: Change): boolean =>
  [before, after].some((value) => value !== null && (isText(value) || textWidth(value) > valueColumns));

const valuesText = ({ before, after }: Change): string => {
  if (before !== null && after !== null && (isText(before) || isText(after))) {
    const { added, removed } = countDiff(before, after);
    return `+${added} -${removed} lines`;
  }
  return differing(valueText(before), valueText(after)).join('→');
};

/** `REBOOT`, `NEXT USE`, `RESTART vm1`. */
export const pendingText = (pending: Pending): string => {
  const [kind = '', ...what] = pending.split(':');
  return [kind.replace('-', ' ').toUpperCase(), what.join(':')].filter(Boolean).join(' ');
};

const markOf = ({ before, after }: Change): string => (before === null ? '+' : after === null ? '-' : '~');

const lineOf = (key: string, values: string, change: Change, plan: boolean): Line =>
  line(
    ...(plan ? [span(`${markOf(change)} `, 'change')] : []),
    `${keyText(key)} `,
    span(values, 'change'),
    span(` [${change.levels.join(' ')}]`, 'quiet'),
    ...(change.pending === undefined ? [] : [span(` PENDING ${pendingText(change.pending)}`, 'strong')]),
  );

/** `governor powersave→performance [running boot] PENDING REBOOT`, with a plan's mark before it in a plan. */
export const changeLine = (label: string, change: Change, plan: boolean): Line =>
  lineOf(label, valuesText(change), change, plan);

/** `command Rebuild the cache (item=a)`. */
export const taskText = ({ module, name, item }: TaskResult): string =>
  [module, ...(name === module ? [] : [name]), ...(item === undefined ? [] : [`(item=${item})`])].join(' ');

/** What a group of hosts has in common: a change, or an act that has no values. */
const groupLine = ({ task, set }: ChangeGroup, plan: boolean): Line => {
  if (set) return changeLine(set.label, set.change, plan);
  const act = taskText(task);
  if (task.unknown) {
    const until = task.waitsFor === undefined ? 'run' : `"${task.waitsFor}" has run`;
    return line(span(plan ? '? ' : '', 'change'), `${act} `, span(`unknown until ${until}`, 'change'));
  }
  return line(span(plan ? '~ ' : '', 'change'), `${act} `, span(plan ? 'would run' : 'ran', 'change'));
};

/** Settings of one family with values of their own before they share a line. */
const linesOfFamily = 4;

/** Sibling keys that each got a value of their own, as one line: `TxRx-{0-63} 64 values, 0-63→0 … 0-63→63`. */
const familyLine = (groups: readonly ChangeGroup[], plan: boolean): Line => {
  const sets = groups.flatMap(({ set }) => set ?? []);
  const keys = mergeKeys(sets.flatMap((set) => set.keys));
  const values = sets.map((set) => valuesText(set.change));
  const text = `${values.length} values, ${values[0]} … ${values.at(-1)}`;
  return lineOf(keys.map((key) => key.text).join(' '), text, sets[0]!.change, plan);
};

/** Groups that differ in a number and in their values only, on the same hosts. */
const familyOf = ({ task, set, hosts }: ChangeGroup): string =>
  set === undefined
    ? ''
    : JSON.stringify([family(set.keys[0]!), task.delegate, set.change.levels, set.change.pending, [...hosts].sort()]);

/** A group and its line; `whole` unless the line stands for other groups too. */
export interface GroupLine {
  readonly text: Line;
  readonly group: ChangeGroup;
  readonly whole: boolean;
}

/** The groups of one task, each with its line; a large family has one line. */
export const groupLines = (groups: readonly ChangeGroup[], plan: boolean): readonly GroupLine[] =>
  groupBy(groups, familyOf).flatMap((members): readonly GroupLine[] =>
    members.length > linesOfFamily && members[0]!.set
      ? [{ text: familyLine(members, plan), group: members[0]!, whole: false }]
      : members.map((group) => ({ text: groupLine(group, plan), group, whole: true })),
  );
