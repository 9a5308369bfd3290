import { InputError } from '../diagnostics.ts';
import type { Change } from '../contract/changes.ts';
import { afterWriting, sendBatch, type BatchOptions } from './batch.ts';
import type { HostTask, Task } from '../playbook/types.ts';
import { composeApply, resultOf, type TaskWork } from './apply.ts';
import {
  inputProblem,
  overriddenBy,
  textOf,
  wantedText,
  type Evaluation,
  type Known,
  type Problem,
} from './evaluate.ts';
import type { Claims } from './overlap.ts';
import { targetKey } from './targets.ts';
import type { SnapshotView } from './snapshot-view.ts';
import { knownTo, noItem, readsOf, type BoundTask, type PlannedItem, type PlannedTask } from './task-plan.ts';
import type { TaskPlans } from './task-plans.ts';
import { stagedTask, type StagedTask } from './staged.ts';
import { changeOf, newHistory, type ItemHistory } from './task-report.ts';

/** Tasks of one shell that converge together: rounds of observe, plan, apply until nothing new is left to do. */
export interface StageOptions extends BatchOptions {
  readonly tasks: readonly HostTask[];
  readonly plans: TaskPlans;
  readonly view: SnapshotView;
  readonly claims: Claims;
  /** Plans once and writes nothing. */
  readonly check: boolean;
  /** Reads of later tasks and plays: they travel in the same ask. */
  readonly ahead: readonly BoundTask[];
  /** In a check: hears of what would be recorded. */
  readonly planned?: (task: Task, changes: readonly Change[]) => void;
}

const maxRounds = 6;

interface Reached {
  readonly planned: PlannedTask;
  readonly state: TaskState;
  failed: boolean;
}

const staged = (reached: readonly Reached[]): readonly StagedTask[] =>
  reached.map(({ planned, state, failed }) => stagedTask(planned, state.histories, failed));

interface TaskState {
  readonly bound: BoundTask;
  readonly histories: readonly ItemHistory[];
}

/** A value in a sentence: of a text of several lines their number. */
const brief = (text: string): string =>
  text.includes('\n') ? `${text.replace(/\n$/, '').split('\n').length} lines` : text;

type Written = Map<string, { readonly keep: boolean }>;

const keepsDiffering = (evaluation: Evaluation, written: Written, known: Known): Problem | undefined => {
  const { setting, write, keep } = evaluation;
  const before = written.get(setting.key);
  if (!before) return undefined;
  if (write) {
    const allowed = setting.allowed && setting.allowed.length > 0 ? `; allowed: ${setting.allowed.join(' ')}` : '';
    const [wanted, found] = [wantedText(setting) ?? 'absent', textOf(setting.running) ?? 'nothing'];
    return { reason: 'ineffective', message: `wrote ${brief(wanted)}, read back ${brief(found)}${allowed}` };
  }
  if (keep && before.keep && keep !== 'forget')
    return (
      evaluation.problem ?? {
        reason: 'ineffective',
        message: `wrote ${keep.value ?? 'absent'}, but ${overriddenBy(keep, known)}`,
      }
    );
  return undefined;
};

/** What is wrong with an item as it stands; `waits`: it may come right once something earlier was changed. */
const problemOf = (
  item: PlannedItem,
  history: ItemHistory,
  written: Written,
  known: Known,
  check: boolean,
): { readonly problem: Problem; readonly waits: boolean } | undefined => {
  if (history.failure) return { problem: history.failure, waits: false };
  if (item.problem) return { problem: item.problem, waits: false };
  for (const evaluation of item.evaluations) {
    const problem = keepsDiffering(evaluation, written, known);
    if (problem)
      return { problem: { ...problem, message: `${evaluation.setting.key}: ${problem.message}` }, waits: false };
  }
  for (const { problem, setting } of item.evaluations)
    if (problem) return { problem: { ...problem, message: `${setting.key}: ${problem.message}` }, waits: true };
  for (const { finding, message } of item.findings)
    if (finding === 'failed') return { problem: { reason: 'error', message }, waits: !check };
    else if (finding !== 'warning' && finding !== 'pending')
      return { problem: { reason: finding, message }, waits: true };
  return undefined;
};

const isRiskyPlan = ({ items }: PlannedTask): boolean =>
  items.some(({ evaluations }) =>
    evaluations.some(({ setting, write, problem }) => setting.risks && write && !problem),
  );

/** A kernel that ignores what is written may still be written to: the boot value is another matter. */
const isObstructed = ({ problem }: Evaluation): boolean => problem !== undefined && problem.reason !== 'ineffective';

/**
 * Runs a stage. Gives the tasks that were reached, in order, each with its last plan and its history; the last one may have
 * actions to run. Throws ShellLost (nothing was written), ApplyLost (something was, or may have been), HostLocked, BecomeError and ConnectError.
 */
export const runStage = async (options: StageOptions): Promise<readonly StagedTask[]> => {
  const { view, plans, check, claims } = options;
  const known = knownTo(view);
  const written: Written = new Map();
  const failures = new Set<string>();
  const bindAll = (): readonly TaskState[] => options.tasks.map((hostTask) => bindSafely(hostTask, plans));
  let states = bindAll();
  let applied = 0;
  let rounds = 0;

  for (;;) {
    options.on(applied === 0 ? 'observe' : 'verify');
    const observed = view.ensure([...states.map(({ bound }) => bound), ...options.ahead].flatMap(readsOf));
    await (applied === 0 ? observed : observed.catch(afterWriting));
    options.on('plan');
    const reached: Reached[] = [];
    const work: (TaskWork & { readonly task: Task })[] = [];
    const todo: { evaluation: Evaluation; history: ItemHistory; task: Task }[] = [];
    /** What cannot be written now, and what depends on it. */
    const stuck = new Set(failures);
    /** What this round writes already: a task that wants the same finds it done. */
    const taken = check ? claims.foreseen : new Set<string>();
    let isShort = false;

    for (const state of states) {
      const planned = plans.plan(state.bound, view);
      const { task } = planned.hostTask;
      const overlap = claims.claim(planned);
      const entry = { planned, state, failed: false };
      reached.push(entry);
      const evaluations: Evaluation[] = [];
      // What may cut the connection is kept once it has not; of a record all together, as its files come back whole.
      const isRisky = !check && isRiskyPlan(planned);
      for (const [index, item] of planned.items.entries()) {
        const history = state.histories[index]!;
        for (const evaluation of item.evaluations) {
          if (evaluation.note !== undefined) history.notes.add(evaluation.note);
          const { key, dependsOn = [] } = evaluation.setting;
          if (dependsOn.some((other) => stuck.has(other)) || isObstructed(evaluation)) stuck.add(key);
          if (stuck.has(key) || !(evaluation.write || evaluation.keep)) continue;
          if (keepsDiffering(evaluation, written, known)) continue;
          const { target } = evaluation.setting.running;
          if (target && evaluation.write && !evaluation.keep) {
            if (taken.has(targetKey(target))) continue;
            taken.add(targetKey(target));
          }
          const { keep, ...running } = evaluation;
          const waits = isRisky && keep && (planned.restored ?? (evaluation.setting.risks && evaluation.write));
          if (waits && !evaluation.write) continue;
          const now = waits ? running : evaluation;
          evaluations.push(now);
          todo.push({ evaluation: now, history, task });
        }
      }
      const problems = planned.items.flatMap((item, index) => {
        const found = overlap
          ? { problem: overlap, waits: false }
          : problemOf(item, state.histories[index]!, written, known, check);
        return found ? [{ ...found, index }] : [];
      });
      const tolerated = (reason: string): boolean => reason === 'unsupported' && task.unsupported !== 'fail';
      const serious = problems.filter(({ problem }) => !tolerated(problem.reason));
      if (overlap) {
        evaluations.length = 0;
        todo.splice(0, todo.length, ...todo.filter(({ history }) => !state.histories.includes(history)));
      }
      if (evaluations.length > 0 || work.length > 0)
        work.push({
          task,
          evaluations: dependents(planned, evaluations),
          ignoreErrors: task.ignoreErrors || task.failedWhen !== undefined,
          remembers: task.module.removable && !task.absent,
          secret: task.noLog,
          ...(planned.restored && { restored: planned.restored }),
          programs: programsOf(planned),
        });
      if (serious.length > 0) {
        const waiting = serious.every(({ waits }) => waits) && todo.length > 0;
        if (!waiting) {
          entry.failed = true;
          for (const { problem, index } of serious) state.histories[index]!.failure ??= problem;
        }
        if (!task.ignoreErrors && (!check || !waiting)) break;
      }
      if (!check && planned.items.some(({ actions }) => actions.length > 0)) break;
      // What comes after it begins when the connection has stood it.
      isShort = !check && evaluations.some(({ setting, write }) => setting.risks && write);
      if (isShort) break;
    }

    if (check) {
      if (options.planned)
        for (const one of work) options.planned(one.task, composeApply([one], view.snapshot(), known).changes);
      for (const { evaluation, history } of todo) history.changes.set(evaluation.setting.key, changeOf(evaluation));
      return staged(reached);
    }
    if (todo.length === 0) return staged(reached);
    if (rounds + 1 >= maxRounds) {
      for (const { evaluation, history } of todo)
        history.failure ??= {
          reason: 'ineffective',
          message: `${evaluation.setting.key} still differs after ${maxRounds} rounds`,
        };
      for (const { evaluation } of todo) failures.add(evaluation.setting.key);
      continue;
    }

    const batch = composeApply(work, view.snapshot(), known);
    options.on('apply', todo[0] && describe(todo[0].evaluation, todo[0].task));
    const sent = await sendBatch(options, batch, known);
    if ('again' in sent) {
      // What was found before counts no more, unless something of this was written already.
      if (applied === 0) states = bindAll();
      continue;
    }
    applied++;
    if (!isShort) rounds++;
    if ('refused' in sent) {
      for (const { history } of todo) history.failure ??= { reason: 'refused', message: sent.refused };
      for (const { evaluation } of todo) failures.add(evaluation.setting.key);
      continue;
    }
    const { results, undone } = sent;
    for (const { evaluation, history } of todo) {
      const { setting } = evaluation;
      const own = batch.opsOf.get(setting.key) ?? [];
      const outcome = (setting.risks && evaluation.write && undone) || resultOf(setting, own, results);
      if (own.length === 0 && !evaluation.write) {
        // It stands already, and another file counts more.
        written.set(setting.key, { keep: true });
        continue;
      }
      const begun = evaluation.write && results[own[0] ?? 0]?.state === 0;
      if (outcome === 'skipped' && !begun) continue;
      const earlier = history.changes.get(setting.key);
      const change = earlier
        ? {
            ...changeOf(evaluation),
            before: earlier.before,
            levels: [...new Set([...earlier.levels, ...evaluation.levels])],
          }
        : changeOf(evaluation);
      if (outcome === 'skipped') {
        // The running value stands; what keeps it waits for a later round.
        written.set(setting.key, { keep: false });
        history.changes.set(setting.key, { ...change, levels: change.levels.slice(0, 1) });
      } else if (outcome) {
        failures.add(setting.key);
        history.failure ??= { reason: outcome.reason, message: `${setting.key}: ${outcome.message}` };
        history.changes.set(setting.key, { ...change, failed: outcome });
      } else {
        written.set(setting.key, { keep: evaluation.keep !== undefined });
        history.changes.set(setting.key, change);
      }
    }
  }
};

/** Settings whose dependency is written in this round are written again, though they agree: the kernel may reset them. */
const dependents = ({ items }: PlannedTask, chosen: readonly Evaluation[]): readonly Evaluation[] => {
  const keys = new Set(chosen.filter(({ write }) => write).map(({ setting }) => setting.key));
  const all = items.flatMap((item) => item.evaluations);
  return all.flatMap((evaluation) => {
    const own = chosen.find(({ setting }) => setting === evaluation.setting);
    const depends = !evaluation.problem && evaluation.setting.dependsOn?.some((key) => keys.has(key));
    const { keep: _, ...running } = evaluation;
    return own ? [own] : depends ? [running] : [];
  });
};

const describe = ({ setting, before, after }: Evaluation, { noLog }: Task): string =>
  noLog ? setting.key : `${setting.key} ${brief(before ?? 'absent')} → ${brief(after ?? 'absent')}`;

/** What the programs of each key run with. */
const programsOf = ({ hostTask: { task }, items }: PlannedTask): TaskWork['programs'] =>
  new Map(
    items.flatMap(({ item: { environment }, evaluations }) =>
      environment.size === 0 && task.timeout === undefined
        ? []
        : evaluations.map(({ setting }) => [
            setting.key,
            { environment, ...(task.timeout !== undefined && { timeout: task.timeout }) },
          ]),
    ),
  );

/** A late value of a wrong type fails its task, and only that. */
const bindSafely = (hostTask: HostTask, plans: TaskPlans): TaskState => {
  try {
    const bound = plans.bind(hostTask);
    return { bound, histories: bound.items.map(newHistory) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const history = newHistory();
    history.failure = inputProblem(error);
    return { bound: { hostTask, items: [{ item: noItem(hostTask), reads: {} }] }, histories: [history] };
  }
};
