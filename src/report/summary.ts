import type { Diagnostic, Position } from '../diagnostics.ts';
import { collapseChanges, type ChangeSet } from './collapse.ts';
import type {
  BatchStarted,
  Event,
  HostEnded,
  HostStage,
  Outcome,
  PlayStarted,
  Reason,
  RunEnded,
  RunStarted,
  TaskResult,
} from './events.ts';

/** Where a host is and what became of it. */
export interface HostSummary {
  readonly name: string;
  /** Its place in the run, for lists in inventory order. */
  readonly order: number;
  at?: HostStage;
  end?: HostEnded;
}

export interface PlaySummary {
  readonly started: PlayStarted;
  batch?: BatchStarted;
  /** Hosts that are through with this play, in whatever way. */
  readonly done: Set<string>;
  readonly changed: Set<string>;
  readonly failed: Set<string>;
  /** When the first host of the batch began, in milliseconds, and how many of the play were done by then. */
  since?: { readonly time: number; readonly done: number };
}

export interface TaskSummary {
  readonly first: TaskResult;
  readonly outcomes: Record<Outcome, number>;
}

/** One change, or one act without a value, and every host that has it. */
export interface ChangeGroup {
  readonly task: TaskResult;
  /** Undefined: the task did something that has no before and after. */
  readonly set: ChangeSet | undefined;
  readonly hosts: Set<string>;
}

/** One failure and every host that has it. */
export interface FailureGroup {
  readonly status: 'failed' | 'unreachable' | 'unknown';
  /** Undefined: the host failed outside a task. */
  readonly task: TaskResult | undefined;
  readonly reason: Reason | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  /** It does not count as a failure of the host. */
  readonly tolerated: 'ignored' | 'rescued' | undefined;
  /** The changes that could not be made, by label and message. */
  readonly sets: Map<string, ChangeSet>;
  readonly hosts: Set<string>;
}

/** What a task says, and every host on which it says that. */
export interface OutputGroup {
  readonly task: TaskResult;
  readonly text: string;
  readonly hosts: Set<string>;
}

export interface WarningGroup {
  readonly position: Position;
  readonly message: string;
  readonly hosts: Set<string>;
}

/**
 * All that a reporter shows, folded from the events. Grows with the hosts and with the distinct changes, failures and warnings,
 * not with the events.
 */
export interface Summary {
  run?: RunStarted;
  readonly hosts: Map<string, HostSummary>;
  readonly plays: Map<number, PlaySummary>;
  /** The play that runs now. */
  play?: PlaySummary;
  readonly tasks: Map<string, TaskSummary>;
  readonly changes: Map<string, ChangeGroup>;
  readonly failures: Map<string, FailureGroup>;
  readonly outputs: Map<string, OutputGroup>;
  readonly warnings: Map<string, WarningGroup>;
  readonly diagnostics: Map<string, Diagnostic>;
  end?: RunEnded;
}

export const emptySummary = (): Summary => ({
  hosts: new Map(),
  plays: new Map(),
  tasks: new Map(),
  changes: new Map(),
  failures: new Map(),
  outputs: new Map(),
  warnings: new Map(),
  diagnostics: new Map(),
});

const identity = (...parts: readonly unknown[]): string => JSON.stringify(parts);

const entry = <V>(map: Map<string, V>, key: string, create: () => V): V => {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
};

const hostOf = (summary: Summary, name: string): HostSummary =>
  entry(summary.hosts, name, () => ({ name, order: summary.hosts.size }));

const toleratedOf = ({ ignored, rescued }: TaskResult): FailureGroup['tolerated'] =>
  ignored ? 'ignored' : rescued ? 'rescued' : undefined;

/** What a failed task says: its own message, or that of its changes. */
const failureMessage = (result: TaskResult): string =>
  result.message ?? [...new Set(result.changes.flatMap((change) => change.failed?.message ?? []))].join('; ');

const addFailure = (
  summary: Summary,
  host: string,
  failure: Omit<FailureGroup, 'hosts' | 'sets'>,
  sets: readonly ChangeSet[],
): void => {
  const { status, task, reason, message, hint, tolerated } = failure;
  const key = identity(
    status,
    task?.task,
    task?.position,
    task?.item,
    task?.delegate,
    reason,
    message,
    hint,
    tolerated,
  );
  const group = entry(summary.failures, key, () => ({ ...failure, sets: new Map(), hosts: new Set() }));
  group.hosts.add(host);
  for (const set of sets) group.sets.set(identity(set.label, set.change.failed?.message), set);
};

const addTask = (summary: Summary, result: TaskResult): void => {
  const task = entry(summary.tasks, result.task, () => ({
    first: result,
    outcomes: { ok: 0, changed: 0, failed: 0, skipped: 0 },
  }));
  task.outcomes[result.outcome]++;
  const play = summary.plays.get(result.play);
  if (result.outcome === 'changed') play?.changed.add(result.host);
  if (result.outcome === 'failed' && !toleratedOf(result)) play?.failed.add(result.host);

  const sets = collapseChanges(result.changes);
  const made = sets.filter((set) => set.change.failed === undefined);
  for (const set of made) {
    const { levels, before, after, pending } = set.change;
    const key = identity(result.task, result.item, result.delegate, set.label, levels, before, after, pending);
    entry(summary.changes, key, (): ChangeGroup => ({ task: result, set, hosts: new Set() })).hosts.add(result.host);
  }
  if (made.length === 0 && (result.outcome === 'changed' || result.unknown)) {
    const key = identity(result.task, result.name, result.item, result.delegate, result.unknown, result.waitsFor);
    entry(summary.changes, key, (): ChangeGroup => ({ task: result, set: undefined, hosts: new Set() })).hosts.add(
      result.host,
    );
  }
  if (result.outcome === 'failed') {
    const failure = {
      status: 'failed',
      task: result,
      reason: result.reason,
      message: failureMessage(result),
      hint: undefined,
      tolerated: toleratedOf(result),
    } as const;
    addFailure(
      summary,
      result.host,
      failure,
      sets.filter((set) => set.change.failed !== undefined),
    );
  }
  const { output } = result;
  if (output !== undefined) {
    const group = (): OutputGroup => ({ task: result, text: output, hosts: new Set() });
    entry(summary.outputs, identity(result.task, result.name, result.item, output), group).hosts.add(result.host);
  }
  for (const message of result.warnings) {
    const group = () => ({ position: result.position, message, hosts: new Set<string>() });
    entry(summary.warnings, identity(result.position, message), group).hosts.add(result.host);
  }
};

const endHost = (summary: Summary, event: HostEnded): void => {
  hostOf(summary, event.host).end = event;
  summary.play?.done.add(event.host);
  const { status, message, hint } = event;
  if (status === 'ok' || status === 'changed' || (status === 'failed' && message === undefined)) return;
  const failure = { status, task: undefined, reason: undefined, message: message ?? '', hint, tolerated: undefined };
  addFailure(summary, event.host, failure, []);
};

const startPlay = (summary: Summary, started: PlayStarted): void => {
  const ended = started.hosts.filter((host) => summary.hosts.get(host)?.end !== undefined);
  summary.play = { started, done: new Set(ended), changed: new Set(), failed: new Set() };
  summary.plays.set(started.play, summary.play);
};

const moveHost = (summary: Summary, event: HostStage): void => {
  hostOf(summary, event.host).at = event;
  const play = summary.plays.get(event.play);
  if (!play) return;
  if (event.stage !== 'waiting') play.since ??= { time: event.time, done: play.done.size };
  if (event.stage === 'done') play.done.add(event.host);
};

/** Folds one event into the summary, in place: thousands of events a second must not copy a thousand hosts each. */
export const reduce = (summary: Summary, event: Event): Summary => {
  switch (event.type) {
    case 'run-started':
      summary.run = event;
      for (const host of event.hosts) hostOf(summary, host);
      break;
    case 'play-started':
      startPlay(summary, event);
      break;
    case 'batch-started': {
      const play = summary.plays.get(event.play);
      if (!play) break;
      play.batch = event;
      delete play.since;
      break;
    }
    case 'host-stage':
      moveHost(summary, event);
      break;
    case 'task':
      addTask(summary, event);
      break;
    case 'host-ended':
      endHost(summary, event);
      break;
    case 'diagnostic':
      summary.diagnostics.set(identity(event.diagnostic), event.diagnostic);
      break;
    case 'run-ended':
      summary.end = event;
  }
  return summary;
};

/** Hosts of a play that are through with it, by what became of them. */
export interface Counts {
  ok: number;
  changed: number;
  failed: number;
  unreachable: number;
  unknown: number;
}

/** Counts those of `hosts` that are through with the play, each once, by the worst that is known of it. */
export const countHosts = (summary: Summary, play: PlaySummary, hosts: readonly string[]): Counts => {
  const counts: Counts = { ok: 0, changed: 0, failed: 0, unreachable: 0, unknown: 0 };
  for (const host of hosts) {
    if (!play.done.has(host)) continue;
    const status = summary.hosts.get(host)?.end?.status;
    if (status === 'unreachable' || status === 'unknown') counts[status]++;
    else if (status === 'failed' || play.failed.has(host)) counts.failed++;
    else counts[play.changed.has(host) ? 'changed' : 'ok']++;
  }
  return counts;
};

/** Exit code of a run that was interrupted: hosts without a failure may not be through. */
export const interruptedExit = 130;

/** Whether the run only says what it would do. */
export const isPlan = ({ run }: Summary): boolean => run?.command === 'plan' || run?.command === 'check';
