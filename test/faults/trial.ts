import type { Bench, Ran, Running, Target } from './bench.ts';
import { exitCode, judge, readDisk, type Status, strayFiles } from './oracle.ts';
import type { Row } from './table.ts';

/** One fault on one host. */
export interface Trial {
  readonly fault: string;
  readonly stage: string;
  readonly host: string;
  readonly vars?: object;
  /** Before perfplay starts. */
  readonly prepare?: (target: Target) => Promise<void> | void;
  /** While it runs. */
  readonly drive?: (target: Target, running: Running) => Promise<void>;
  /** Whether it was really injected. Default: the proxy acted. */
  readonly injected?: (target: Target) => boolean | Promise<boolean>;
  /** What stands still moves again, so that the disk can be judged. */
  readonly thaw?: (target: Target) => Promise<void> | void;
  /** Takes the fault away. */
  readonly undo?: (target: Target) => Promise<void> | void;
  /** The states that are true of it. */
  readonly allowed: readonly Status[];
  /** Names the fault, where the host is not ok or changed: of the host's message, or of a failed task's. */
  readonly says: RegExp;
  /** Writes may be left half done: the host itself was killed. */
  readonly leavesTemporary?: boolean;
}

/** Of perfplay's own call. */
export interface WaveOptions {
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Wave {
  readonly rows: readonly Row[];
  /** All that is wrong, in words. */
  readonly problems: readonly string[];
  readonly ran: Ran;
}

const messagesOf = (ran: Ran, host: string): readonly string[] => {
  const { ended, tasks } = ran.said(host);
  const failed = tasks.filter(({ outcome }) => outcome === 'failed').map(({ message }) => message ?? '');
  return [...ended.flatMap(({ message }) => message ?? []), ...failed];
};

/** After the faults: one run reaches the declared state on all hosts, and a plan has nothing left. */
const recover = async (bench: Bench, targets: readonly Target[]): Promise<readonly string[]> => {
  const hosts = targets.map(({ name }) => name);
  const again = await bench.run(['run', 'site.yml', '--no-canary'], { hosts }).ended;
  const problems: string[] = [];
  if (again.exit !== 0)
    problems.push(
      `the next run ends with ${again.exit}: ${hosts.flatMap((host) => messagesOf(again, host)).join('; ')}`,
    );
  for (const target of targets) {
    const { state, undeclared } = judge(again.said(target.name), await readDisk(target.host), bench.truth);
    const stray = await strayFiles(target.host);
    if (state !== 'declared') problems.push(`${target.name}: ${state} after the next run: ${undeclared.join(' ')}`);
    if (stray.length > 0) problems.push(`${target.name}: after the next run there is ${stray.join(' ')}`);
  }
  const plan = await bench.run(['plan', 'site.yml', '--no-canary', '--detailed-exitcode'], { hosts }).ended;
  if (plan.exit !== 0) problems.push(`the plan after that ends with ${plan.exit}`);
  return problems;
};

/** Three keepalives that are not answered take 45 s, and a host that was lost is waited for a minute. */
const deadlineMs = 150_000;

/** Runs the playbook once over all the trials' hosts, each with its own fault, judges each, and sees them recover. */
export const runWave = async (bench: Bench, trials: readonly Trial[], options: WaveOptions = {}): Promise<Wave> => {
  const pairs = trials.map((trial) => ({ trial, target: bench.target(trial.host) }));
  const targets = pairs.map(({ target }) => target);
  const problems: string[] = [];
  await Promise.all(targets.map((target) => target.reset()));
  await Promise.all(pairs.map(async ({ trial, target }) => trial.prepare?.(target)));
  const running = bench.run(['run', 'site.yml', '--no-canary'], {
    hosts: targets.map(({ name }) => name),
    vars: Object.fromEntries(trials.flatMap(({ host, vars }) => (vars ? [[host, vars]] : []))),
    ...options,
  });
  await Promise.all(
    pairs.map(async ({ trial, target }) => {
      try {
        await trial.drive?.(target, running);
      } catch (error) {
        problems.push(`${trial.fault} at ${trial.stage}: ${String(error)}`);
      }
    }),
  );
  const late = setTimeout(() => {
    problems.push(`perfplay did not end within ${deadlineMs / 1000} s`);
    running.kill('SIGKILL');
  }, deadlineMs);
  const ran = await running.ended;
  clearTimeout(late);
  const injected = await Promise.all(
    pairs.map(async ({ trial, target }) => trial.injected?.(target) ?? target.proxy.injections().length > 0),
  );
  const rows: Row[] = [];
  for (const [index, { trial, target }] of pairs.entries()) {
    const report = (text: string): void =>
      void problems.push(`${trial.fault} at ${trial.stage} on ${target.name}: ${text}`);
    for (const at of ['ask', 'apply', 'step'] as const) await target.release(at);
    await trial.thaw?.(target);
    await target.proxy.mend();
    await target.settled().catch((error: unknown) => report(String(error)));
    const said = ran.said(target.name);
    const verdict = judge(said, await readDisk(target.host), bench.truth);
    const stray = await strayFiles(target.host);
    const [end] = said.ended;
    const messages = messagesOf(ran, target.name);
    rows.push({
      fault: trial.fault,
      stage: trial.stage,
      host: target.name,
      status: end?.status,
      exit: ran.exit,
      message: messages[0] ?? '',
      disk: verdict.state,
      falseSuccesses: verdict.falseSuccesses.length,
      neither: verdict.neither.length,
      stateless: verdict.stateless,
    });
    if (!injected[index]) report('was never injected');
    if (verdict.stateless) report(`has ${said.ended.length} states`);
    for (const lie of verdict.falseSuccesses) report(`false success: ${lie}`);
    for (const path of verdict.neither) report(`neither old nor new: ${path}`);
    if (stray.length > 0 && !trial.leavesTemporary) report(`left behind: ${stray.join(' ')}`);
    if (end && !trial.allowed.includes(end.status))
      report(`is ${end.status} (${messages.join('; ')}), not ${trial.allowed.join(' or ')}`);
    if (end && !['ok', 'changed'].includes(end.status)) {
      if (!messages.some((text) => trial.says.test(text)))
        report(`says ${JSON.stringify(messages)}, not ${String(trial.says)}`);
      if (end.message !== undefined && !end.hint) report(`gives no hint: ${end.message}`);
      if (end.status === 'unreachable' && verdict.state !== 'fresh')
        report(`is unreachable, and changed (${verdict.state})`);
    }
    await trial.undo?.(target);
  }
  const statuses = rows.flatMap(({ status }) => status ?? []);
  if (ran.exit !== exitCode(statuses)) problems.push(`exit ${ran.exit} for ${statuses.join(' ')}: ${ran.stderr}`);
  problems.push(...(await recover(bench, targets)));
  return { rows, problems, ran };
};

/** Runs trials in as few waves as their hosts allow: all their rows and problems. */
export const runTrials = async (
  bench: Bench,
  trials: readonly Trial[],
  options: WaveOptions = {},
): Promise<Pick<Wave, 'rows' | 'problems'>> => {
  const rows: Row[] = [];
  const problems: string[] = [];
  let left = trials;
  while (left.length > 0) {
    const wave = left.filter(({ host }, index) => left.findIndex((other) => other.host === host) === index);
    left = left.filter((trial) => !wave.includes(trial));
    const ran = await runWave(bench, wave, options);
    rows.push(...ran.rows);
    problems.push(...ran.problems);
  }
  return { rows, problems };
};
