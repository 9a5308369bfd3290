import { ConnectError } from '../connect/types.ts';
import { ShellLost } from '../connect/shell/shell.ts';
import type { Host, Value } from '../inventory/types.ts';
import type { Change, Recorded } from '../contract/changes.ts';
import type { HostPlay, HostTask, Scope, Task } from '../playbook/types.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import type { HostStage } from '../report/events.ts';
import { act } from './act.ts';
import { inputProblem } from './evaluate.ts';
import type { Delegates } from './delegates.ts';
import { takeLock, type BatchOptions } from './batch.ts';
import type { JournalHeader, JournalPart } from './journal.ts';
import type { Batch } from './once.ts';
import { createClaims, type Claims } from './overlap.ts';
import type { HostRecord } from './record.ts';
import { RebootError, type Rebooted } from './reboot.ts';
import type { Ended } from './sequence.ts';
import type { HostShells, OpenShell } from './shells.ts';
import { runStage } from './stage.ts';
import type { StagedTask } from './staged.ts';
import {
  hasChanged,
  itemlessResult,
  judge,
  outcomeOf,
  registeredValue,
  taskResult,
  unknownResult,
} from './task-report.ts';
import { needsFacts, type BoundTask } from './task-plan.ts';
import type { TaskPlans } from './task-plans.ts';

/** What the tasks of one play on one host need. */
export interface TasksOptions {
  readonly host: Host;
  readonly play: HostPlay;
  readonly batch: Batch;
  readonly shells: HostShells;
  readonly delegates: Delegates;
  readonly claims: Claims;
  readonly record: HostRecord;
  readonly check: boolean;
  readonly journal: Omit<JournalHeader, 'host'>;
  readonly journalPart: (host: string) => number;
  readonly writeRecord: (part: JournalPart) => Promise<void>;
  readonly lockTimeout: number;
  readonly planned: ((task: Task, changes: readonly Change[]) => void) | undefined;
  readonly now: () => Date;
  readonly wait: (seconds: number) => Promise<void>;
  readonly prompt: (task: string, text: string) => Promise<string>;
  readonly bootIsDue: (always: boolean) => boolean;
  /** Boots the host that the play is on, as this user. */
  readonly reboot: (user: string | undefined, timeout: number) => Promise<Rebooted | undefined>;
  /** What the failed block has changed on the host that the play is on, to be taken back. */
  readonly rollback: (open: OpenShell) => Promise<Recorded>;
  readonly stopped: () => boolean;
  /** A task has had its turn. */
  readonly finished: (task: HostTask) => void;
  /** A failure that ends the play for every host. */
  readonly halt: (why: string) => void;
  readonly scope: () => Scope;
  readonly on: (stage: HostStage['stage'], detail?: string) => void;
  /** The user that a task becomes on a host; undefined: the login user. */
  readonly userOn: (host: Host, task: HostTask) => string | undefined;
  readonly plans: TaskPlans;
  /** Makes the host's facts known, where a task needs them. Gives whether it may go on: `stopped` where tasks contradict each other. */
  readonly prepare: (open: OpenShell, user: string | undefined) => Promise<Ended>;
  /** Reads of all that is still to come for this user: they travel in the same ask. */
  readonly ahead: (user: string | undefined) => readonly BoundTask[];
}

/** How a list of tasks is run: as handlers, with a rescue behind it. */
export interface TasksContext {
  readonly handler: boolean;
  readonly rescuable: boolean;
  /** Hears which handlers the changed tasks name. */
  readonly notify: (names: readonly string[]) => void;
}

interface Step {
  /** How many of the tasks are done. */
  readonly done: number;
  readonly ended: Ended;
}

const needsRegistered = ({ needs }: HostTask): boolean =>
  needs.params.has('registered') || needs.when.has('registered');

/** It cannot share a stage with the tasks before it. */
const standsAlone = ({ task }: HostTask): boolean => task.delegateTo !== undefined || task.runOnce;

/** Makes the runner of a play's tasks on one host. Throws what the connection throws. */
export const createTaskRunner = (options: TasksOptions) => {
  const { host, play, batch, shells, delegates, record, check, scope } = options;
  const turns = new Map<string, number>();

  const reportContext = ({ handler, rescuable }: TasksContext, delegate?: string) => ({
    host: host.name,
    play: play.play.index,
    handler,
    rescuable,
    delegate,
  });

  /** Its results told, its variables set, its handlers notified. Gives whether it failed for good. */
  const finish = (staged: StagedTask, context: TasksContext, delegate?: string): boolean => {
    const { hostTask, items } = staged;
    const { task } = hostTask;
    for (const item of items) if (item.planned.actions.length === 0 || item.history.failure) judge(task, item);
    record.report(
      items.map((item) => taskResult(reportContext(context, delegate), hostTask, item)),
      items.some(hasChanged),
    );
    if (task.register !== undefined) {
      if (items.some(({ history }) => history.unknown)) record.setUnknown(task.register, task.name);
      else record.set(task.register, registeredValue(task, items));
    }
    options.finished(hostTask);
    const outcomes = items.map(outcomeOf);
    if (outcomes.includes('changed')) context.notify(task.notify);
    const failed = outcomes.includes('failed') && !task.ignoreErrors;
    if (failed) {
      record.set('ansible_failed_task', { name: items[0]?.planned.item.name ?? task.name, action: task.module.kind });
      record.set('ansible_failed_result', registeredValue(task, items));
      if (task.anyErrorsFatal && !context.rescuable) options.halt(`"${task.name}" failed on ${host.name}`);
    }
    return failed;
  };

  /** The task without the items whose acts an interrupt kept from being run: nothing is said of them. */
  const begun = (task: StagedTask): StagedTask => ({
    ...task,
    items: task.items.filter(
      ({ planned, history }) =>
        check || !options.stopped() || planned.actions.length === 0 || history.ran || history.failure,
    ),
  });

  /** Tasks of one shell, staged and acted out; each is told when it has ended, before the next one acts. */
  const stage = async (
    tasks: readonly HostTask[],
    open: OpenShell,
    at: { readonly host: string; readonly claims: Claims; readonly invalidate: () => void },
    ahead: readonly BoundTask[],
    ended: (task: StagedTask) => void,
  ): Promise<void> => {
    const sending: BatchOptions = {
      shell: open.shell,
      anew: open.anew,
      journal: { ...options.journal, host: at.host },
      journalPart: () => options.journalPart(at.host),
      record: options.writeRecord,
      lockTimeout: options.lockTimeout,
      now: options.now,
      wait: options.wait,
      stopped: options.stopped,
      invalidate: at.invalidate,
      on: options.on,
    };
    const staged = await runStage({
      ...sending,
      tasks,
      plans: options.plans,
      view: open.view,
      claims: at.claims,
      check,
      ahead,
      ...(options.planned && { planned: options.planned }),
    });
    for (const task of staged) {
      const { sets, id } = task.hostTask.task;
      ended(
        await act(task, {
          open,
          check,
          lock: () => takeLock(sending),
          stopped: options.stopped,
          wait: options.wait,
          prompt: (text) => options.prompt(id, text),
          bootIsDue: options.bootIsDue,
          reboot: (timeout) =>
            at.host === host.name
              ? options.reboot(options.userOn(host, task.hostTask), timeout)
              : Promise.reject(new RebootError('a host is booted by a task of its own, not by delegation')),
          rollback: async (failed) => {
            const recorded = await options.rollback(open);
            const [back] = await runStage({
              ...sending,
              tasks: [{ ...failed.hostTask, recorded }],
              plans: options.plans,
              view: open.view,
              // What is taken back contradicts what was wanted.
              claims: createClaims(),
              check,
              ahead: [],
            });
            return back!.items[0]!;
          },
          learn: (values) =>
            Object.entries(values).forEach(([name, value]) => sets.includes(name) && record.set(name, value)),
          invalidate: at.invalidate,
          on: options.on,
        }),
      );
    }
  };

  const runDelegated = async (hostTask: HostTask, context: TasksContext): Promise<Ended> => {
    options.on('observe');
    if (needsFacts(hostTask)) {
      // Facts are those of the host itself, wherever the task is done.
      const user = options.userOn(host, hostTask);
      const prepared = await options.prepare(await shells.for(user), user);
      if (prepared !== 'done') return prepared;
    }
    const items = hostTask.items(scope());
    const places = new Map<string, (typeof items)[number][]>();
    for (const item of items) {
      const place = item.delegateTo ?? host.name;
      places.set(place, [...(places.get(place) ?? []), item]);
    }
    if (places.size === 0) places.set(host.name, []);
    const parts: StagedTask[] = [];
    for (const [name, own] of places) {
      const delegate = delegates.get(name);
      if (!delegate) throw new InputError([unknownHost(name, hostTask)]);
      await delegate.alone(async () => {
        const open = await delegate.shells.for(options.userOn(delegate.host, hostTask));
        const at = { host: name, claims: delegate.claims, invalidate: delegate.shells.invalidate };
        await stage([{ ...hostTask, items: () => own }], open, at, [], (part) => parts.push(begun(part)));
      });
    }
    const [delegate] = places.size === 1 ? places.keys() : [];
    const staged = { hostTask, items: parts.flatMap((part) => part.items), failed: parts.some((part) => part.failed) };
    return finish(staged, context, delegate) ? 'failed' : 'done';
  };

  /** One task by itself, for the whole batch where it says so. */
  const runAlone = async (hostTask: HostTask, context: TasksContext): Promise<Ended> => {
    const { task } = hostTask;
    const run = (): Promise<Ended> =>
      task.delegateTo === undefined
        ? runBeside([hostTask], context).then(({ ended }) => ended)
        : runDelegated(hostTask, context);
    if (!task.runOnce) return run();
    const turn = (turns.get(task.id) ?? 0) + 1;
    turns.set(task.id, turn);
    const key = `${task.id} ${turn}`;
    options.on('waiting', `${task.name}: done once`);
    const shared = await batch.turn(host.name, key);
    if (shared) {
      for (const [name, value] of shared.values) record.set(name, value);
      for (const [name, by] of shared.unknown) record.setUnknown(name, by);
      return shared.failed ? 'failed' : 'done';
    }
    const ended = await run();
    const { registered, unknown } = scope();
    const set = <T>(from: ReadonlyMap<string, T>) => new Map([...from].filter(([name]) => task.sets.includes(name)));
    if (ended !== 'stopped')
      batch.share(key, { values: set<Value>(registered), unknown: set(unknown), failed: ended === 'failed' });
    return ended;
  };

  /** As many of the tasks as can go together. */
  const runBeside = async (tasks: readonly HostTask[], context: TasksContext): Promise<Step> => {
    const user = options.userOn(host, tasks[0]!);
    const open = await shells.for(user);
    options.on('observe');
    const prepared = await options.prepare(open, user);
    if (prepared !== 'done') return { done: 0, ended: prepared };
    const end = tasks.findIndex(
      (task, index) =>
        index > 0 &&
        (options.userOn(host, task) !== user ||
          needsRegistered(task) ||
          standsAlone(task) ||
          tasks[index - 1]!.task.failedWhen !== undefined),
    );
    const chosen = end < 0 ? tasks : tasks.slice(0, end);
    const at = { host: host.name, claims: options.claims, invalidate: shells.invalidate };
    let done = 0;
    let failed = false;
    await stage(chosen, open, at, options.ahead(user), (task) => {
      done++;
      failed = finish(begun(task), context) || failed;
    });
    return { done, ended: failed ? 'failed' : done === 0 ? 'stopped' : 'done' };
  };

  const runNext = async (tasks: readonly HostTask[], context: TasksContext): Promise<Step> => {
    const [first] = tasks;
    const waitsFor = check ? first!.waitsFor(scope()) : undefined;
    if (waitsFor !== undefined) {
      record.report([unknownResult(reportContext(context), first!, waitsFor)], true);
      for (const name of first!.task.sets) record.setUnknown(name, first!.task.name);
      context.notify(first!.task.notify);
      return { done: 1, ended: 'done' };
    }
    if (!standsAlone(first!)) return runBeside(tasks, context);
    return { done: 1, ended: await runAlone(first!, context) };
  };

  const isUnreachable = (error: unknown): error is ConnectError | ShellLost =>
    error instanceof ConnectError || error instanceof ShellLost;

  /** Runs tasks in order, as far as they go. */
  return async (tasks: readonly HostTask[], context: TasksContext): Promise<Ended> => {
    let rest = tasks;
    while (rest.length > 0) {
      if (options.stopped()) return 'stopped';
      try {
        const { done, ended } = await runNext(rest, context);
        if (ended !== 'done') return ended;
        rest = rest.slice(done);
      } catch (error) {
        const [first] = rest;
        if (error instanceof InputError) {
          const failed = itemlessResult(reportContext(context), first!, inputProblem(error));
          record.report([failed], false);
          if (!failed.ignored) return 'failed';
        } else if (isUnreachable(error) && first!.task.ignoreUnreachable) {
          shells.reset();
          const lost = itemlessResult(reportContext(context), first!, { reason: 'error', message: error.message });
          record.report([{ ...lost, ignored: true }], false);
        } else throw error;
        rest = rest.slice(1);
      }
    }
    return 'done';
  };
};

const unknownHost = (name: string, { task }: HostTask): Diagnostic => ({
  code: 'unknown-host',
  severity: 'error',
  message: `delegate_to: there is no host "${name}" in the inventory`,
  position: task.position,
});
