import type { Act } from '../contract/steps.ts';
import type { Value } from '../inventory/types.ts';
import type { Task } from '../playbook/types.ts';
import { RebootError, type Rebooted } from './reboot.ts';
import type { OpenShell } from './shells.ts';
import { afterWriting } from './batch.ts';
import type { StagedTask } from './staged.ts';
import { planTask, readsOf } from './task-plan.ts';
import { judge, type ItemHistory, type StagedItem } from './task-report.ts';

export interface ActOptions {
  readonly open: OpenShell;
  readonly check: boolean;
  /** Makes sure that no other run changes the host meanwhile: why it cannot. Throws HostLocked. */
  readonly lock: () => Promise<string | undefined>;
  readonly stopped: () => boolean;
  /** Seconds; ends early when the run is interrupted. */
  readonly wait: (seconds: number) => Promise<void>;
  /** Asks whoever is at the terminal; an empty answer where nobody is. */
  readonly prompt: (text: string) => Promise<string>;
  /** Whether something that was declared waits for a boot, and the host was not booted by this run. */
  readonly bootIsDue: (always: boolean) => boolean;
  /** Boots the host; seconds. Undefined: the run was stopped before its turn. Throws RebootError. */
  readonly reboot: (timeout: number) => Promise<Rebooted | undefined>;
  /** Takes back what the failed block has changed. */
  readonly rollback: (task: StagedTask) => Promise<StagedItem>;
  readonly learn: (values: Readonly<Record<string, Value>>) => void;
  /** No view of the host is true any more. */
  readonly invalidate: () => void;
  readonly on: (stage: 'apply' | 'observe', detail?: string) => void;
}

/** Exit codes of timeout(1): ended, and killed; of busybox: ended by SIGTERM. */
const timedOut = new Set([124, 137, 143]);

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'));

type RunAct = Extract<Act, { run: unknown }>;
type RebootAct = Extract<Act, { reboot: unknown }>;
type AwaitAct = Extract<Act, { awaits: unknown }>;

/** The last lines of a program that are shown where it fails. */
const shownLines = 10;

const runProgram = async (act: RunAct, task: Task, staged: StagedItem, options: ActOptions): Promise<void> => {
  const { planned, history } = staged;
  const { timeout } = task;
  options.on('apply', task.noLog ? planned.item.name : act.run.join(' '));
  const { environment } = planned.item;
  const program = { argv: act.run, environment, ...(timeout !== undefined && { timeout }) };
  const refused = await options.lock();
  if (refused !== undefined) {
    history.failure = { reason: 'refused', message: refused };
    return;
  }
  const output = await options.open.shell.run(program, act.chdir).catch(afterWriting);
  options.invalidate();
  const stdout = output.stdout.replace(/\n+$/, '');
  const stderr = output.stderr.replace(/\n+$/, '');
  history.ran = true;
  history.result = {
    rc: output.exit,
    stdout,
    stderr,
    stdout_lines: linesOf(stdout),
    stderr_lines: linesOf(stderr),
  };
  if (output.exit === 0) return;
  const lines = linesOf(stderr || stdout);
  const isTimeout = timeout !== undefined && timedOut.has(output.exit);
  const last = lines.length > 0 ? `: ${lines.at(-1)}` : '';
  const end = isTimeout ? `ended after its timeout of ${timeout} s` : `exit code ${output.exit}${last}`;
  const below = isTimeout || lines.length > 1 ? lines.slice(-shownLines) : [];
  history.failure = { reason: 'error', message: [end, ...below].join('\n') };
};

const showText = (history: ItemHistory, text: string): void => {
  history.output = history.output === undefined ? text : `${history.output}\n${text}`;
  history.result = { ...history.result, msg: history.output };
};

const rebootHost = async ({ timeout }: RebootAct, { history }: StagedItem, options: ActOptions): Promise<void> => {
  try {
    const rebooted = await options.reboot(timeout);
    if (!rebooted) return;
    const { state, seconds, gone = [] } = rebooted;
    history.ran = true;
    history.result = { rebooted: true, elapsed: seconds };
    if (gone.length > 0) showText(history, `not kept, and so gone with the boot: ${gone.join(', ')}`);
    if (state === 'degraded') showText(history, 'the host is up; systemd calls it degraded: some units have failed');
  } catch (error) {
    if (!(error instanceof RebootError)) throw error;
    const { reason, message, hint } = error;
    history.failure = { reason, message: hint === undefined ? message : `${message}\n${hint}` };
  }
};

/** Observes and plans an item again until its `awaits` is gone. */
const awaitStep = async (
  act: AwaitAct,
  { hostTask }: StagedTask,
  staged: StagedItem,
  options: ActOptions,
): Promise<StagedItem> => {
  const { view } = options.open;
  const { item } = staged.planned;
  const bound = { hostTask, items: [{ item, reads: hostTask.task.module.observe(item.params as never) }] };
  const started = Date.now();
  for (;;) {
    const left = act.timeout - (Date.now() - started) / 1000;
    if (left <= 0) {
      staged.history.failure = { reason: 'error', message: `not within ${act.timeout} s: ${act.awaits}` };
      return staged;
    }
    options.on('observe', hostTask.task.noLog ? item.name : `waits for ${act.awaits}`);
    await options.wait(Math.min(act.every, left));
    if (options.stopped()) return staged;
    options.invalidate();
    await view.ensure(readsOf(bound));
    const planned = planTask(bound, view).items[0]!;
    if (planned.actions.length === 0) return { ...staged, planned };
  }
};

const pause = async (seconds: number, { on, wait }: ActOptions): Promise<void> => {
  on('observe', `pauses for ${seconds} s`);
  await wait(seconds);
};

const actOnce = async (task: StagedTask, first: StagedItem, options: ActOptions): Promise<StagedItem> => {
  let staged = first;
  const { history } = staged;
  for (const { action } of first.planned.actions) {
    if (history.failure || options.stopped()) break;
    if ('show' in action) showText(history, action.show);
    else if ('learn' in action) {
      options.learn(action.learn);
      history.result = { ansible_facts: action.learn };
    } else if ('reboot' in action) {
      if (!options.bootIsDue(action.reboot === 'always')) continue;
      if (options.check) history.ran = true;
      else await rebootHost(action, staged, options);
    } else if ('rollback' in action) staged = await options.rollback(task);
    else if (options.check) {
      const isUnknown = 'awaits' in action || ('run' in action && action.effect === 'unknown');
      history.ran ||= !('pause' in action);
      if (!('pause' in action)) history.unknown = isUnknown ? 'effect' : (history.unknown ?? 'result');
    } else if ('run' in action) await runProgram(action, task.hostTask.task, staged, options);
    else if ('awaits' in action) staged = await awaitStep(action, task, staged, options);
    else if (action.prompt === undefined) await pause(action.pause ?? 0, options);
    else history.result = { user_input: await options.prompt(action.prompt) };
  }
  return staged;
};

/** Acts until `until` holds, `retries` times more where it does not. */
const actUntil = async (task: StagedTask, first: StagedItem, options: ActOptions): Promise<StagedItem> => {
  const { retries, delay, until } = task.hostTask.task;
  const { history } = first;
  const giveUp = (attempts: number, why: string): void => {
    const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
    history.failure = { reason: 'error', message: `until does not hold after ${tries}${why}` };
  };
  for (let attempts = 1; ; attempts++) {
    const staged = await actOnce(task, first, options);
    const isBegun = history.ran || history.result !== undefined;
    if (options.stopped() && !isBegun) return staged;
    if (until && history.result) history.result = { ...history.result, attempts };
    if (judge(task.hostTask.task, staged) || options.check) return staged;
    if (attempts > retries) {
      giveUp(attempts, history.failure ? ` (${history.failure.message})` : '');
      return staged;
    }
    options.on('observe', `try ${attempts} of ${retries + 1} is done, the next in ${delay} s`);
    if (!options.stopped()) await options.wait(delay);
    if (options.stopped()) {
      giveUp(attempts, ': interrupted');
      return staged;
    }
    delete history.failure;
  }
};

/** Runs the acts of a task's items, in order; an item that failed or is skipped has none. */
export const act = async (task: StagedTask, options: ActOptions): Promise<StagedTask> => {
  const items: StagedItem[] = [];
  for (const staged of task.items) {
    const acts = !staged.planned.skipped && !staged.history.failure && staged.planned.actions.length > 0;
    items.push(acts ? await actUntil(task, staged, options) : staged);
  }
  return { ...task, items };
};
