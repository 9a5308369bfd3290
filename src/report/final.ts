import { naturally } from '../natural-order.ts';
import { changeLine, groupLines, hasDiff, pendingText, taskText } from './change.ts';
import { diagnosticText } from './diagnostic-text.ts';
import { unifiedDiff } from './diff.ts';
import type { Change, TaskResult } from './events.ts';
import { sortedFailures } from './failures.ts';
import { groupBy } from './group.ts';
import { whereText } from './heading.ts';
import { hostLists, inOrder, type HostLists } from './hosts.ts';
import { line, lineWidth, span, wrapLine, type Line, type Style } from './line.ts';
import { recapLines } from './recap.ts';
import { isPlan, type ChangeGroup, type FailureGroup, type OutputGroup, type Summary } from './summary.ts';
import { textWidth } from './width.ts';

/** Gives a file's text, where it is known. */
export type SourceText = (file: string) => string | undefined;

export interface ReportOptions {
  /** Columns to wrap at; undefined: one thing, one line, however long. */
  readonly columns: number | undefined;
  /** Values in full, and those of several lines as a diff. */
  readonly diff: boolean;
  readonly source: SourceText | undefined;
  /** What tasks say was shown already. */
  readonly said?: boolean;
}

/** Lines of one task before the rest is only counted. */
const linesOfTask = 20;
/** Texts up to this width have their hosts in one column. */
const textColumns = 80;

/** One thing and the hosts it is true of; `more` stands under it. */
interface Row {
  readonly where: string;
  readonly text: Line;
  readonly hosts: string;
  readonly more: readonly Line[];
}

const pad = (columns: number): string => ' '.repeat(Math.max(0, columns));

const layout = (rows: readonly Row[], { columns }: ReportOptions): readonly Line[] => {
  const whereColumns = Math.max(0, ...rows.map(({ where }) => textWidth(where)));
  const widths = rows.map(({ text }) => lineWidth(text)).filter((width) => width <= textColumns);
  const hostsAt = Math.max(0, ...widths);
  return rows.flatMap(({ where, text, hosts, more }) => {
    const start = line(span(where, 'quiet'), pad(whereColumns - textWidth(where)), whereColumns > 0 ? '  ' : '');
    const full = [...start, ...text, ...line(pad(hostsAt - lineWidth(text)), '  ', hosts)];
    if (columns === undefined || lineWidth(full) <= columns) return [full, ...more];
    return [...wrapLine([...start, ...text, ...line('  ', hosts)], columns, 4), ...more];
  });
};

const diffStyles: Record<string, Style> = { '+': 'good', '-': 'bad', '@': 'quiet' };

const diffLines = (change: Change): readonly Line[] =>
  unifiedDiff(change.before, change.after, { context: 2, limit: 40 }).map(({ mark, text }) => {
    const shown = mark === '@' ? text : `${mark} ${text}`;
    return line('    ', span(shown, diffStyles[mark]));
  });

/** The rows of one task as far as they are read. */
const limited = (rows: readonly Row[], what: string, { diff }: ReportOptions): readonly Row[] => {
  if (diff || rows.length <= linesOfTask) return rows;
  const rest = rows.slice(linesOfTask);
  const note = line(span(`… ${rest.length} more different ${what}; --diff or --output json has all`, 'quiet'));
  return [...rows.slice(0, linesOfTask), { where: rest[0]!.where, text: note, hosts: '', more: [] }];
};

/** ` on db1`, where a task was done on another host. */
const onDelegate = (task: TaskResult | undefined): string =>
  task?.delegate === undefined ? '' : ` on ${task.delegate}`;

/** In the order of the playbook. */
const compareGroups = (left: ChangeGroup, right: ChangeGroup): number =>
  left.task.play - right.task.play ||
  naturally(left.task.task, right.task.task) ||
  naturally(left.set?.label ?? '', right.set?.label ?? '');

const taskRows = (
  summary: Summary,
  groups: readonly ChangeGroup[],
  lists: HostLists,
  options: ReportOptions,
): readonly Row[] => {
  const rows = groupLines(groups, isPlan(summary)).map(({ text, group, whole }): Row => ({
    where: whereText(summary, group.task.position),
    text: [...text, ...line(onDelegate(group.task))],
    hosts: lists.text(group.hosts),
    more: options.diff && whole && group.set && hasDiff(group.set.change) ? diffLines(group.set.change) : [],
  }));
  return limited(rows, 'changes', options);
};

/** Every distinct change once, with its hosts, in the order of the playbook. */
const changeLines = (summary: Summary, lists: HostLists, options: ReportOptions): readonly Line[] => {
  const sorted = [...summary.changes.values()].sort(compareGroups);
  const rows = groupBy(sorted, ({ task }) => task.task).flatMap((groups) => taskRows(summary, groups, lists, options));
  return layout(rows, options);
};

/** The lines of a message: what happened, and under it what to do. */
export const messageLines = (...texts: readonly (string | undefined)[]): readonly string[] =>
  texts.flatMap((text) => text?.split(/\r?\n/) ?? []).filter((text) => text.trim() !== '');

/** `✗ site.yml:19 irq_affinity  refused: EIO` or `✗ UNREACHABLE  connection refused`. */
export const failureHead = (group: FailureGroup): Line => {
  const first = messageLines(group.message)[0] ?? '';
  if (group.task === undefined) return line(span(`${group.status.toUpperCase()}  `, 'bad'), first);
  const reason = [
    ...(group.tolerated === undefined ? [] : [group.tolerated]),
    ...(group.reason ? [group.reason] : ['failed']),
  ].join(', ');
  return line(
    `${taskText(group.task)}${onDelegate(group.task)}  `,
    span(`${reason}:`, group.tolerated === undefined ? 'bad' : 'quiet'),
    ` ${first}`,
  );
};

const failureRow = (summary: Summary, group: FailureGroup, lists: HostLists): Row => {
  const hints = messageLines(group.message).slice(1).concat(messageLines(group.hint));
  const sets = [...group.sets.values()];
  const refused = sets.slice(0, 5).map(({ label, change }): Line => {
    const why = change.failed && !group.message.includes(change.failed.message) ? `: ${change.failed.message}` : '';
    return [...line('    '), ...changeLine(label, change, false), ...line(why)];
  });
  const more = sets.length > 5 ? [line(span(`    … ${sets.length - 5} more`, 'quiet'))] : [];
  return {
    where: '',
    text: [
      ...line(span('✗ ', 'bad'), group.task ? `${whereText(summary, group.task.position)} ` : ''),
      ...failureHead(group),
    ],
    hosts: lists.text(group.hosts),
    more: [...refused, ...more, ...hints.map((hint) => line('    ', hint))],
  };
};

/** What tasks say, each text once with its hosts, in the order of the playbook and of the hosts. */
const outputLines = (summary: Summary, lists: HostLists, options: ReportOptions): readonly Line[] => {
  const order = ({ hosts }: OutputGroup): number => summary.hosts.get(inOrder(summary, hosts)[0] ?? '')?.order ?? 0;
  const sorted = [...summary.outputs.values()].sort(
    (left, right) =>
      left.task.play - right.task.play || naturally(left.task.task, right.task.task) || order(left) - order(right),
  );
  const rowOf = ({ task, text, hosts }: OutputGroup): Row => {
    const [first = '', ...more] = messageLines(text);
    return {
      where: whereText(summary, task.position),
      text: line(`${taskText(task)}  `, span(first, 'strong')),
      hosts: lists.text(hosts),
      more: more.map((one) => line('    ', one)),
    };
  };
  const rows = groupBy(sorted, ({ task }) => task.task).flatMap((groups) =>
    limited(groups.map(rowOf), 'texts', options),
  );
  return layout(rows, options);
};

const failureLines = (summary: Summary, lists: HostLists, options: ReportOptions): readonly Line[] =>
  sortedFailures(summary).flatMap((group) => layout([failureRow(summary, group, lists)], options));

const warningLines = (summary: Summary, lists: HostLists, options: ReportOptions): readonly Line[] => {
  const rows = [...summary.warnings.values()].map(({ position, message, hosts }): Row => {
    const [first = '', ...more] = messageLines(message);
    return {
      where: `! ${whereText(summary, position)}`,
      text: line(span('warning: ', 'change'), first),
      hosts: lists.text(hosts),
      more: more.map((text) => line('    ', text)),
    };
  });
  const diagnostics = [...summary.diagnostics.values()].flatMap((diagnostic) =>
    diagnosticText(diagnostic, options.source)
      .split('\n')
      .map((text) => line(text)),
  );
  return [
    ...layout(
      rows.sort((left, right) => naturally(left.where, right.where)),
      options,
    ),
    ...diagnostics,
  ];
};

const pendingLines = (summary: Summary, lists: HostLists, options: ReportOptions): readonly Line[] => {
  const waiting = new Map<string, Set<string>>();
  for (const { name, end } of summary.hosts.values())
    for (const pending of end?.recap.pending ?? []) waiting.set(pending, (waiting.get(pending) ?? new Set()).add(name));
  const rows = [...waiting].map(([pending, hosts]): Row => ({
    where: '',
    text: line(span(`PENDING ${pendingText(pending)}`, 'strong')),
    hosts: lists.text(hosts),
    more: [],
  }));
  return layout(rows, options);
};

/** What a run leaves on the screen: changes, failures, warnings, what is pending, the recap. */
export const finalReport = (summary: Summary, options: ReportOptions): readonly Line[] => {
  const { columns } = options;
  const lists = hostLists(summary, columns !== undefined && !options.diff);
  const wrap = (lines: readonly Line[]): readonly Line[] =>
    columns === undefined ? lines : lines.flatMap((text) => wrapLine(text, columns, 4));
  const body = [
    options.said ? [] : outputLines(summary, lists, options),
    changeLines(summary, lists, options),
    failureLines(summary, lists, options),
    warningLines(summary, lists, options),
    pendingLines(summary, lists, options),
  ];
  const recap = recapLines(summary, lists);
  const sections = [...body, wrap(lists.legend()), wrap(recap)];
  return sections.filter((section) => section.length > 0).flatMap((section) => [line(''), ...section]);
};
