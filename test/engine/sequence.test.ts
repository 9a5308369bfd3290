import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import command from '../../modules/command/index.ts';
import fail from '../../modules/fail/index.ts';
import file from '../../modules/file/index.ts';
import setFact from '../../modules/set_fact/index.ts';
import type { HostTask, Sequence, Task } from '../../src/playbook/types.ts';
import type { TaskResult } from '../../src/report/events.ts';
import { createLocalHost, flushHandlers, hostOn, runSequenceOn, type LocalHost } from './local-host.ts';
import { hostTaskOf, part, position, taskOf } from './task.ts';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ '/log': '' });
});
afterEach(() => host.dispose());

/** A task that writes its name into the log. */
const log = (name: string, more: Partial<Task> = {}): HostTask =>
  hostTaskOf(taskOf(command, { shell: `echo ${name} >>"$PERFPLAY_ROOT/log"` }, { id: name, name, ...more }));
const failing = (name: string, more: Partial<Task> = {}): HostTask =>
  hostTaskOf(taskOf(fail, { msg: `${name} fails` }, { id: name, name, ...more }));
const block = (
  inner: readonly HostTask[],
  { rescue = [], always = [] }: { rescue?: readonly HostTask[]; always?: readonly HostTask[] } = {},
): Sequence<HostTask>[number] => ({
  kind: 'block',
  name: 'block',
  position,
  block: inner.map(part),
  rescue: rescue.map(part),
  always: always.map(part),
});

const run = async (sequence: Sequence<HostTask>, handlers: readonly HostTask[] = []) => {
  const result = await runSequenceOn(hostOn(host), sequence, handlers);
  return { ...result, log: host.read('/log')!.split('\n').filter(Boolean), end: result.run.end() };
};

describe('a block', () => {
  it('leaves its rescue out and runs its always where nothing failed', async () => {
    const { log: lines, end } = await run([
      block([log('a')], { rescue: [log('rescue')], always: [log('always')] }),
      part(log('after')),
    ]);
    expect(lines).toEqual(['a', 'always', 'after']);
    expect(end).toMatchObject({ status: 'changed', recap: { ok: 3, changed: 3, failed: 0, rescued: 0 } });
  });

  it('rescues a failure, and the host goes on as if nothing had failed', async () => {
    const {
      log: lines,
      end,
      tasks,
    } = await run([
      block([log('a'), failing('b'), log('c')], { rescue: [log('rescue')], always: [log('always')] }),
      part(log('after')),
    ]);
    expect(lines).toEqual(['a', 'rescue', 'always', 'after']);
    expect(end).toMatchObject({ status: 'changed', recap: { ok: 4, failed: 0, rescued: 1 } });
    expect(tasks.find(({ outcome }) => outcome === 'failed')).toMatchObject({ name: 'b', rescued: true });
  });

  it('runs its always where nothing rescues, and the host has failed', async () => {
    const { log: lines, end } = await run([block([failing('a')], { always: [log('always')] }), part(log('after'))]);
    expect(lines).toEqual(['always']);
    expect(end).toMatchObject({ status: 'failed', recap: { failed: 1, rescued: 0 } });
  });

  it('fails where its rescue fails, after its always', async () => {
    const { log: lines, end } = await run([
      block([failing('a')], { rescue: [log('rescue'), failing('b'), log('c')], always: [log('always')] }),
      part(log('after')),
    ]);
    expect(lines).toEqual(['rescue', 'always']);
    expect(end).toMatchObject({ status: 'failed', recap: { failed: 1, rescued: 1 } });
  });

  it('hands a failure to the rescue around it', async () => {
    const inner = block([failing('a')], { always: [log('inner always')] });
    const { log: lines, end } = await run([
      { kind: 'block', name: 'outer', position, block: [inner], rescue: [part(log('rescue'))], always: [] },
    ]);
    expect(lines).toEqual(['inner always', 'rescue']);
    expect(end).toMatchObject({ status: 'changed', recap: { failed: 0, rescued: 1 } });
  });

  it('tells its rescue what has failed', async () => {
    let seen: unknown;
    const rescue = hostTaskOf(taskOf(command, { argv: ['true'] }), {
      needs: { params: new Set(), when: new Set(['registered']), result: new Set() },
      items: ({ registered }) => {
        seen = [registered.get('ansible_failed_task'), registered.get('ansible_failed_result')];
        return [];
      },
    });
    await run([block([failing('a')], { rescue: [rescue] })]);
    expect(seen).toMatchObject([{ name: 'a' }, { failed: true, msg: 'a fails' }]);
  });

  it('lets its rescue want something else of what it had set; those beside it may not', async () => {
    const content = (text: string, id: string): HostTask =>
      hostTaskOf(taskOf(file, { path: '/etc/app.conf', content: text }, { id, name: id }));
    const tried = block([content('new', 'try'), failing('a')], { rescue: [content('old', 'back')] });
    const { end } = await run([tried]);
    expect(end).toMatchObject({ status: 'changed', recap: { failed: 0, rescued: 1 } });
    expect(host.read('/etc/app.conf')).toBe('old');
    const { tasks } = await run([tried, part(content('other', 'after'))]);
    expect(tasks.at(-1)).toMatchObject({ name: 'after', outcome: 'failed', reason: 'conflict' });
  });

  it('is not left by an ignored failure', async () => {
    const { log: lines, end } = await run([
      block([failing('a', { ignoreErrors: true }), log('b')], { rescue: [log('rescue')] }),
    ]);
    expect(lines).toEqual(['b']);
    expect(end).toMatchObject({ recap: { ok: 2, ignored: 1, rescued: 0 } });
  });
});

describe('handlers', () => {
  it('run where they are flushed, once, in their own order, and not again', async () => {
    const handlers = [log('first', { id: 'h1' }), log('second', { id: 'h2' })];
    const { log: lines } = await run(
      [
        part(log('a', { notify: ['second'] })),
        part(log('b', { notify: ['second', 'first'] })),
        flushHandlers,
        part(log('c')),
        flushHandlers,
      ],
      handlers,
    );
    expect(lines).toEqual(['a', 'b', 'first', 'second', 'c']);
  });

  it('hear the topics that they listen to', async () => {
    const handlers = [
      log('one', { id: 'h1', listen: ['restart all'] }),
      log('two', { id: 'h2', listen: ['restart all'] }),
    ];
    const { log: lines } = await run([part(log('a', { notify: ['restart all'] })), flushHandlers], handlers);
    expect(lines).toEqual(['a', 'one', 'two']);
  });

  it('notify one another, an earlier one too', async () => {
    const handlers = [log('one', { id: 'h1' }), log('two', { id: 'h2', notify: ['one'] })];
    const { log: lines } = await run([part(log('a', { notify: ['two'] })), flushHandlers], handlers);
    expect(lines).toEqual(['a', 'two', 'one']);
  });

  it('run once where they are due already when another one notifies them', async () => {
    const handlers = [log('one', { id: 'h1', notify: ['two'] }), log('two', { id: 'h2' })];
    const { log: lines } = await run([part(log('a', { notify: ['one', 'two'] })), flushHandlers], handlers);
    expect(lines).toEqual(['a', 'one', 'two']);
  });

  it('are not run on a host that has failed', async () => {
    const { log: lines } = await run(
      [part(log('a', { notify: ['one'] })), part(failing('b')), flushHandlers],
      [log('one', { id: 'h1' })],
    );
    expect(lines).toEqual(['a']);
  });
});

describe('a check', () => {
  it('tells of a change once, as a run does, though what is learned stands between two tasks that need it', async () => {
    const conf = (name: string, more: Partial<HostTask> = {}): HostTask =>
      hostTaskOf(taskOf(file, { path: `/srv/new/${name}`, content: name }, { id: name, name }), more);
    const tasks = [
      conf('a'),
      hostTaskOf(taskOf(setFact, { x: 1 }, { id: 'set', sets: ['x'] })),
      conf('b', { needs: { params: new Set(['registered']), when: new Set(), result: new Set() } }),
    ].map(part);
    const keysOf = (results: readonly TaskResult[]) =>
      results.flatMap(({ name, changes }) => changes.map(({ key }) => `${name} ${key}`));
    const check = await runSequenceOn(hostOn(host), tasks, [], { check: true });
    expect(keysOf(check.tasks)).toEqual(keysOf((await run(tasks)).tasks));
    expect(keysOf(check.tasks)).toContain('b file//srv/new/b');
  });
});

describe('a converged host', () => {
  it('is asked once, however many blocks and flushes there are', async () => {
    const guarded = (name: string): HostTask =>
      hostTaskOf(taskOf(command, { argv: ['touch', `/never-${name}`], creates: '/log' }, { id: name, name }));
    const { asks, end } = await run([
      part(guarded('a')),
      flushHandlers,
      block([guarded('b')], { rescue: [guarded('c')], always: [guarded('d')] }),
      flushHandlers,
      part(guarded('e')),
      flushHandlers,
    ]);
    expect(asks).toBe(1);
    expect(end).toMatchObject({ status: 'ok', recap: { ok: 4 } });
  });
});
