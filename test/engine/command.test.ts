import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import command from '../../modules/command/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { Task } from '../../src/playbook/types.ts';
import { createLocalHost, hostOn, runSequenceOn, runTasks, type LocalHost } from './local-host.ts';
import { hostTaskOf, itemOf, part, taskOf } from './task.ts';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost();
});
afterEach(() => host.dispose());

const task = (params: Value, more: Partial<Task> = {}) => ({ module: command, params, more });
const append = 'echo ran >>"$PERFPLAY_ROOT/run-log"';

/** Runs a task that registers `result`, and gives what a task after it is shown. */
const registeredBy = async (params: Value): Promise<Value | undefined> => {
  let seen: Value | undefined;
  const first = hostTaskOf(taskOf(command, params, { register: 'result', ignoreErrors: true }));
  const second = hostTaskOf(taskOf(command, { argv: ['true'] }, { id: '0.1' }), {
    needs: { params: new Set(['registered'] as const), when: new Set(), result: new Set() },
    items: ({ registered }) => {
      seen = registered.get('result') ?? seen;
      return [itemOf({ argv: ['true'] })];
    },
  });
  await runSequenceOn(hostOn(host), [part(first), part(second)], []);
  return seen;
};

describe('command through the engine', () => {
  it('registers the exit code, the output and its lines', async () => {
    expect(await registeredBy({ shell: 'echo one; echo "two  words"; echo oops >&2' })).toEqual({
      changed: true,
      failed: false,
      skipped: false,
      rc: 0,
      stdout: 'one\ntwo  words',
      stderr: 'oops',
      stdout_lines: ['one', 'two  words'],
      stderr_lines: ['oops'],
    });
  });

  it('registers a failure', async () => {
    expect(await registeredBy({ shell: 'echo "no such profile" >&2; exit 3' })).toMatchObject({
      changed: true,
      failed: true,
      rc: 3,
      stderr: 'no such profile',
    });
  });

  it('fails for any exit code but 0, with the last words of the program', async () => {
    const { tasks } = await runTasks(host, [
      task({ shell: 'echo first >&2; echo "no such profile" >&2; exit 3' }),
      task({ shell: append }),
    ]);
    expect(tasks).toMatchObject([
      { outcome: 'failed', reason: 'error', message: 'exit code 3: no such profile\nfirst\nno such profile' },
    ]);
    expect(host.read('/run-log')).toBeUndefined();
  });

  it('shows the last lines of a program that failed, the very last one first', async () => {
    const shell = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i" >&2; done; echo unheard; exit 3';
    const { tasks } = await runTasks(host, [task({ shell })]);
    const lines = tasks[0]?.message?.split('\n') ?? [];
    expect(lines[0]).toBe('exit code 3: line 12');
    expect(lines.slice(1)).toEqual(Array.from({ length: 10 }, (_, index) => `line ${index + 3}`));
    const quiet = await runTasks(host, [task({ shell: 'echo a; echo b; exit 1' })]);
    expect(quiet.tasks[0]?.message).toBe('exit code 1: b\na\nb');
  });

  it('gives argv to no shell', async () => {
    expect(await registeredBy({ argv: ['printf', '%s\n', '$HOME; `id` "a" \'b\' *', ''] })).toMatchObject({
      stdout: '$HOME; `id` "a" \'b\' *',
    });
  });

  it('runs in chdir', async () => {
    host.write('/srv/data/here', 'found\n');
    expect(await registeredBy({ argv: ['cat', 'here'], chdir: '/srv/data' })).toMatchObject({ rc: 0, stdout: 'found' });
    expect(await registeredBy({ argv: ['cat', 'here'], chdir: '/srv/none' })).toMatchObject({ failed: true });
  });

  it('runs once where it creates what it looks for', async () => {
    const once = task({ shell: `${append}; : >"$PERFPLAY_ROOT/done"`, creates: '/done' });
    expect((await runTasks(host, [once])).tasks).toMatchObject([{ outcome: 'changed' }]);
    expect((await runTasks(host, [once])).tasks).toMatchObject([{ outcome: 'ok' }]);
    expect(host.read('/run-log')).toBe('ran\n');
  });

  it('asks its guards in check mode and runs nothing', async () => {
    const unless = 'test -e "$PERFPLAY_ROOT/done"';
    const needed = await runTasks(host, [task({ shell: append, unless })], { check: true });
    expect(needed.tasks).toMatchObject([{ outcome: 'changed' }]);
    host.write('/done', '');
    const idle = await runTasks(host, [task({ shell: append, unless })], { check: true });
    expect(idle.tasks).toMatchObject([{ outcome: 'ok' }]);
    expect(idle.asks).toBe(1);
    expect(host.read('/run-log')).toBeUndefined();
  });

  it('says unknown in check mode where it has no guard', async () => {
    const { tasks } = await runTasks(host, [task({ shell: append })], { check: true });
    expect(tasks).toMatchObject([{ outcome: 'changed', unknown: true }]);
    expect(host.read('/run-log')).toBeUndefined();
  });

  it('asks a guard again after a task before it ran', async () => {
    const first = task({ shell: ': >"$PERFPLAY_ROOT/ready"' });
    const second = task({ shell: append, onlyif: ['test', '-e', path.join(host.root, 'ready')] });
    expect((await runTasks(host, [second])).tasks).toMatchObject([{ outcome: 'ok' }]);
    expect((await runTasks(host, [first, second])).tasks).toMatchObject([
      { outcome: 'changed' },
      { outcome: 'changed' },
    ]);
    expect(host.read('/run-log')).toBe('ran\n');
  });
});

describe('command parameters', () => {
  it('needs exactly one of argv and shell', () => {
    const problems = (want: Parameters<NonNullable<typeof command.check>>[0]) =>
      (command.check?.(want) ?? []).map(({ param }) => param);
    expect(problems({ argv: ['a'], shell: 'a' })).toEqual(['shell']);
    expect(problems({ creates: '/a' })).toEqual(['argv']);
    expect(problems({ shell: 'a' })).toEqual([]);
  });
});
