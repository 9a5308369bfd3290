import { BecomeError, ConnectError } from '../connect/types.ts';
import { ShellLost } from '../connect/shell/shell.ts';
import { FrameError } from '../connect/shell/frames.ts';
import { facts } from '../contract/facts.ts';
import type { Host, Value } from '../inventory/types.ts';
import type { HostPlay, HostTask, Scope } from '../playbook/types.ts';
import type { Event, HostEnded, HostStage, Pending, Recap, TaskResult } from '../report/events.ts';
import type { JournalHeader } from './journal.ts';
import { createClaims } from './overlap.ts';
import type { HostShells, OpenShell } from './shells.ts';
import { afterWriting, ApplyLost, runStage, type StagedItem, type StagedTask } from './stage.ts';
import type { SnapshotView } from './snapshot-view.ts';
import { bindTask, planTask, readsOf, type BoundTask, type PlannedTask } from './task-plan.ts';
import { newHistory, registeredValue, taskResult } from './task-report.ts';

export interface HostOptions {
  readonly host: Host;
  /** Every play of the run that concerns the host, in order: the first ask carries them all. */
  readonly plays: readonly HostPlay[];
  readonly shells: HostShells;
  readonly check: boolean;
  readonly journal: Omit<JournalHeader, 'host'>;
  readonly emit: (event: Event) => void;
  readonly now: () => Date;
  readonly stopped: () => boolean;
}

export type HostStatus = HostEnded['status'];

/** One host on its way through the run. */
export interface HostRun {
  /** Runs one of its plays; gives whether the host may go on. Never throws for what happens on the host. */
  readonly play: (index: number) => Promise<boolean>;
  readonly failed: () => boolean;
  /** Its last event. */
  readonly end: () => HostEnded;
}

export const createHostRun = (options: HostOptions): HostRun => {
  const { host, plays, shells, check, emit, now } = options;
  const { become, becomeUser } = host.connection;
  /** The inventory's `ansible_become*` win over what plays and tasks say, as in Ansible. */
  const userOf = ({ task }: HostTask): string | undefined =>
    (become ?? task.become) ? (becomeUser ?? task.becomeUser) : undefined;
  const registered = new Map<string, Value>();
  const claims = createClaims();
  const recap = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 };
  const pending = new Set<Pending>();
  let known: Value | undefined;
  let parts = 0;
  let status: HostStatus = 'ok';
  let message: string | undefined;
  let hint: string | undefined;

  const scope = (): Scope => ({ ...(known !== undefined && { facts: known }), registered });
  const stage = (play: number) => (name: HostStage['stage'], detail?: string) =>
    emit({ type: 'host-stage', host: host.name, play, stage: name, ...(detail && { detail }), time: now().getTime() });

  /** Tasks whose parameters are known before anything was asked: their reads travel in the first ask. */
  const readable = (tasks: readonly HostTask[], user: string | undefined): BoundTask[] =>
    tasks
      .filter(
        (task) =>
          userOf(task) === user &&
          !task.needs.params.has('registered') &&
          (known !== undefined || !task.needs.params.has('facts')),
      )
      .flatMap((task) => {
        try {
          return [bindTask(task, scope())];
        } catch {
          return []; // It is bound again, and fails, when its turn comes.
        }
      });

  const learnFacts = async ({ view }: OpenShell, ahead: readonly BoundTask[]): Promise<void> => {
    if (known !== undefined) return;
    await view.ensure([facts, ...ahead.flatMap(readsOf)]);
    known = view.decode(facts) as unknown as Value;
  };

  /** Two tasks of the run, of whatever plays, that would undo each other: found before the first write. */
  const overlap = (view: SnapshotView, tasks: readonly BoundTask[]): PlannedTask | undefined => {
    for (const bound of tasks) {
      if (bound.hostTask.needs.when.has('registered')) continue;
      const planned = planTask(bound, view);
      const problem = claims.claim(planned);
      if (!problem) continue;
      const history = { ...newHistory(), failure: problem };
      const { hostTask, items } = planned;
      report(
        taskResult(
          { host: host.name, play: plays[0]!.play.index, handler: false },
          hostTask,
          items[0]!,
          history,
          [],
          false,
        ),
      );
      return planned;
    }
    return undefined;
  };

  const report = (result: TaskResult): void => {
    emit(result);
    for (const one of result.pending) pending.add(one);
    if (result.outcome === 'failed' && result.ignored) {
      recap.ok++;
      recap.ignored++;
    } else if (result.outcome === 'failed') recap.failed++;
    else if (result.outcome === 'skipped') recap.skipped++;
    else {
      recap.ok++;
      if (result.outcome === 'changed') recap.changed++;
    }
  };

  /** Runs the actions of a task's items; their results go into the histories. */
  const act = async (
    open: OpenShell,
    staged: StagedTask,
    on: (name: HostStage['stage'], detail?: string) => void,
  ): Promise<void> => {
    for (const { planned, history } of staged.items) {
      for (const { action } of planned.actions) {
        if (history.failure || options.stopped()) break;
        on('apply', staged.hostTask.task.noLog ? planned.item.name : action.run.join(' '));
        const output = await open.shell.run(action.run, action.chdir).catch(afterWriting);
        shells.invalidate();
        const stdout = output.stdout.replace(/\n+$/, '');
        const stderr = output.stderr.replace(/\n+$/, '');
        history.ran = true;
        history.result = {
          rc: output.exit,
          stdout,
          stderr,
          stdout_lines: stdout === '' ? [] : stdout.split('\n'),
          stderr_lines: stderr === '' ? [] : stderr.split('\n'),
        };
        if (output.exit !== 0) {
          const said = (stderr || stdout).split('\n').at(-1);
          history.failure = { reason: 'error', message: `exit code ${output.exit}${said ? `: ${said}` : ''}` };
        }
      }
    }
  };

  /** Runs tasks in order; false: the host failed. `notify` hears of the handlers that changed tasks name. */
  const runTasks = async (
    play: HostPlay,
    tasks: readonly HostTask[],
    handler: boolean,
    notify: (names: readonly string[]) => void,
  ): Promise<boolean> => {
    const on = stage(play.play.index);
    let rest = tasks;
    while (rest.length > 0) {
      if (options.stopped()) return false;
      const user = userOf(rest[0]!);
      const open = await shells.for(user);
      const later = plays.slice(plays.indexOf(play) + 1).flatMap((next) => next.tasks);
      const ahead = () => readable([...rest, ...play.handlers, ...later], user);
      on('observe');
      const fresh = known === undefined;
      await learnFacts(open, ahead());
      if (fresh && overlap(open.view, ahead())) {
        status = 'failed';
        return false;
      }
      const end = rest.findIndex((task, index) => index > 0 && (userOf(task) !== user || needsRegistered(task)));
      const chosen = end < 0 ? rest : rest.slice(0, end);
      const staged = await runStage({
        tasks: chosen,
        scope: scope(),
        view: open.view,
        shell: open.shell,
        claims,
        check,
        ahead: ahead(),
        journal: { ...options.journal, host: host.name },
        journalPart: () => ++parts,
        now,
        invalidate: shells.invalidate,
        on,
      });
      const last = staged.at(-1);
      if (last && !check && !last.failed) await act(open, last, on);
      for (const task of staged) finishTask(play, begun(task), handler, notify);
      const stopped = staged.find(
        (task) => task.items.some(({ history }) => history.failure) && !task.hostTask.task.ignoreErrors,
      );
      if (stopped) {
        status = 'failed';
        return false;
      }
      rest = rest.slice(staged.length);
      if (staged.length === 0) break;
    }
    return true;
  };

  /** The task without the items whose actions an interrupt kept from being run: nothing is said of them. */
  const begun = (task: StagedTask): StagedTask => ({
    ...task,
    items: task.items.filter(
      ({ planned, history }) =>
        check || !options.stopped() || planned.actions.length === 0 || history.ran || history.failure,
    ),
  });

  const finishTask = (
    play: HostPlay,
    { hostTask, items }: StagedTask,
    handler: boolean,
    notify: (names: readonly string[]) => void,
  ): void => {
    const { task } = hostTask;
    const context = { host: host.name, play: play.play.index, handler };
    const results = items.map(({ planned, history, warnings }: StagedItem) => {
      if (check && planned.actions.length > 0) history.ran = true;
      const unknown = check && planned.actions.some(({ action }) => action.effect === 'unknown');
      const result = taskResult(context, hostTask, planned, history, warnings, unknown);
      return { result, ...(history.result !== undefined && { own: history.result }) };
    });
    for (const { result } of results) report(result);
    if (task.register !== undefined) registered.set(task.register, registeredValue(results, task.loop !== undefined));
    if (results.some(({ result }) => result.outcome === 'changed')) notify(task.notify);
  };

  const fail = (error: unknown): void => {
    if (error instanceof ApplyLost) {
      status = 'unknown';
      message = `the connection was lost while changes were under way: ${error.message}`;
      hint = 'run again: what was done is seen, what was not is done';
    } else if (error instanceof ConnectError || error instanceof ShellLost) {
      status = 'unreachable';
      recap.unreachable = 1;
      message = error.message;
      hint = error instanceof ConnectError ? error.hint : undefined;
    } else if (error instanceof BecomeError || error instanceof FrameError) {
      status = 'failed';
      recap.failed++;
      message = error.message;
      hint = error instanceof BecomeError ? error.hint : undefined;
    } else {
      // One host's surprise must not end the others' run.
      status = 'failed';
      recap.failed++;
      message = `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      hint = 'this is a fault of perfplay: please report it';
    }
  };

  return {
    play: async (index) => {
      const play = plays.find((one) => one.play.index === index);
      if (!play || status !== 'ok') return status === 'ok';
      const on = stage(index);
      on('connect');
      const notified = new Set<string>();
      const notify = (names: readonly string[]) => names.forEach((name) => notified.add(name));
      try {
        if (await runTasks(play, play.tasks, false, notify)) {
          const handlers = play.handlers.filter(({ task }) => notified.has(task.name));
          await runTasks(play, handlers, true, notify);
        }
      } catch (error) {
        fail(error);
      }
      on('done');
      return status === 'ok';
    },
    failed: () => status !== 'ok',
    end: () => ({
      type: 'host-ended',
      host: host.name,
      status: status === 'ok' && recap.changed > 0 ? 'changed' : status,
      ...(message !== undefined && { message }),
      ...(hint !== undefined && { hint }),
      recap: { ...recap, pending: [...pending] } satisfies Recap,
    }),
  };
};

const needsRegistered = ({ needs }: HostTask): boolean =>
  needs.params.has('registered') || needs.when.has('registered');
