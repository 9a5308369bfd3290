import { chmodSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import configFile from '../../modules/config_file/index.ts';
import file from '../../modules/file/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';

const journald = '/etc/systemd/journald.conf';
const text = '#  See journald.conf(5).\n\n[Journal]\n#Storage=auto\nSystemMaxUse=1G\n#RateLimitBurst=10000\n';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ [journald]: text });
});
afterEach(() => host.dispose());

const at = (name: string): string => path.join(host.root, name);
const modeOf = (name: string): string => (statSync(at(name)).mode & 0o7777).toString(8);
const task = (params: Value) => ({ module: configFile, params });
const run = async (...all: readonly Value[]) => (await runTasks(host, all.map(task))).tasks;
const settled = { outcome: 'ok', changes: [], pending: [], warnings: [] };
const journal = (values: Value) => ({ path: journald, format: 'ini', section: 'Journal', values });

describe('config_file through the engine', () => {
  it('sets lines where they belong, and finds nothing to do then', async () => {
    const want = journal({ SystemMaxUse: '200M', Storage: 'volatile', RuntimeMaxUse: '50M' });
    expect(await run(want)).toMatchObject([
      {
        outcome: 'changed',
        changes: [
          { key: `config_file/${journald}/[Journal]/SystemMaxUse`, before: '1G', after: '200M', levels: ['boot'] },
          { key: `config_file/${journald}/[Journal]/Storage`, before: null, after: 'volatile', levels: ['boot'] },
          { key: `config_file/${journald}/[Journal]/RuntimeMaxUse`, before: null, after: '50M', levels: ['boot'] },
        ],
      },
    ]);
    expect(host.read(journald)).toBe(
      '#  See journald.conf(5).\n\n[Journal]\n#Storage=auto\nStorage=volatile\nSystemMaxUse=200M\n#RateLimitBurst=10000\nRuntimeMaxUse=50M\n',
    );
    const again = await runTasks(host, [task(want)]);
    expect(again.tasks).toMatchObject([settled]);
    expect(again.asks).toBe(1);
  });

  it('composes the lines of several tasks into one write', async () => {
    const tasks = [journal({ SystemMaxUse: '200M' }), journal({ Storage: 'volatile', SystemMaxUse: '200M' })];
    const { tasks: results } = await runTasks(host, tasks.map(task));
    expect(results).toMatchObject([{ outcome: 'changed' }, { outcome: 'changed' }]);
    expect(host.read(journald)).toBe(
      text.replace('1G', '200M').replace('#Storage=auto\n', '#Storage=auto\nStorage=volatile\n'),
    );
    expect(await run(...tasks)).toMatchObject([settled, settled]);
  });

  it('refuses two tasks that want different values of one key, in any section but one', async () => {
    const [clash] = await run(journal({ Storage: 'volatile' }), journal({ Storage: 'auto' }));
    expect(clash).toMatchObject({ outcome: 'failed', reason: 'conflict' });
    expect(clash?.message).toContain(`entry ${journald} [Journal] Storage: volatile and auto`);
    expect(host.read(journald)).toBe(text);
    const other = { ...journal({ Storage: 'auto' }), section: 'Other' };
    expect(await run(journal({ Storage: 'volatile' }), other)).toMatchObject([
      { outcome: 'changed' },
      { outcome: 'changed' },
    ]);
  });

  it('refuses lines of a file whose whole contents another task wants', async () => {
    const whole = { module: file, params: { path: journald, content: '[Journal]\n' } };
    const { tasks } = await runTasks(host, [whole, task(journal({ Storage: 'volatile' }))]);
    expect(tasks[0]).toMatchObject({ outcome: 'failed', reason: 'conflict' });
    expect(tasks[0]?.message).toContain(`${journald} is a whole file for site.yml:1 and some lines of a file`);
    expect(host.read(journald)).toBe(text);
  });

  it('takes every line of a key away, and leaves what it does not know', async () => {
    host.write('/etc/app.conf', 'a=1\nb=2\na = 3\n');
    const want = { path: '/etc/app.conf', values: { a: null, c: null } };
    expect(await run(want)).toMatchObject([
      { changes: [{ key: 'config_file//etc/app.conf/a', before: '3', after: null }] },
    ]);
    expect(host.read('/etc/app.conf')).toBe('b=2\n');
    expect(await run(want)).toMatchObject([settled]);
  });

  it('makes a file with its mode, unless create is off', async () => {
    const want = { path: '/etc/app/new.conf', format: 'ini', section: 'a', values: { x: 1 }, mode: '0600' };
    expect(await run({ ...want, create: false })).toMatchObject([
      { outcome: 'failed', reason: 'unsupported', message: '/etc/app/new.conf does not exist, and create is off' },
    ]);
    expect(await run(want)).toMatchObject([{ outcome: 'changed' }]);
    expect([host.read('/etc/app/new.conf'), modeOf('/etc/app/new.conf')]).toEqual(['[a]\nx=1\n', '600']);
    expect(await run(want)).toMatchObject([settled]);
    chmodSync(at('/etc/app/new.conf'), 0o644);
    expect(await run(want)).toMatchObject([{ changes: [{ key: 'config_file//etc/app/new.conf/mode' }] }]);
    expect(await run({ path: '/etc/app/none.conf', values: { x: null }, mode: '0600' })).toMatchObject([settled]);
    expect(host.read('/etc/app/none.conf')).toBeUndefined();
  });

  it('keeps the mode of a file that is there, and bytes that are no characters', async () => {
    chmodSync(at(journald), 0o640);
    await run(journal({ Storage: 'volatile' }));
    expect(modeOf(journald)).toBe('640');
    await runTasks(host, [
      { module: file, params: { path: '/etc/odd', source: { path: 'odd', text: '# \xfc\na=1\r\n' } } },
    ]);
    expect(await run({ path: '/etc/odd', values: { a: 2 } })).toMatchObject([{ outcome: 'changed' }]);
    const source = { path: 'odd', text: '# \xfc\na=2\r\n' };
    expect((await runTasks(host, [{ module: file, params: { path: '/etc/odd', source } }])).tasks).toMatchObject([
      settled,
    ]);
  });

  it('edits the file that a link means, but asks whose mode is meant', async () => {
    symlinkSync(at(journald), at('/etc/link.conf'));
    const want = { ...journal({ Storage: 'volatile' }), path: '/etc/link.conf' };
    expect(await run(want)).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read(journald)).toContain('\nStorage=volatile\n');
    expect(await run({ ...want, mode: '0600' })).toMatchObject([{ outcome: 'failed', reason: 'conflict' }]);
  });

  it('tells of a key that stands more than once, and leaves one alone that goes on below', async () => {
    host.write('/etc/app.conf', 'a=1\na=2\nb=1 \\\n 2\nc=3\n');
    expect(await run({ path: '/etc/app.conf', values: { a: 3 } })).toMatchObject([
      { outcome: 'changed', warnings: [expect.stringContaining('a stands in lines 1, 2: the last one counts')] },
    ]);
    const [several] = await run({ path: '/etc/app.conf', values: { b: 3, c: 4 } });
    expect(several).toMatchObject({ outcome: 'failed', reason: 'conflict' });
    expect(several?.message).toContain('b goes on over several lines (3)');
    expect(host.read('/etc/app.conf')).toContain('a=1\na=3\nb=1 \\\n 2\n');
  });

  it('writes what a shell reads', async () => {
    host.write('/etc/default/app', '# options\nOPTS="-v"\n');
    await run({ path: '/etc/default/app', format: 'shell', values: { OPTS: '-v --name "$HOST"', LEVEL: 3 } });
    expect(host.read('/etc/default/app')).toBe('# options\nOPTS="-v --name \\"\\$HOST\\""\nLEVEL=3\n');
  });
});

describe('parameters of config_file', () => {
  const problems = (want: Value) => (configFile.check?.(want as never) ?? []).map(({ param }) => param);
  const of = (values: Value, more: Readonly<Record<string, Value>> = {}) =>
    problems({ path: '/etc/x', values, ...more });

  it('are what can stand in a line and be read back', () => {
    expect(of({ 'a b': 1, 'c.d': '', e: '"x" # y' })).toEqual([]);
    expect(of({ '': 1, 'a=b': 1, '#c': 1, '[d]': 1, ' e': 1, 'f\n': 1 })).toHaveLength(6);
    expect(of({ a: 'b\nc', d: ' e', f: 'g\\', h: 'i\\\\' })).toHaveLength(3);
    expect(of({ A: ' b ', C_1: 'd\\' }, { format: 'shell' })).toEqual([]);
    expect(of({ 'A-B': 1, '1': 2, C: 'a\nb' }, { format: 'shell' })).toHaveLength(3);
  });

  it('have a section in an ini file alone', () => {
    expect(of({ a: 1 }, { section: 'b' })).toEqual(['section']);
    expect(of({ a: 1 }, { format: 'ini', section: 'remote "origin"' })).toEqual([]);
    for (const section of ['', ' a', 'a]', 'a\nb'])
      expect(of({ a: 1 }, { format: 'ini', section })).toEqual(['section']);
  });
});
