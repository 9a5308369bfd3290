import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import command from '../../modules/command/index.ts';
import { createHostRun } from '../../src/engine/host.ts';
import { createHostShells } from '../../src/engine/shells.ts';
import type { Host, Value } from '../../src/inventory/types.ts';
import type { HostTask, Task } from '../../src/playbook/types.ts';
import { localChannel } from '../connect/shell/shells.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost();
});
afterEach(() => host.dispose());

const task = (params: Value, more: Partial<Task> = {}) => ({ module: command, params, more });
const append = 'echo ran >>"$PERFPLAY_ROOT/run-log"';

/** Runs a task that registers `result`, and gives what a task after it is shown. */
const registeredBy = async (params: Value): Promise<Value | undefined> => {
  const position = { file: 'site.yml', line: 1, column: 1 };
  const local: Host = {
    name: 'local',
    groups: [],
    variables: new Map(),
    connection: {
      connection: 'local',
      address: 'localhost',
      sshArguments: [],
      root: host.root,
      path: path.join(path.dirname(host.root), 'bin'),
    },
  };
  let seen: Value | undefined;
  const hostTask = (id: string, own: Value, register?: string): HostTask => ({
    task: {
      id,
      name: id,
      position,
      module: command,
      params: { source: own, position },
      when: [],
      notify: [],
      tags: [],
      become: false,
      becomeUser: 'root',
      ignoreErrors: true,
      noLog: false,
      unsupported: 'fail',
      apply: 'both',
      absent: false,
      ...(register !== undefined && { register }),
    },
    needs: { params: new Set(register === undefined ? (['registered'] as const) : []), when: new Set() },
    items: ({ registered }) => {
      seen = registered.get('result') ?? seen;
      return [{ name: id, params: own, when: () => true }];
    },
  });
  const tasks = [hostTask('0.0', params, 'result'), hostTask('0.1', { argv: ['true'] })];
  const play = {
    index: 0,
    name: 'test',
    position,
    hosts: ['local'],
    batches: [['local']],
    tasks: tasks.map((one) => one.task),
    handlers: [],
  };
  const shells = createHostShells(local, async () => ({
    shell: async () => localChannel(['/bin/sh']),
    close: () => undefined,
  }));
  const run = createHostRun({
    host: local,
    plays: [{ play, tasks, handlers: [] }],
    shells,
    check: false,
    journal: { run: 'test', playbook: 'site.yml' },
    emit: () => undefined,
    now: () => new Date(0),
    stopped: () => false,
  });
  await run.play(0);
  (await shells.for(undefined)).shell.close();
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
      changed: false,
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
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'error', message: 'exit code 3: no such profile' }]);
    expect(host.read('/run-log')).toBeUndefined();
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
