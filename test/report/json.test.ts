import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { begin, change, ended, FakeOutput, finish, hostNames, rack, recap, task } from './streams.ts';

const write = async (kind: 'json' | 'jsonl', events: readonly Event[]): Promise<FakeOutput> => {
  const output = new FakeOutput();
  const reporter = await createReporter(kind, output);
  for (const event of events) reporter.emit(event);
  await reporter.close();
  return output;
};

describe('jsonl', () => {
  it('is every event on a line of its own, unchanged', async () => {
    const events = [...rack(20), ended('x', 'unreachable', { message: 'a\nb\u2028\u009b' }), finish(4)];
    const lines = (await write('jsonl', events)).text().split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
  });

  it('is written as it happens', async () => {
    const output = new FakeOutput();
    const reporter = await createReporter('jsonl', output);
    reporter.emit(finish());
    expect(output.text()).toBe('{"type":"run-ended","exit":0,"elapsed":12000}\n');
    await reporter.close();
  });
});

describe('json', () => {
  const parse = async (events: readonly Event[]): Promise<Record<string, unknown>> =>
    JSON.parse((await write('json', events)).text()) as Record<string, unknown>;

  it('is one document of the run, its hosts, tasks, changes, failures, recap and exit', async () => {
    const governor = [0, 1].map((cpu) => change(`cpufreq/policy${cpu}/scaling_governor`, 'powersave', 'performance'));
    const document = await parse([
      ...begin(['a', 'b', 'c'], { simulated: true }),
      task('a', 'cpufreq', 8, { changes: governor }),
      task('b', 'cpufreq', 8, { changes: governor }),
      task('b', 'ksm', 9, { outcome: 'failed', reason: 'error', message: 'no' }),
      ended('a', 'changed', { recap: recap({ ok: 2, changed: 1, pending: ['reboot'] }) }),
      ended('b', 'failed', { recap: recap({ ok: 1, changed: 1, failed: 1 }) }),
      finish(2),
    ]);
    expect(document).toMatchObject({
      command: 'run',
      simulated: true,
      exit: 2,
      elapsed: 12_000,
      stopped: null,
      hosts: [
        { host: 'a', status: 'changed' },
        { host: 'b', status: 'failed' },
        { host: 'c', status: null, recap: null },
      ],
      tasks: [
        { module: 'cpufreq', outcomes: { ok: 0, changed: 2, failed: 0, skipped: 0 } },
        { module: 'ksm', outcomes: { ok: 0, changed: 0, failed: 1, skipped: 0 } },
      ],
      changes: [
        {
          keys: ['cpufreq/policy0/scaling_governor', 'cpufreq/policy1/scaling_governor'],
          levels: ['running', 'boot'],
          before: 'powersave',
          after: 'performance',
          hosts: ['a', 'b'],
        },
      ],
      failures: [{ status: 'failed', module: 'ksm', reason: 'error', message: 'no', hosts: ['b'] }],
      recap: { ok: 3, changed: 2, failed: 1, unreachable: 0, pending: ['reboot'] },
    });
  });

  it('names every host of a large run', async () => {
    const document = await parse([...rack(1000), finish(6)]);
    expect((document['hosts'] as { host: string }[]).map(({ host }) => host)).toEqual(hostNames(1000));
  });

  it('is written also for a run that was cut short, and for none at all is nothing', async () => {
    expect(await parse(rack(6))).toMatchObject({ exit: null });
    expect((await write('json', [])).text()).toBe('');
  });
});
