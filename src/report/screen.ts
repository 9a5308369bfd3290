import type { HostStage } from './events.ts';
import { sortedFailures } from './failures.ts';
import { failureHead, messageLines } from './final.ts';
import { batchText, runHeading, whereText } from './heading.ts';
import { inOrder } from './hosts.ts';
import { cutLine, line, lineWidth, span, type Line } from './line.ts';
import { clock } from './recap.ts';
import { countHosts, isPlan, type FailureGroup, type HostSummary, type PlaySummary, type Summary } from './summary.ts';
import { cutText, textWidth } from './width.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Rows kept for the headings, failures and the last line; a batch with more hosts than the rest is shown by counts. */
const rowsBesideHosts = 10;

/** The clock stays near the title: a line as wide as the screen would be broken in two by a window made narrower. */
const headingColumns = 64;

const stages: readonly HostStage['stage'][] = ['connect', 'observe', 'plan', 'apply', 'verify', 'reboot'];

interface ActiveHost extends HostSummary {
  at: HostStage;
}

/** Hosts that are doing something now, in the order of the run. */
const activeHosts = (summary: Summary): readonly ActiveHost[] =>
  [...summary.hosts.values()].filter(
    (host): host is ActiveHost => host.end === undefined && host.at !== undefined && stages.includes(host.at.stage),
  );

const seconds = (milliseconds: number): string => {
  const passed = Math.max(0, milliseconds) / 1000;
  if (passed < 10) return `${passed.toFixed(1)}s`;
  return passed < 120 ? `${Math.floor(passed)}s` : `${Math.floor(passed / 60)}min`;
};

const spread = (left: Line, right: string, columns: number): Line => {
  const room = columns - textWidth(right) - 1;
  const kept = cutLine(left, room);
  return [...kept, ...line(' '.repeat(Math.max(0, room - lineWidth(kept)) + 1), span(right, 'quiet'))];
};

const bar = (done: number, total: number, columns: number): string => {
  const filled = total === 0 ? columns : Math.floor((done / total) * columns);
  return '█'.repeat(filled) + '░'.repeat(columns - filled);
};

/** Hosts a second and what is left at that pace, once it can be told. */
const pace = (play: PlaySummary, now: number): string => {
  if (play.since === undefined) return '';
  const passed = (now - play.since.time) / 1000;
  const done = play.done.size - play.since.done;
  const left = play.started.hosts.length - play.done.size;
  if (passed < 1 || done < 5 || left === 0) return '';
  const rate = done / passed;
  const speed = rate >= 1 ? `${Math.round(rate)}/s` : `${Math.max(1, Math.round(rate * 60))}/min`;
  return `  ${speed}  eta ${seconds(Math.ceil(left / rate) * 1000).replace('.0', '')}`;
};

const playLine = (summary: Summary, play: PlaySummary, many: boolean, { columns }: Size, now: number): Line => {
  const total = play.started.hosts.length;
  const width = Math.max(4, Math.min(32, Math.floor(columns / 5)));
  const batch = batchText(play);
  const changed = `  ${isPlan(summary) ? 'would change' : 'changed'} ${play.changed.size}`;
  const rest = `${batch === '' ? '' : `  ${batch}`}  ${bar(play.done.size, total, width)} ${play.done.size}/${total}`;
  const end = many ? pace(play, now) : changed;
  const name = cutText(play.started.name, Math.max(8, columns - textWidth(rest) - textWidth(end)));
  return line(span(name, 'strong'), rest, end);
};

/** `connect 20 · observe 18 · apply 12 │ ok 180 changed 29`, on a narrow screen in two lines. */
const countsLines = (
  summary: Summary,
  play: PlaySummary,
  active: readonly ActiveHost[],
  columns: number,
): readonly Line[] => {
  const at = stages.map((stage) => `${stage} ${active.filter((host) => host.at.stage === stage).length}`).join(' · ');
  const { ok, changed, ...bad } = countHosts(summary, play, play.started.hosts);
  const worse = Object.entries(bad).filter(([, count]) => count > 0);
  const outcomes = line(
    span(`ok ${ok}`, 'good'),
    span(` ${isPlan(summary) ? 'would change' : 'changed'} ${changed}`, 'change'),
    ...worse.map(([status, count]) => span(` ${status} ${count}`, 'bad')),
  );
  return columns < 120 ? [line(at), outcomes] : [[...line(at, span(' │ ', 'quiet')), ...outcomes]];
};

const hostLine = ({ name, at }: ActiveHost, nameColumns: number, now: number): Line =>
  line(
    ` ${name}${' '.repeat(Math.max(0, nameColumns - textWidth(name)))}  `,
    `${at.stage.padEnd(8)} `,
    at.detail === undefined ? '' : `${at.detail}  `,
    span(seconds(now - at.time), 'quiet'),
  );

/** `slowest kvm231 update-grub 31s · kvm107 connect 3s  (+48)`. */
const slowestLine = (active: readonly ActiveHost[], columns: number, now: number): Line => {
  const slowest = active.toSorted((left, right) => left.at.time - right.at.time);
  const texts = slowest.map(
    ({ name, at }) => `${name} ${cutText(at.detail ?? at.stage, 30)} ${seconds(now - at.time)}`,
  );
  const room = columns - textWidth('slowest   (+9999)');
  let shown = 0;
  for (let used = 0; shown < Math.min(3, texts.length); shown++) {
    used += textWidth(texts[shown]!) + 3;
    if (shown > 0 && used > room) break;
  }
  const rest = texts.length - shown;
  return line(
    span('slowest ', 'quiet'),
    texts.slice(0, shown).join(' · '),
    span(rest > 0 ? `  (+${rest})` : '', 'quiet'),
  );
};

/** Names as far as they fit: `kvm044 kvm172 (+3)`. */
const fitNames = (names: readonly string[], columns: number): string => {
  let text = names[0] ?? '';
  for (let shown = 1; shown < names.length; shown++) {
    const more = ` (+${names.length - shown})`;
    const longer = `${text} ${names[shown]}`;
    const needed = shown + 1 < names.length ? textWidth(` (+${names.length - shown - 1})`) : 0;
    if (textWidth(longer) + needed > columns) return `${text}${more}`;
    text = longer;
  }
  return text;
};

/** One failure, its hosts where there is room: `✗2 site.yml:19 irq_affinity  EIO ens1f0-TxRx-3  kvm044 kvm172`. */
const failureLine = (summary: Summary, group: FailureGroup, columns: number): Line => {
  const names = inOrder(summary, group.hosts);
  const where = group.task ? `${whereText(summary, group.task.position)} ` : '';
  const hint = messageLines(group.hint)[0];
  const text: Line = [...failureHead(group), ...line(hint === undefined ? '' : `: ${hint}`)];
  if (names.length === 1) return [...line(span('✗ ', 'bad'), `${names[0]} ${where}`), ...text];
  const start: Line = [...line(span(`✗${names.length} `, 'bad'), where), ...text];
  const forNames = Math.max(Math.floor(columns / 3), columns - lineWidth(start) - 2);
  const shown = fitNames(names, forNames);
  return [...cutLine(start, columns - textWidth(shown) - 2), ...line(`  ${shown}`)];
};

const failureLines = (summary: Summary, { columns }: Size, rows: number): readonly Line[] => {
  const groups = sortedFailures(summary).filter(({ tolerated }) => tolerated === undefined);
  if (rows <= 0) return [];
  const shown = groups.length <= rows ? groups : groups.slice(0, rows - 1);
  const hidden = groups.length - shown.length;
  const lines = shown.map((group) => failureLine(summary, group, columns));
  return hidden === 0 ? lines : [...lines, line(span(`✗ … ${hidden} more different failures`, 'bad'))];
};

/**
 * The live view at one moment: at most `rows - 1` lines, each at most `columns` wide. Few hosts have a line each while they do
 * something; of many there are counts, failures and the slowest. `now` is in the time of the events.
 */
export const screenLines = (summary: Summary, size: Size, now: number): readonly Line[] => {
  const { columns, rows } = size;
  const started = summary.run ? Date.parse(summary.run.time) : now;
  const heading = spread(runHeading(summary), clock(now - started), Math.min(columns, headingColumns));
  const { play } = summary;
  const lines: Line[] = [heading];
  if (play) {
    const active = activeHosts(summary);
    const batch = play.batch?.hosts.length ?? play.started.hosts.length;
    const many = batch > Math.max(1, rows - rowsBesideHosts);
    lines.push(playLine(summary, play, many, size, now));
    if (many) {
      const slowest = active.length > 0 ? [slowestLine(active, columns, now)] : [];
      lines.push(...countsLines(summary, play, active, columns));
      lines.push(...failureLines(summary, size, rows - 1 - lines.length - slowest.length), ...slowest);
    } else {
      const nameColumns = Math.max(0, ...active.map(({ name }) => textWidth(name)));
      lines.push(...active.map((host) => hostLine(host, nameColumns, now)));
      lines.push(...failureLines(summary, size, rows - 1 - lines.length));
    }
  }
  return lines.slice(0, Math.max(1, rows - 1)).map((text) => cutLine(text, columns));
};
