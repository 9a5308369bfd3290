import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import { type Bench, startBench, type Target } from './bench.ts';
import { sample } from './form.ts';
import { judge, readDisk, strayFiles, type Truth } from './oracle.ts';
import { type Hold, node, playbook } from './site.ts';
import { printTable, type Row } from './table.ts';

/** A play for each task: a batch of changes, and a record, for each. */
const plays = (): string => {
  const [head = '', ...tasks] = playbook.split(/^(?= {4}- name: )/m);
  return tasks.map((task) => head + task).join('');
};

/** What a rollback gives: a program cannot be taken back, and the lab's stand-ins for kernel and systemd remember what they were. */
const rolledBack = (fresh: Truth['fresh'], disk: Truth['fresh']): readonly string[] => {
  const alike: Readonly<Record<string, readonly (string | null)[]>> = {
    '/root/steps': ['644 root:root\ndone\n'],
    '/var/lib/lab/units/perfplay-boot.service': ['loaded inactive disabled ours\n', 'not-found inactive  \n'],
  };
  return [...disk].flatMap(([name, text]) =>
    text === fresh.get(name) || alike[name]?.includes(text) ? [] : [`${name}: ${JSON.stringify(text?.slice(0, 60))}`],
  );
};

const hosts = ['back', 'again', 'on'] as const;
const batches = 6;

describe.skipIf(e2eProblem)(titled('a controller that is killed'), () => {
  let bench: Bench;
  let truth: Truth;
  const rows: Row[] = [];
  const runs = (): string => path.join(bench.folder, '.perfplay/runs');
  beforeAll(async () => {
    bench = await startBench([
      node('back'),
      node('again', { shell: 'bash' }),
      node('on', { shell: 'busybox', userland: 'busybox' }),
    ]);
    bench.write('plays.yml', plays());
    rmSync(runs(), { recursive: true });
    // The stores' files grow play by play, and what perfplay remembers of others with them: the end is the same.
    ({ truth } = bench);
  });
  afterAll(async () => {
    printTable('The controller killed', rows);
    await bench?.stop();
  });

  const records = (): number => {
    const [run] = existsSync(runs()) ? readdirSync(runs()) : [];
    const file = run === undefined ? '' : path.join(runs(), run, 'journal.jsonl');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
  };
  const reset = async (): Promise<void> => {
    rmSync(runs(), { recursive: true, force: true });
    await Promise.all(bench.targets.map((target) => target.reset()));
  };

  /** Kills perfplay once `due` holds, waits for what the hosts have begun, and goes back on one host and forth on the others. */
  const killWhen = async (label: string, due: () => Promise<void>, at?: Hold): Promise<readonly string[]> => {
    const problems: string[] = [];
    await reset();
    if (at) await Promise.all(bench.targets.map((target) => target.hold(at)));
    const running = bench.run(['run', 'plays.yml', '--no-canary']);
    await Promise.race([due(), running.ended]);
    running.kill('SIGKILL');
    const { exit } = await running.ended;
    if (exit !== undefined) problems.push(`${label}: it had ended by itself`);
    for (const target of bench.targets) {
      if (at) await target.release(at);
      await target.settled().catch((error: unknown) => void problems.push(`${label}: ${String(error)}`));
    }
    const [run = ''] = readdirSync(runs());
    const call = (words: readonly string[], host: string) => bench.run(words, { hosts: [host] }).ended;
    const see = async (
      target: Target,
      what: string,
      words: readonly string[],
      isWhole: () => Promise<readonly string[]>,
    ) => {
      const before = judge({ host: target.name, ended: [], tasks: [] }, await readDisk(target.host), truth);
      const ran = await call(words, target.name);
      const wrong = await isWhole();
      const stray = await strayFiles(target.host);
      const [end] = ran.said(target.name).ended;
      rows.push({
        fault: `SIGKILL ${label}`,
        stage: what,
        host: target.name,
        status: end?.status,
        exit: ran.exit,
        message: `${end?.message ?? ''} (was ${before.state})`.trim(),
        disk: before.state,
        falseSuccesses: ran.exit === 0 ? wrong.length : 0,
        neither: before.neither.length,
        stateless: false,
      });
      for (const one of [...wrong, ...stray]) problems.push(`${label}, ${what}: ${one}`);
      for (const one of before.neither) problems.push(`${label}: neither old nor new: ${one}`);
      const nothingToDo = before.state === 'fresh' && ran.stderr.includes(`has changed nothing on ${target.name}`);
      if (ran.exit !== 0 && !nothingToDo)
        problems.push(
          `${label}, ${what}: exit ${ran.exit} ${ran.stderr} ${ran.events.flatMap(({ host, message }) => (message === undefined ? [] : [`${host}: ${message}`])).join('; ')}`,
        );
    };
    const [back, again, on] = hosts.map((name) => bench.target(name)) as [Target, Target, Target];
    const declared = async (target: Target): Promise<readonly string[]> =>
      judge({ host: target.name, ended: [], tasks: [] }, await readDisk(target.host), truth).undeclared;
    await see(back, 'rollback', ['rollback', run], async () => rolledBack(truth.fresh, await readDisk(back.host)));
    await see(again, 'run', ['run', 'plays.yml', '--no-canary'], () => declared(again));
    await see(on, 'resume', ['resume', run], () => declared(on));
    // It was told to go on with one host.
    const touched = rolledBack(truth.fresh, await readDisk(back.host));
    if (touched.length > 0) problems.push(`${label}, resume -l ${on.name} has changed ${back.name}: ${touched[0]} …`);
    return problems;
  };

  test('after each journal record', async () => {
    const problems: string[] = [];
    const counts = Array.from({ length: batches * hosts.length }, (_, index) => index + 1);
    for (const count of sample(counts, 6)) {
      const written = async (): Promise<void> => {
        while (records() < count) await delay(1);
      };
      problems.push(...(await killWhen(`after record ${count}`, written)));
    }
    expect(problems).toEqual([]);
  });

  test('while the hosts ask, apply, and run a program', async () => {
    const problems: string[] = [];
    for (const at of ['apply', 'step'] as const) {
      const reached = async (): Promise<void> => {
        await Promise.all(bench.targets.map((target) => target.reached(at)));
      };
      problems.push(...(await killWhen(`in ${at}`, reached, at)));
    }
    expect(problems).toEqual([]);
  });
});
