import { changeLine, groupLines, taskText } from './change.ts';
import { collapseChanges } from './collapse.ts';
import type { BatchStarted, Event, HostEnded, HostStage, PlayStarted, Reporter, TaskResult } from './events.ts';
import { finalReport, messageLines, type SourceText } from './final.ts';
import { batchText, runHeading, whereText } from './heading.ts';
import { manyHosts, namesInLine } from './hosts.ts';
import { line, paint, span, type Line, type Style } from './line.ts';
import {
  countHosts,
  emptySummary,
  interruptedExit,
  isPlan,
  reduce,
  type ChangeGroup,
  type Summary,
} from './summary.ts';
import type { Writer } from './writer.ts';

export interface PlainOptions {
  readonly colour: boolean;
  /** Undefined where the output is no terminal: lines are not wrapped. */
  readonly columns: number | undefined;
  readonly diff: boolean;
  readonly source: SourceText | undefined;
}

const hostCount = (count: number): string => `${count} ${count === 1 ? 'host' : 'hosts'}`;

const playHeading = ({ name, hosts }: PlayStarted): readonly Line[] => [
  line(''),
  line(span(name, 'strong'), `: ${hostCount(hosts.length)}`),
];

const batchHeading = (summary: Summary, { play, hosts }: BatchStarted): readonly Line[] => {
  const text = batchText(summary.plays.get(play)!);
  return text === ''
    ? []
    : [
        line(
          ` ${text}: ${hosts.length > 0 && hosts.length <= namesInLine ? hosts.join(' ') : hostCount(hosts.length)}`,
        ),
      ];
};

/** What became of the batch: converged hosts are a number here and nowhere else. */
const batchEnd = (summary: Summary): readonly Line[] => {
  const { play } = summary;
  if (!play) return [];
  const counts = countHosts(summary, play, play.batch?.hosts ?? play.started.hosts);
  const words = Object.entries(counts).filter(([, count]) => count > 0);
  if (words.length === 0) return [];
  const name = (status: string): string => (status === 'changed' && isPlan(summary) ? 'would change' : status);
  return [line(span(` ${words.map(([status, count]) => `${count} ${name(status)}`).join(', ')}`, 'quiet'))];
};

const resultLine = (summary: Summary, word: string, style: Style, result: TaskResult, text: Line): Line =>
  line(
    span(` ${word}`, style),
    `  ${result.host}${result.delegate === undefined ? '' : ` on ${result.delegate}`}  `,
    span(whereText(summary, result.position), 'quiet'),
    '  ',
    ...text,
  );

const indented = (texts: readonly string[]): readonly Line[] => texts.map((text) => line('    ', text));

const changedLines = (summary: Summary, result: TaskResult): readonly Line[] => {
  const hosts = new Set([result.host]);
  const made = collapseChanges(result.changes.filter((change) => !change.failed));
  const groups: ChangeGroup[] = made.map((set) => ({ task: result, set, hosts }));
  if (made.length === 0 && result.outcome === 'changed') groups.push({ task: result, set: undefined, hosts });
  return groupLines(groups, false).map(({ text }) => resultLine(summary, 'changed', 'change', result, text));
};

/** The details of a failure that many hosts may have are left to the end. */
const failedLines = (summary: Summary, result: TaskResult, few: boolean): readonly Line[] => {
  if (result.outcome !== 'failed') return [];
  const word = result.ignored ? 'ignored' : result.rescued ? 'rescued' : 'failed';
  const refused = collapseChanges(result.changes.filter((change) => change.failed));
  const reasons = refused.map(({ label, change }): Line => [
    ...line('    '),
    ...changeLine(label, change, false),
    ...line(`: ${change.failed?.message}`),
  ]);
  const [first = '', ...hints] = messageLines(result.message);
  const text = line(`${taskText(result)}  ${result.reason ?? 'failed'}${first === '' ? '' : `: ${first}`}`);
  const head = resultLine(summary, word, 'bad', result, text);
  return few ? [head, ...reasons, ...indented(hints)] : [head];
};

/** What a host waits for; undefined: it is at work. */
const waitOf = (event: Event): string | undefined => {
  if (event.type !== 'host-stage') return undefined;
  return event.stage === 'reboot' ? (event.detail ?? 'boots') : event.stage === 'observe' ? event.detail : undefined;
};

/** Without a word of it, a long wait looks like a run that hangs. */
const waitingLines = ({ host }: HostStage, wait: string): readonly Line[] => [
  line(span(' …', 'quiet'), `  ${host}  `, span(wait, 'quiet')),
];

const saidLines = (summary: Summary, result: TaskResult): readonly Line[] => {
  if (result.output === undefined) return [];
  const [first = '', ...more] = messageLines(result.output);
  const text = line(`${taskText(result)}  `, span(first, 'strong'));
  return [resultLine(summary, 'says', 'quiet', result, text), ...indented(more)];
};

const endedLines = ({ host, status, message, hint }: HostEnded, few: boolean): readonly Line[] => {
  if (message === undefined || status === 'ok' || status === 'changed') return [];
  const [first = '', ...more] = messageLines(message);
  const head = line(span(` ${status.toUpperCase()}`, 'bad'), `  ${host}  ${first}`);
  return few ? [head, ...indented([...more, ...messageLines(hint)])] : [head];
};

/** Whether every play was small enough for the log to hold what its tasks say. */
const areFew = ({ plays }: Summary): boolean =>
  [...plays.values()].every(({ started }) => started.hosts.length <= manyHosts);

/** What an event adds to the log; `summary` is the state after it. */
const linesOf = (summary: Summary, event: Event, options: PlainOptions): readonly Line[] => {
  const batch = summary.play?.batch?.hosts ?? summary.play?.started.hosts ?? [];
  const few = batch.length <= manyHosts;
  switch (event.type) {
    case 'run-started':
      return [[...runHeading(summary), ...line(`  ${hostCount(event.hosts.length)}`)]];
    case 'play-started':
      return playHeading(event);
    case 'batch-started':
      return batchHeading(summary, event);
    case 'task':
      return [
        ...(few && !isPlan(summary) ? [...changedLines(summary, event), ...saidLines(summary, event)] : []),
        ...failedLines(summary, event, few),
      ];
    case 'host-stage': {
      const wait = waitOf(event);
      return few && wait !== undefined ? waitingLines(event, wait) : [];
    }
    case 'host-ended':
      return endedLines(event, few);
    case 'run-ended':
      return finalReport(summary, { ...options, said: !isPlan(summary) && areFew(summary) });
    default:
      return [];
  }
};

/**
 * A log for pipes and CI: headings, failures as they come, a run's changes as they come while the batch is small, a count of the
 * rest; at the end every distinct change once and the recap.
 */
export const createPlainReporter = (writer: Writer, options: PlainOptions): Reporter => {
  const summary = emptySummary();
  /** The last that was told of each host's waiting: it is told at every look. */
  const waits = new Map<string, string>();
  const isTold = (event: Event): boolean => {
    const wait = waitOf(event);
    if (event.type !== 'host-stage' || wait === undefined) return false;
    const before = waits.get(event.host);
    waits.set(event.host, wait);
    return before === wait;
  };
  const print = (lines: readonly Line[]): void => {
    if (lines.length > 0) writer.write(lines.map((text) => `${paint(text, options.colour).trimEnd()}\n`).join(''));
  };
  return {
    emit: (event) => {
      const nextBatch =
        (event.type === 'batch-started' && summary.play?.batch !== undefined) ||
        event.type === 'play-started' ||
        (event.type === 'run-ended' && event.exit !== interruptedExit);
      if (nextBatch) print(batchEnd(summary));
      reduce(summary, event);
      if (!isTold(event)) print(linesOf(summary, event, options));
    },
    close: writer.close,
  };
};
