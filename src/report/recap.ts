import { mergeNames } from './collapse.ts';
import type { HostEnded, Recap } from './events.ts';
import { groupBy } from './group.ts';
import { manyHosts, type HostLists } from './hosts.ts';
import { line, span, type Line, type Style } from './line.ts';
import { interruptedExit, isPlan, type HostSummary, type Summary } from './summary.ts';
import { textWidth } from './width.ts';

/** `ok=6 changed=5 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0 pending=reboot`, as Ansible's. */
export const recapText = (recap: Recap): string => {
  const { ok, changed, unreachable, failed, skipped, rescued, ignored, pending } = recap;
  const counts = { ok, changed, unreachable, failed, skipped, rescued, ignored };
  const words = Object.entries(counts).map(([name, count]) => `${name}=${count}`);
  const waits = mergeNames(pending).map(({ text }) => text);
  return [...words, ...(waits.length > 0 ? [`pending=${waits.join(',')}`] : [])].join(' ');
};

const styles: Record<HostEnded['status'], Style> = {
  ok: 'good',
  changed: 'change',
  failed: 'bad',
  unreachable: 'bad',
  unknown: 'bad',
};

type EndedHost = HostSummary & { end: HostEnded };

const isPlain = ({ end: { status, recap } }: EndedHost): boolean =>
  status === 'ok' && recap.changed === 0 && recap.ignored === 0 && recap.pending.length === 0;

/** One line for all hosts with the same recap. */
const sharedLines = (hosts: readonly EndedHost[], lists: HostLists): readonly Line[] =>
  groupBy(hosts, ({ end }) => `${end.status} ${recapText(end.recap)}`).map((group) => {
    const { status, recap } = group[0]!.end;
    return line(span(lists.text(new Set(group.map(({ name }) => name))), styles[status]), ` : ${recapText(recap)}`);
  });

const hostLines = (hosts: readonly EndedHost[]): readonly Line[] => {
  const columns = Math.max(0, ...hosts.map(({ name }) => textWidth(name)));
  return hosts.map(({ name, end }) =>
    line(span(name, styles[end.status]), ' '.repeat(columns - textWidth(name)), ` : ${recapText(end.recap)}`),
  );
};

/** Milliseconds as `00:02` or `1:00:02`. */
export const clock = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number: number): string => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

const totals = (summary: Summary, ended: readonly EndedHost[]): Line => {
  const count = (status: HostEnded['status']): number => ended.filter(({ end }) => end.status === status).length;
  const plan = isPlan(summary);
  const missing = summary.hosts.size - ended.length;
  const well =
    summary.end?.exit === interruptedExit
      ? 'hosts unchanged so far'
      : `hosts ok, nothing ${plan ? 'to change' : 'changed'}`;
  const words: readonly (readonly [number, string, Style])[] = [
    [count('ok'), well, 'good'],
    [count('changed'), plan ? 'would change' : 'changed', 'change'],
    [count('failed'), 'failed', 'bad'],
    [count('unreachable'), 'unreachable', 'bad'],
    [count('unknown'), 'unknown', 'bad'],
    [missing, 'left out', 'bad'],
  ];
  const parts = words
    .filter(([number]) => number > 0)
    .map(([number, text, style]) => span(`${number} ${number === 1 ? text.replace('hosts', 'host') : text}`, style));
  const more = [
    ...(summary.end ? [span(clock(summary.end.elapsed), 'quiet')] : []),
    ...(summary.run?.simulated ? [span('SIMULATED', 'strong')] : []),
  ];
  return line(...[...parts, ...more].flatMap((part, at) => (at === 0 ? [part] : [' · ', part])));
};

/** Ansible's recap; of many hosts only those that are not plainly ok, equal ones on one line. Then the totals. */
export const recapLines = (summary: Summary, lists: HostLists): readonly Line[] => {
  const ended = [...summary.hosts.values()].filter((host): host is EndedHost => host.end !== undefined);
  const many = summary.hosts.size > manyHosts;
  const hosts = many
    ? sharedLines(
        ended.filter((host) => !isPlain(host)),
        lists,
      )
    : hostLines(ended);
  const stopped = summary.end?.stopped;
  return [
    ...hosts,
    ...(hosts.length > 0 ? [line('')] : []),
    ...(stopped === undefined ? [] : [line(span('stopped: ', 'bad'), stopped)]),
    totals(summary, ended),
  ];
};
