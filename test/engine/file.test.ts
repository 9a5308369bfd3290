import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import file from '../../modules/file/index.ts';
import template from '../../modules/template/index.ts';
import type { WriteOp } from '../../src/connect/shell/script.ts';
import { openShell } from '../../src/connect/shell/shell.ts';
import type { Change } from '../../src/contract/changes.ts';
import { opOf } from '../../src/engine/write.ts';
import type { Value } from '../../src/inventory/types.ts';
import { localChannel } from '../connect/shell/shells.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({
    '/etc/passwd': `root:x:0:0:root:/root:/bin/sh\nme:x:${uid}:${gid}::/:/bin/sh\nother:x:12345:1::/:/bin/sh\n`,
    '/etc/group': `root:x:0:\nus:x:${gid}:\n`,
  });
});
afterEach(() => host.dispose());

const at = (name: string): string => path.join(host.root, name);
const modeOf = (name: string): string => (statSync(at(name)).mode & 0o7777).toString(8);
const task = (params: Value) => ({ module: file, params });
const run = async (...all: readonly Value[]) => (await runTasks(host, all.map(task))).tasks;
const settled = { outcome: 'ok', changes: [], pending: [], warnings: [] };

/** What the runs so far have written into the host's journal, oldest first. */
const journal = (): readonly Change[] => {
  const folder = at('/var/lib/perfplay/journal');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => (JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { changes: Change[] }).changes);
};

/** Takes every change of the journal back, the last one first. */
const undo = async (): Promise<void> => {
  const ops = journal()
    .toReversed()
    .flatMap((change): readonly WriteOp[] => {
      const op = opOf({ ...change, before: change.after, after: change.before });
      return op ? [op] : [];
    });
  const shell = openShell(localChannel(['/bin/sh']), { root: host.root });
  const results = await shell.apply(ops);
  await shell.close();
  expect(results.map(({ state, text }) => text || state)).toEqual(ops.map(() => 0));
};

describe('a file', () => {
  const want = { path: '/etc/app/app.conf', content: 'limit = 5\n', mode: '0640', owner: uid, group: 'us' };

  it('is made with its mode and owner, in a folder that is made too, and is then as it should be', async () => {
    const plan = (await runTasks(host, [task(want)], { check: true })).tasks;
    expect(host.read('/etc/app/app.conf')).toBeUndefined();
    const done = await run(want);
    expect(done).toMatchObject([
      {
        outcome: 'changed',
        changes: [
          { key: 'file//etc/app', before: null, after: 'directory', levels: ['boot'] },
          { key: 'file//etc/app/app.conf', before: null, after: 'limit = 5\n', levels: ['boot'] },
          { key: 'file//etc/app/app.conf/owner', before: null, levels: ['boot'] },
          { key: 'file//etc/app/app.conf/group', before: null, levels: ['boot'] },
          { key: 'file//etc/app/app.conf/mode', before: null, after: '0640', levels: ['boot'] },
        ],
      },
    ]);
    expect(plan[0]?.changes).toEqual(done[0]?.changes);
    expect(host.read('/etc/app/app.conf')).toBe('limit = 5\n');
    expect([modeOf('/etc/app/app.conf'), modeOf('/etc/app')]).toEqual(['640', '755']);
    const again = await runTasks(host, [task(want)]);
    expect(again.tasks).toMatchObject([settled]);
    expect(again.asks).toBe(1);
  });

  it('names the one thing that somebody changed, and mends it alone', async () => {
    await run(want);
    const flips: readonly (readonly [() => void, string])[] = [
      [() => chmodSync(at(want.path), 0o644), `file/${want.path}/mode`],
      [() => writeFileSync(at(want.path), 'limit = 6\n'), `file/${want.path}`],
    ];
    for (const [flip, key] of flips) {
      flip();
      expect((await run(want))[0]?.changes.map((change) => change.key)).toEqual([key]);
    }
    expect(await run(want)).toMatchObject([settled]);
  });

  it('keeps mode and owner where nothing is said of them, and gets a tighter mode before its contents', async () => {
    host.write('/etc/key', 'old\n');
    chmodSync(at('/etc/key'), 0o604);
    expect(await run({ path: '/etc/key', content: 'new\n' })).toMatchObject([{ outcome: 'changed' }]);
    expect(modeOf('/etc/key')).toBe('604');
    const [result] = await run({ path: '/etc/key', content: 'secret\n', mode: '0600' });
    expect(result?.changes.map(({ key }) => key)).toEqual(['file//etc/key/mode', 'file//etc/key']);
    expect(modeOf('/etc/key')).toBe('600');
  });

  it('may hold any bytes; a report tells their number and sum', async () => {
    const bytes = Buffer.from([0, 1, 0xff, 0x5c, 0x30, 0x0a, 0xc3, 0xa9]);
    const source = { path: '/controller/any', text: bytes.toString('latin1') };
    const [result] = await run({ path: '/etc/any', source });
    expect(result?.changes[0]?.after).toMatch(/^8 bytes, sha256 [0-9a-f]{12}$/);
    expect(readFileSync(at('/etc/any')).equals(bytes)).toBe(true);
    expect(await run({ path: '/etc/any', source })).toMatchObject([settled]);
    writeFileSync(at('/etc/any'), Buffer.from([0, 1, 0xfe, 0x5c, 0x30, 0x0a, 0xc3, 0xa9]));
    expect(await run({ path: '/etc/any', source })).toMatchObject([{ outcome: 'changed' }]);
    const long = 'x'.repeat(70_000);
    expect((await run({ path: '/etc/long', content: long }))[0]?.changes[0]?.after).toContain('70000 bytes');
    expect(host.read('/etc/long')).toBe(long);
  });

  it('without contents must be there', async () => {
    const [missing] = await run({ path: '/etc/nothing', mode: '0644' });
    expect(missing).toMatchObject({ outcome: 'failed', reason: 'unsupported' });
    expect(missing?.message).toBe('/etc/nothing does not exist: content or source would make it');
    host.write('/etc/something', 'x');
    chmodSync(at('/etc/something'), 0o600);
    expect(await run({ path: '/etc/something', mode: '0644' })).toMatchObject([
      { outcome: 'changed', changes: [{ key: 'file//etc/something/mode', before: '0600', after: '0644' }] },
    ]);
  });

  it('may be made by one task and given its mode by the next', async () => {
    const results = await run({ path: '/etc/two', content: 'x\n' }, { path: '/etc/two', mode: '0600' });
    expect(results).toMatchObject([{ outcome: 'changed' }, { outcome: 'changed' }]);
    expect(modeOf('/etc/two')).toBe('600');
  });

  it('may be wanted alike by two tasks', async () => {
    const same = { path: '/etc/twice', content: 'x\n' };
    expect(await run(same, { ...same, mode: '0600' })).toMatchObject([{ outcome: 'changed' }, { outcome: 'changed' }]);
    expect([host.read('/etc/twice'), modeOf('/etc/twice')]).toEqual(['x\n', '600']);
  });

  it('that two tasks want different is an error, without its contents in it, before any write', async () => {
    const [result] = await run({ path: '/etc/x', content: 'a\nb\n' }, { path: '/etc/x', content: 'c\n' });
    expect(result).toMatchObject({ outcome: 'failed', reason: 'conflict' });
    expect(result?.message).toMatch(
      /site\.yml:1 and site\.yml:2 .* file \/etc\/x: a text of 4 characters and a text of 2/,
    );
    const [other] = await run({ path: '/etc/x', content: 'a\n' }, { path: '/etc/x', state: 'directory' });
    expect(other?.message).toContain('/etc/x is a whole file for site.yml:1 and a folder for site.yml:2');
    expect(host.read('/etc/x')).toBeUndefined();
  });

  it('is not written through a symbolic link, nor over a folder', async () => {
    host.write('/etc/real', 'x');
    symlinkSync(at('/etc/real'), at('/etc/link'));
    mkdirSync(at('/etc/folder'));
    for (const params of [{ content: 'y' }, { mode: '0600' }, { state: 'directory' }, { state: 'absent' }])
      expect(await run({ path: '/etc/link', ...params })).toMatchObject([
        { outcome: 'failed', reason: 'conflict', message: expect.stringContaining('/etc/link is a symbolic link to') },
      ]);
    expect(lstatSync(at('/etc/link')).isSymbolicLink()).toBe(true);
    expect(await run({ path: '/etc/folder', content: 'y' })).toMatchObject([
      { outcome: 'failed', reason: 'conflict', message: '/etc/folder is a folder' },
    ]);
    expect(await run({ path: '/etc/real/below', content: 'y' })).toMatchObject([
      { outcome: 'failed', reason: 'conflict', message: '/etc/real is no folder' },
    ]);
    expect(host.read('/etc/real')).toBe('x');
  });

  it('needs an owner whom the host knows', async () => {
    const [result] = await run({ path: '/etc/x', content: 'y', owner: 'stranger' });
    expect(result?.message).toMatch(/^there is no user 'stranger' in \/etc\/passwd/);
    expect(host.read('/etc/x')).toBeUndefined();
  });

  it.skipIf(uid !== 0)(`changes owners under their names${uid === 0 ? '' : ' (skipped: needs root)'}`, async () => {
    // The name is this host's alone: what is written is its number.
    host.write('/etc/x', 'y');
    const [result] = await run({ path: '/etc/x', owner: 'other' }, { path: '/etc/y', content: 'z', owner: 'other' });
    expect(result?.changes).toMatchObject([{ key: 'file//etc/x/owner', before: 'root', after: 'other' }]);
    expect([statSync(at('/etc/x')).uid, statSync(at('/etc/y')).uid]).toEqual([12345, 12345]);
    expect(await run({ path: '/etc/x', owner: 12345 }, { path: '/etc/y', owner: 12345 })).toMatchObject([
      settled,
      settled,
    ]);
    expect(journal().map(({ before, after }) => [before, after])).toContainEqual(['0', '12345']);
    await undo();
    expect(statSync(at('/etc/x')).uid).toBe(0);
  });
});

describe('a folder', () => {
  it('is made with its mode, and those above it; then its mode is kept', async () => {
    const want = { path: '/srv/a/b/', state: 'directory', mode: '2750' };
    const [made] = await run(want);
    expect(made?.changes.map(({ key }) => key)).toEqual([
      'file//srv',
      'file//srv/a',
      'file//srv/a/b',
      'file//srv/a/b/mode',
    ]);
    expect([modeOf('/srv/a/b'), modeOf('/srv/a')]).toEqual(['2750', '755']);
    expect(await run(want)).toMatchObject([settled]);
    chmodSync(at('/srv/a/b'), 0o2755);
    expect(await run({ ...want, mode: '0755' })).toMatchObject([{ outcome: 'changed' }]);
    expect(modeOf('/srv/a/b')).toBe('755');
  });

  it('is made before the files in it, by an earlier task or for them', async () => {
    const results = await run(
      { path: '/srv/app', state: 'directory', mode: '0700' },
      { path: '/srv/app/one', content: '1' },
      { path: '/srv/new/two', content: '2' },
      { path: '/srv/new', state: 'directory', mode: '0711' },
    );
    expect(results.map(({ outcome, message }) => message ?? outcome)).toEqual(Array(4).fill('changed'));
    expect([modeOf('/srv/app'), modeOf('/srv/new')]).toEqual(['700', '711']);
    expect([host.read('/srv/app/one'), host.read('/srv/new/two')]).toEqual(['1', '2']);
  });
});

describe('what should be absent', () => {
  it('goes where it is a file or an empty folder', async () => {
    host.write('/etc/old', 'x');
    mkdirSync(at('/etc/empty'));
    const gone = [
      { path: '/etc/old', state: 'absent' },
      { path: '/etc/empty', state: 'absent' },
    ];
    expect(await run(...gone)).toMatchObject([
      { outcome: 'changed', changes: [{ key: 'file//etc/old', before: 'x', after: null }] },
      { outcome: 'changed', changes: [{ key: 'file//etc/empty', before: 'directory', after: null }] },
    ]);
    expect(await run(...gone)).toMatchObject([settled, settled]);
  });

  it('stays where it is a folder with something in it, hidden files too', async () => {
    for (const name of ['seen', '.hidden', '..odd']) {
      host.write(`/etc/full/${name}`, 'x');
      expect(await run({ path: '/etc/full', state: 'absent' })).toMatchObject([
        { outcome: 'failed', reason: 'refused', message: expect.stringContaining('with something in it') },
      ]);
      rmSync(at(`/etc/full/${name}`));
    }
    expect(await run({ path: '/etc/full', state: 'absent' })).toMatchObject([{ outcome: 'changed' }]);
  });
});

describe('a template', () => {
  it('is a file with the rendered text', async () => {
    const rendered = Buffer.from('für {local}\n').toString('latin1');
    const params = { src: { path: 'app.j2', text: rendered }, dest: '/etc/app.conf', mode: '0600' };
    const tasks = [{ module: template, params }];
    expect((await runTasks(host, tasks)).tasks).toMatchObject([
      { outcome: 'changed', changes: [{ key: 'template//etc/app.conf' }, { key: 'template//etc/app.conf/mode' }] },
    ]);
    expect(host.read('/etc/app.conf')).toBe('für {local}\n');
    expect((await runTasks(host, tasks)).tasks).toMatchObject([settled]);
  });
});

describe('the journal', () => {
  it('holds what takes every change back: bytes, modes, owners, absence', async () => {
    const bytes = Buffer.from([0, 0xff, 0x0a]);
    writeFileSync(at('/etc/gone'), bytes);
    chmodSync(at('/etc/gone'), 0o4711);
    host.write('/etc/changed', 'before\n');
    chmodSync(at('/etc/changed'), 0o600);
    mkdirSync(at('/etc/empty'), { mode: 0o700 });
    await run(
      { path: '/etc/gone', state: 'absent' },
      { path: '/etc/changed', content: 'after\n', mode: '0644' },
      { path: '/etc/empty', state: 'absent' },
      { path: '/srv/deep/new', content: 'new', mode: '0600' },
    );
    await undo();
    expect(readFileSync(at('/etc/gone')).equals(bytes)).toBe(true);
    expect(host.read('/etc/changed')).toBe('before\n');
    expect([modeOf('/etc/gone'), modeOf('/etc/changed'), modeOf('/etc/empty')]).toEqual(['4711', '600', '700']);
    expect(readdirSync(host.root)).not.toContain('srv');
  });
});

describe('parameters of file', () => {
  const problems = (want: Value) =>
    (file.check?.(want as never) ?? []).map(({ param, message }) => `${param}: ${message}`);

  it('say what is wrong with a mode, and what it should be', () => {
    expect(problems({ path: '/x', mode: 420 })[0]).toContain('YAML reads 0644 as the octal number 420');
    expect(problems({ path: '/x', mode: 'rw-r--r--' })).toHaveLength(1);
    expect(file.check?.({ path: '/x', mode: 'u=rw,g=r,o=' })[0]?.hint).toBe('\'u=rw,g=r,o=\' is "0640"');
    expect(file.check?.({ path: '/x', mode: 'a=rx,u=rwx' })[0]?.hint).toBe('\'a=rx,u=rwx\' is "0755"');
    for (const mode of ['0644', '755', '4755']) expect(problems({ path: '/x', mode })).toEqual([]);
  });

  it('take one path, as it is written', () => {
    for (const path of [
      'etc/x',
      '/',
      '//',
      '/etc/*.conf',
      '/etc/../x',
      '/etc/ü',
      '/etc/a\nb',
      '/sys/kernel/x',
      '/proc/1',
    ])
      expect(problems({ path, content: '' }), path).toHaveLength(1);
    for (const path of ['/etc/x', '/etc//x/', '/etc/a b', '/system/x', "/it's"]) expect(problems({ path })).toEqual([]);
  });

  it('exclude what makes no sense together', () => {
    expect(problems({ path: '/x', content: '', source: { path: 'y', text: '' } })).toHaveLength(1);
    expect(problems({ path: '/x', content: '', state: 'directory' })).toHaveLength(1);
    expect(problems({ path: '/x', mode: '0644', state: 'absent' })).toHaveLength(1);
    expect(problems({ path: '/x', owner: '-R', group: 'a:b' })).toHaveLength(2);
    expect(problems({ path: '/x', owner: -3, group: 0 })).toHaveLength(1);
    expect(problems({ path: '/x', content: '\ud800' })).toHaveLength(1);
  });
});
