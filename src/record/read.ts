import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { InputError } from '../diagnostics.ts';
import type { Event, HostEnded, RunEnded, RunStarted } from '../report/events.ts';
import { isRun, runFiles, runsFolder } from './folder.ts';
import type { RecordedPart, RunDescription } from './types.ts';

/** The runs that are on record here, the latest last. */
export const recordedRuns = (): readonly string[] => {
  const folder = runsFolder();
  return existsSync(folder) ? readdirSync(folder).filter(isRun).sort() : [];
};

/** The values of a file with one JSON value a line; the last line may be cut: whoever wrote it was killed. */
const linesOf = <T>(file: string): readonly T[] => {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
};

export const eventsOf = (run: string): readonly Event[] => linesOf<Event>(runFiles(run).events);
export const journalOf = (run: string): readonly RecordedPart[] => linesOf<RecordedPart>(runFiles(run).journal);

/** Undefined: the record was cut off before it said anything. */
export const descriptionOf = (run: string): RunDescription | undefined => {
  try {
    return JSON.parse(readFileSync(runFiles(run).description, 'utf8')) as RunDescription;
  } catch {
    return undefined;
  }
};

/** What became of a run, as far as its events tell. */
export interface RunSummary {
  readonly started?: RunStarted;
  readonly ended?: RunEnded;
  readonly hosts: ReadonlyMap<string, HostEnded>;
}

export const summaryOf = (events: readonly Event[]): RunSummary => {
  let started: RunStarted | undefined;
  let ended: RunEnded | undefined;
  const hosts = new Map<string, HostEnded>();
  for (const event of events)
    if (event.type === 'run-started') started = event;
    else if (event.type === 'run-ended') ended = event;
    else if (event.type === 'host-ended') hosts.set(event.host, event);
  return { ...(started && { started }), ...(ended && { ended }), hosts };
};

/**
 * The run that a word means: its name, or as much of its end or beginning as only one run has. `last`: the latest.
 * Throws InputError where there is none; a whole name is taken as it is, recorded here or not.
 */
export const findRun = (word: string | undefined, last: boolean): string => {
  const runs = recordedRuns();
  const refuse = (message: string, hint: string): never => {
    throw new InputError([{ code: 'no-run', severity: 'error', message, hint }]);
  };
  if (last) return runs.at(-1) ?? refuse(`no run is on record in ${runsFolder()}`, 'name the run');
  if (word === undefined) return refuse('which run is meant?', 'name it, or say --last; perfplay history lists them');
  if (isRun(word)) return word;
  const found = runs.filter((run) => run.startsWith(word) || run.endsWith(word));
  if (found.length === 1) return found[0]!;
  return found.length === 0
    ? refuse(`there is no run ${word} in ${runsFolder()}`, 'perfplay history lists them')
    : refuse(`${word} may be ${found.join(' or ')}`, 'name it wholly');
};
