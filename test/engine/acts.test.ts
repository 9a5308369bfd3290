import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import command from '../../modules/command/index.ts';
import debug from '../../modules/debug/index.ts';
import pause from '../../modules/pause/index.ts';
import setFact from '../../modules/set_fact/index.ts';
import waitFor from '../../modules/wait_for/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { HostTask, Item, Task } from '../../src/playbook/types.ts';
import { createLocalHost, hostOn, runSequenceOn, type LocalHost, type SequenceOptions } from './local-host.ts';
import { hostTaskOf, itemOf, part, position, taskOf } from './task.ts';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ '/log': '' });
});
afterEach(() => host.dispose());

const run = (tasks: readonly HostTask[], options: SequenceOptions = {}) =>
  runSequenceOn(hostOn(host), tasks.map(part), [], options);
const shell = (text: string, more: Partial<Task> = {}, item: Partial<Item> = {}): HostTask =>
  hostTaskOf(taskOf(command, { shell: text }, more), { items: () => [itemOf({ shell: text }, item)] });
const condition = { text: '', position };
type Result = Readonly<Record<string, Value>>;

describe('until', () => {
  const count = 'echo x >>"$PERFPLAY_ROOT/log"; wc -l <"$PERFPLAY_ROOT/log"';
  const untilLines = (lines: number, retries: number): HostTask =>
    shell(
      count,
      { until: [condition], retries, delay: 7, register: 'result' },
      { judge: (what, result) => (what === 'until' ? Number((result as Result)['stdout']) >= lines : undefined) },
    );

  it('tries again until it holds, waiting between the tries', async () => {
    const waits: number[] = [];
    const { tasks } = await run([untilLines(3, 5)], { wait: async (seconds) => void waits.push(seconds) });
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read('/log')).toBe('x\nx\nx\n');
    expect(waits).toEqual([7, 7]);
  });

  it('fails when the tries are used up', async () => {
    const { tasks } = await run([untilLines(9, 2)]);
    expect(tasks).toMatchObject([{ outcome: 'failed', message: 'until does not hold after 3 tries' }]);
    expect(host.read('/log')).toBe('x\nx\nx\n');
  });

  it('is given up when the run is interrupted between two tries; what was not begun is not spoken of', async () => {
    let stopped = false;
    const options: SequenceOptions = { stopped: () => stopped, wait: async () => void (stopped = true) };
    const { tasks } = await run([untilLines(3, 5), untilLines(3, 5)], options);
    expect(tasks).toMatchObject([{ outcome: 'failed', message: 'until does not hold after 1 try: interrupted' }]);
    expect(host.read('/log')).toBe('x\n');
  });

  it('is not asked of what an interrupt kept from being run', async () => {
    let asked = 0;
    const task = shell(
      count,
      { until: [condition], retries: 1, register: 'result' },
      { judge: () => (asked++, false) },
    );
    let looks = 0;
    const { tasks } = await run([task], { stopped: () => looks++ > 0 });
    expect([tasks, asked, host.read('/log')]).toEqual([[], 0, '']);
  });
});

describe('what a task says of its result', () => {
  const judged = (what: 'changed' | 'failed', answer: boolean) => ({
    judge: (asked: string) => (asked === what ? answer : undefined),
  });

  it('replaces changed', async () => {
    const { tasks } = await run([shell('true', { changedWhen: [condition] }, judged('changed', false))]);
    expect(tasks).toMatchObject([{ outcome: 'ok' }]);
  });

  it('replaces failed, both ways', async () => {
    const { tasks } = await run([
      shell('exit 3', { failedWhen: [condition] }, judged('failed', false)),
      shell('true', { failedWhen: [condition] }, judged('failed', true)),
      shell('true'),
    ]);
    expect(tasks.map(({ outcome, message }) => [outcome, message])).toEqual([
      ['changed', undefined],
      ['failed', 'failed_when holds'],
    ]);
  });

  it('is heard before anything after it is done', async () => {
    await run([
      shell('true', { failedWhen: [condition] }, judged('failed', true)),
      shell('echo later >>"$PERFPLAY_ROOT/log"'),
    ]);
    expect(host.read('/log')).toBe('');
  });
});

describe('a program', () => {
  it('has the environment of its task, and no argument shows it', async () => {
    const { tasks } = await run([
      shell(
        'printf "%s|%s\\n" "$A" "$B" >>"$PERFPLAY_ROOT/log"; tr "\\0" " " </proc/$PPID/cmdline >>"$PERFPLAY_ROOT/log"',
        {},
        { environment: new Map([['A', "it's $HOME"], ['B', 'two\nlines']]) }, // prettier-ignore
      ),
    ]);
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    const [first, second, ...rest] = host.read('/log')!.split('\n');
    expect([first, second]).toEqual(["it's $HOME|two", 'lines']);
    expect(rest.join('\n')).not.toContain('HOME');
  });

  it('is ended after the timeout of its task', async () => {
    const { tasks } = await run([shell('sleep 20', { timeout: 1 })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', message: 'ended after its timeout of 1 s' }]);
  });
});

describe('debug, set_fact and pause', () => {
  const show = (params: Value) => hostTaskOf(taskOf(debug, params));

  it.each([true, false])('says what it has to say, in a check or not (%s), and changes nothing', async (check) => {
    const { tasks } = await run([show({ msg: 'hello' })], { check });
    expect(tasks).toMatchObject([{ outcome: 'ok', output: 'hello' }]);
  });

  it('hides what a task with no_log says', async () => {
    const { tasks } = await run([hostTaskOf(taskOf(debug, { msg: 'secret' }, { noLog: true }))]);
    expect(JSON.stringify(tasks)).not.toContain('secret');
  });

  it('learns for later tasks', async () => {
    let seen: Value | undefined;
    const later = hostTaskOf(taskOf(debug, { msg: '' }), {
      needs: { params: new Set(['registered']), when: new Set(), result: new Set() },
      items: ({ registered }) => {
        seen = registered.get('rack');
        return [];
      },
    });
    const set = hostTaskOf(taskOf(setFact, { rack: 7 }, { sets: ['rack'] }));
    const { tasks } = await run([set, later]);
    expect(seen).toBe(7);
    expect(tasks[0]).toMatchObject({ outcome: 'ok' });
  });

  it('waits, and in a check does not', async () => {
    const waits: number[] = [];
    const wait = async (seconds: number): Promise<void> => void waits.push(seconds);
    const task = hostTaskOf(taskOf(pause, { minutes: 2 }));
    const { events } = await run([task], { wait });
    expect(events).toContainEqual(expect.objectContaining({ type: 'host-stage', detail: 'pauses for 120 s' }));
    await run([task], { wait, check: true });
    expect(waits).toEqual([120]);
  });

  it('registers what somebody answers', async () => {
    let seen: Value | undefined;
    const ask = hostTaskOf(taskOf(pause, { prompt: 'rack?' }, { register: 'answer' }));
    const later = hostTaskOf(taskOf(debug, { msg: '' }), {
      needs: { params: new Set(['registered']), when: new Set(), result: new Set() },
      items: ({ registered }) => {
        seen = registered.get('answer');
        return [];
      },
    });
    await run([ask, later], { prompt: async (_task, text) => `${text} seven` });
    expect(seen).toMatchObject({ user_input: 'rack? seven', changed: false });
  });
});

describe('wait_for', () => {
  const waits = hostTaskOf(taskOf(waitFor, { path: '/ready', timeout: 30, sleep: 2 }));

  it('looks again until it is so', async () => {
    let looks = 0;
    const { tasks } = await run([waits], {
      wait: async () => {
        if (++looks === 3) host.write('/ready', '');
      },
    });
    expect(tasks).toMatchObject([{ outcome: 'ok' }]);
    expect(looks).toBe(3);
  });

  it('fails when the time is over', async () => {
    const short = hostTaskOf(taskOf(waitFor, { path: '/ready', timeout: 0.3, sleep: 0.1 }));
    const { tasks } = await run([short], {
      wait: (seconds) => new Promise((done) => setTimeout(done, seconds * 1000)),
    });
    expect(tasks).toMatchObject([{ outcome: 'failed', message: 'not within 0.3 s: /ready' }]);
  });

  it('is unknown in a check where it would have to wait', async () => {
    const { tasks } = await run([waits], { check: true });
    expect(tasks).toMatchObject([{ unknown: true }]);
    expect(tasks[0]?.changes).toEqual([]);
  });
});

describe('in a check', () => {
  it('what depends on an outcome that only a run can tell is unknown, and so is what depends on that', async () => {
    const waitsFor = (name: string): Partial<HostTask> => ({
      needs: { params: new Set(['registered']), when: new Set(), result: new Set() },
      waitsFor: ({ unknown }: { readonly unknown: ReadonlyMap<string, string> }) => unknown.get(name),
    });
    const first = shell('cat /etc/version', { name: 'read the version', register: 'version' });
    const second = hostTaskOf(taskOf(debug, { msg: '' }, { name: 'second', register: 'said' }), waitsFor('version'));
    const third = hostTaskOf(taskOf(debug, { msg: 'x' }, { name: 'third' }), waitsFor('said'));
    const { tasks } = await run([first, second, third], { check: true });
    expect(tasks.map(({ name, unknown, waitsFor: task }) => [name, unknown, task])).toEqual([
      ['item', true, undefined],
      ['second', true, 'read the version'],
      ['third', true, 'second'],
    ]);
  });
});
