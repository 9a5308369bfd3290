import { descriptionOf, eventsOf, findRun, journalOf, recordedRuns, summaryOf } from '../record/read.ts';
import { chooseOutput, createReporter } from '../report/reporter.ts';
import type { OutputFlag } from './options.ts';
import type { Print } from './print.ts';

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

const stateOf = (exit: number | undefined): string =>
  exit === undefined ? 'cut off: perfplay resume goes on' : exit === 0 ? 'done' : `exit ${exit}`;

/** The runs on record, the latest last, one a line; with a host, those that have changed it. */
export const history = (host: string | undefined, print: Print): number => {
  for (const run of recordedRuns()) {
    const description = descriptionOf(run);
    const parts = journalOf(run).filter((part) => host === undefined || part.host === host);
    if (host !== undefined && parts.length === 0) continue;
    const { ended, hosts } = summaryOf(eventsOf(run));
    const changes = parts.reduce((sum, { changes: all }) => sum + all.filter(({ by }) => by === undefined).length, 0);
    const what = description ? `${description.command} ${description.subject}` : 'unknown';
    const on = host === undefined ? ` on ${count(new Set(parts.map((part) => part.host)).size, 'host')}` : '';
    const status = host === undefined ? stateOf(ended?.exit) : (hosts.get(host)?.status ?? 'not ended');
    print.data(
      `${run}  ${what}  ${count(changes, 'change')}${changes > 0 ? on : ''}  ${status}  ${description?.who ?? ''}`,
    );
  }
  return 0;
};

/** Shows a run again as it was shown then, or in another form. */
export const show = async (
  word: string | undefined,
  options: { readonly last?: boolean; readonly output?: OutputFlag; readonly diff?: boolean },
  print: Print,
): Promise<number> => {
  const run = findRun(word, options.last ?? false);
  const events = eventsOf(run);
  if (events.length === 0) {
    print.talk(`there is no record of run ${run} here: the hosts' own journals may have it (perfplay rollback ${run})`);
    return 1;
  }
  const output = options.output === undefined || options.output === 'live' ? 'plain' : options.output;
  const reporter = await createReporter(chooseOutput(output, process.stdout.isTTY), process.stdout, {
    diff: options.diff ?? false,
    source: () => undefined,
  });
  for (const event of events) reporter.emit(event);
  await reporter.close();
  if (!summaryOf(events).ended) print.talk(`run ${run} was cut off here: perfplay resume ${run} goes on`);
  return 0;
};
