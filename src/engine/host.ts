import { facts } from '../contract/facts.ts';
import type { Host, Value } from '../inventory/types.ts';
import type { Change, Recorded } from '../contract/changes.ts';
import type { HostPlay, HostTask, Play, Task } from '../playbook/types.ts';
import type { Event, HostEnded, HostStage } from '../report/events.ts';
import type { Delegates } from './delegates.ts';
import { HostLocked } from './lock.ts';
import { hostJournal, type JournalHeader, type JournalPart } from './journal.ts';
import { rollbackTask } from './own-task.ts';
import type { Batch } from './once.ts';
import { createNotifications } from './notifications.ts';
import { createClaims, firstConflict } from './overlap.ts';
import { pruneTask, undeclaredOn, undeclaredResult, type Prune } from './prune.ts';
import { broughtBy, notBrought } from './after-boot.ts';
import { failureOf } from './host-failure.ts';
import { reboot, RebootError, type Rebooted } from './reboot.ts';
import { createRecord } from './record.ts';
import { everyTask, likelyTasks, runSequence, type Ended, type SequenceActs } from './sequence.ts';
import type { HostShells, OpenShell } from './shells.ts';
import type { SnapshotView } from './snapshot-view.ts';
import { keeps, keptReads, knownTo, needsFacts, readsOf, type BoundTask } from './task-plan.ts';
import { createTaskPlans, type TaskPlans } from './task-plans.ts';
import { itemlessResult } from './task-report.ts';
import { createTaskRunner, type TasksContext } from './tasks.ts';

export interface HostOptions {
  readonly host: Host;
  /** Every play of the run that concerns the host, in order: the first ask carries them all. */
  readonly plays: readonly HostPlay[];
  readonly shells: HostShells;
  readonly delegates: Delegates;
  readonly check: boolean;
  readonly prune: Prune;
  readonly journal: Omit<JournalHeader, 'host'>;
  /** The number of the next part of a host's journal. */
  readonly journalPart: (host: string) => number;
  /** Puts changes into the controller's record of the run, before they are made. */
  readonly writeRecord: (part: JournalPart) => Promise<void>;
  /** Seconds to wait for a host that another run holds. */
  readonly lockTimeout: number;
  /** In a check: hears of the changes that a task would make on this host. */
  readonly planned?: (play: Play, task: Task, changes: readonly Change[]) => void;
  readonly emit: (event: Event) => void;
  readonly now: () => Date;
  readonly wait: (seconds: number) => Promise<void>;
  readonly prompt: (task: string, text: string) => Promise<string>;
  /** Nothing more is begun. */
  readonly stopped: () => boolean;
  /** Somebody interrupts the run: what is under way is given up. */
  readonly signal: AbortSignal;
  readonly halt: (why: string) => void;
  /** Waits until the host may go down in a play, and calls `waits` where it must; gives what says that it is back. Undefined: the run was stopped before. */
  readonly takeDown: (play: Play, waits: () => void) => Promise<(() => void) | undefined>;
}

export type HostStatus = HostEnded['status'];

/** One host on its way through the run. */
export interface HostRun {
  /** Runs one of its plays beside the other hosts of its batch. Never throws for what happens on it. */
  readonly play: (index: number, batch: Batch) => Promise<Ended>;
  /** Its last event. */
  readonly end: () => HostEnded;
}

export const createHostRun = (options: HostOptions): HostRun => {
  const { host, plays, shells, emit, now } = options;
  const record = createRecord(emit);
  const claims = createClaims();
  const done = new Set<HostTask>();
  let isRebooted = false;
  /** On its way through drain, boot and undrain. */
  let isOutOfService = false;
  /** Facts, where a task of the run asks for them. */
  let known: Value | undefined;
  let isPrepared = false;
  let status: HostStatus = 'ok';
  let isLocked = false;
  /** The last part of the host's own journal. */
  let lastPart = 0;
  /** From which part on a rollback takes changes back. */
  let rollbackFrom = 1;
  let isRolledBack = false;
  /** The play has failed here, and is taken back. */
  let isRollingBack = false;
  let message: string | undefined;
  let hint: string | undefined;

  /** The inventory's `ansible_become*` win over what plays and tasks say, as in Ansible. */
  const userOn = ({ connection }: Host, { task }: HostTask): string | undefined =>
    (connection.become ?? task.become) ? (connection.becomeUser ?? task.becomeUser) : undefined;

  const scope = () => record.scope(known);
  const isAsked = plays.some(({ sequence, handlers }) => [...everyTask(sequence), ...handlers].some(needsFacts));
  const factReads = isAsked ? [facts] : [];
  const learnFacts = (view: SnapshotView): void => {
    if (isAsked) known = view.decode(facts) as unknown as Value;
  };

  /** Tasks whose parameters are known before anything was asked: their reads travel in the first ask. */
  const readable = (tasks: readonly HostTask[], user: string | undefined, { bind }: TaskPlans): readonly BoundTask[] =>
    tasks
      .filter(
        (task) =>
          userOn(host, task) === user &&
          task.task.delegateTo === undefined &&
          !task.needs.params.has('registered') &&
          (known !== undefined || !task.needs.params.has('facts')),
      )
      .flatMap((task) => {
        try {
          return [bind(task)];
        } catch {
          return []; // It is bound again, and fails, when its turn comes.
        }
      });

  const fail = (error: unknown): void => {
    const failure = failureOf(error, isOutOfService);
    ({ status, message, hint } = failure);
    if (status === 'unreachable') record.countUnreachable();
    else if (status === 'failed') record.countFailure();
    isLocked = error instanceof HostLocked;
  };

  const runPlay = async (play: HostPlay, batch: Batch): Promise<Ended> => {
    const on = (name: HostStage['stage'], detail?: string): void =>
      emit({
        type: 'host-stage',
        host: host.name,
        play: play.play.index,
        stage: name,
        ...(detail && { detail }),
        time: now().getTime(),
      });
    const later = plays.slice(plays.indexOf(play) + 1).flatMap((next) => likelyTasks(next.sequence));
    const own = [...likelyTasks(play.sequence), ...play.handlers];
    const plans = createTaskPlans(scope);
    const ahead = (user: string | undefined) =>
      readable([...own.filter((task) => !done.has(task)), ...later], user, plans);

    /** The first ask of the run: facts where they are needed, and all that can be read already. */
    const prepare = async ({ view }: OpenShell, user: string | undefined): Promise<Ended> => {
      if (isPrepared) return 'done';
      await view.ensure([...factReads, ...ahead(user).flatMap(readsOf)]);
      learnFacts(view);
      isPrepared = true;
      const early = ahead(user).filter(({ hostTask }) => !hostTask.needs.when.has('registered'));
      // Two tasks of the run, of whatever plays, that would undo each other: found before the first write.
      const found = firstConflict(
        claims,
        early.map((bound) => plans.plan(bound, view)),
      );
      if (!found) return 'done';
      const context = { host: host.name, play: play.play.index, handler: false, rescuable: false };
      record.report([itemlessResult(context, found.task, found.problem)], false);
      return 'stopped';
    };

    const bootIsDue = (always: boolean): boolean =>
      !isRebooted && (always || record.recap().pending.includes('reboot'));

    /** Observes the host anew, and all that the run has declared so far. */
    const afterBoot = async (user: string | undefined) => {
      const { view } = await shells.for(user);
      view.invalidate();
      await view.ensure(factReads);
      learnFacts(view);
      const bound = readable([...done], user, plans);
      await view.ensure(bound.flatMap(readsOf));
      return broughtBy(bound.map((task) => plans.plan(task, view)));
    };

    /** Gives what says that the host is up again; undefined: the run was stopped before. */
    const takeDown = async (): Promise<(() => void) | undefined> =>
      options.check ? () => undefined : options.takeDown(play.play, () => on('waiting', 'others are down'));

    /** It keeps its place among those that are down, so that nobody else may go. */
    const keepDown = (): void => options.halt(`${host.name} was to be rebooted, and is not back in service`);

    const rebootAs = async (user: string | undefined, timeout: number): Promise<Rebooted | undefined> => {
      const { wait, signal } = options;
      const putBack = isOutOfService ? () => undefined : await takeDown();
      if (!putBack) return undefined;
      try {
        isRebooted = true;
        const rebooted = await reboot({ shells, user, timeout, wait, signal, on: (detail) => on('reboot', detail) });
        const { missing, gone } = await afterBoot(user);
        if (missing.length > 0) throw notBrought(missing);
        record.booted();
        putBack();
        return { ...rebooted, gone };
      } catch (error) {
        if (error instanceof RebootError && !error.lost) putBack();
        else keepDown();
        throw error;
      }
    };

    const { notify, take, ran } = createNotifications(play.handlers);
    const rollback = async ({ view }: OpenShell): Promise<Recorded> => {
      const journal = hostJournal(options.journal.run, rollbackFrom);
      view.invalidate();
      await view.ensure([journal]);
      const { parts, folders } = view.decode(journal);
      isRolledBack = true;
      return { changes: parts.flatMap(({ changes }) => changes), direction: 'back', force: false, folders };
    };

    const runTasks = createTaskRunner({
      ...options,
      rollback,
      journalPart: (of) => {
        const part = options.journalPart(of);
        if (of === host.name) lastPart = part;
        return part;
      },
      planned: options.planned && ((task, changes) => options.planned?.(play.play, task, changes)),
      play,
      batch,
      record,
      claims,
      scope,
      on,
      userOn,
      prepare,
      ahead,
      plans,
      // Where another host stops the run, one that is out of service is still brought back.
      stopped: () => (isOutOfService || isRollingBack ? options.signal.aborted : options.stopped()),
      bootIsDue,
      reboot: rebootAs,
      finished: (task) => {
        done.add(task);
        ran(task);
      },
    });
    const run = (tasks: readonly HostTask[], context: Omit<TasksContext, 'notify'>): Promise<Ended> =>
      runTasks(tasks, { ...context, notify });
    const acts: SequenceActs = {
      tasks: (tasks, rescuable) => run(tasks, { handler: false, rescuable }),
      reboot: async (part, rescuable) => {
        if (!bootIsDue(false)) return 'done';
        const putBack = await takeDown();
        if (!putBack) return 'stopped';
        isOutOfService = true;
        const steps = [part.drain, [{ kind: 'task', task: part.reboot } as const], part.checks, part.undrain];
        try {
          for (const step of steps) {
            const ended = await runSequence(step, acts, rescuable);
            if (ended !== 'done') return ended;
          }
          isOutOfService = false;
          putBack();
          return 'done';
        } finally {
          if (isOutOfService) keepDown();
        }
      },
      flushHandlers: async (rescuable) => {
        // Handlers may notify handlers: each round runs those that became due in the one before.
        for (let round = 0; round <= play.handlers.length; round++) {
          const due = take();
          if (due.length === 0) break;
          const flushed = await run(due, { handler: true, rescuable });
          if (flushed !== 'done') return flushed;
        }
        return 'done';
      },
      enterBlock: () => lastPart + 1,
      isRolledBack: () => {
        const was = isRolledBack;
        isRolledBack = false;
        if (was) record.countFailure();
        return was;
      },
      rescue: (failed, since) => {
        record.countRescue();
        rollbackFrom = since;
        claims.forget(failed);
        options.delegates.forget(failed);
      },
    };
    /** After the last task: what is kept and was declared by none of them. Nothing is said where not all of them had their turn. */
    const prune = async (): Promise<Ended> => {
      const all = plays.flatMap(({ sequence, handlers }) => [...everyTask(sequence), ...handlers]);
      const keeping = all.filter(({ task }) => keeps(task));
      const like = keeping[0] ?? (options.prune === 'remove' ? all[0] : undefined);
      if (options.prune === 'off' || !like || !keeping.every((task) => done.has(task))) return 'done';
      const { view } = await shells.for(userOn(host, like));
      await view.ensure(keptReads);
      const undeclared = undeclaredOn(knownTo(view), claims);
      const { entries, originals, removed } = undeclared;
      if (options.prune === 'remove' && entries.length + originals.length + removed.length > 0)
        return run([pruneTask(undeclared, like)], { handler: false, rescuable: false });
      if (options.prune === 'list' && entries.length + originals.length > 0)
        emit(undeclaredResult(host.name, play.play.index, undeclared, like));
      return 'done';
    };

    /** `on_failure: rollback`: what the play has changed here goes back. */
    const takeBack = async (): Promise<void> => {
      const like = everyTask(play.sequence).find(({ task }) => task.become) ?? everyTask(play.sequence)[0];
      if (!like || options.check || lastPart < playFrom) return;
      rollbackFrom = playFrom;
      isRollingBack = true;
      await run([rollbackTask(play.play, like.task)], { handler: false, rescuable: false });
      isRollingBack = false;
    };

    on('connect');
    const playFrom = lastPart + 1;
    let ended = await runSequence(play.sequence, acts, false);
    if (ended === 'failed' && play.play.onFailure === 'rollback') await takeBack();
    if (ended === 'done' && play === plays.at(-1)) ended = await prune();
    on('done');
    return ended;
  };

  return {
    play: async (index, batch) => {
      const play = plays.find((one) => one.play.index === index);
      if (!play || status !== 'ok') return status === 'ok' ? 'done' : 'failed';
      try {
        const ended = await runPlay(play, batch);
        if (ended === 'failed' || (ended === 'stopped' && record.recap().failed > 0)) status = 'failed';
        else return ended;
      } catch (error) {
        fail(error);
        if (likelyTasks(play.sequence)[0]?.task.anyErrorsFatal) options.halt(`${host.name} is ${status}`);
      } finally {
        batch.leave(host.name);
      }
      return 'failed';
    },
    end: () => {
      const recap = record.recap();
      return {
        type: 'host-ended',
        host: host.name,
        status: status === 'ok' && recap.changed > 0 ? 'changed' : status,
        ...(isLocked && { locked: true as const }),
        ...(message !== undefined && { message }),
        ...(hint !== undefined && { hint }),
        recap,
      };
    },
  };
};
