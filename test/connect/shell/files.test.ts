import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShell, type Shell } from '../../../src/connect/shell/shell.ts';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { textOfBytes } from '../../../src/contract/bytes.ts';
import { localChannel, shells } from './shells.ts';

const isRoot = process.getuid?.() === 0;

let folder: string;
let remotes: Shell[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'perfplay-files-'));
  remotes = [];
});
afterEach(() => {
  for (const remote of remotes) void remote.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => path.join(folder, name);
const put = (name: string, content: string | Buffer, mode = 0o644): string => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  chmodSync(at(name), mode);
  return at(name);
};
const modeOf = (file: string): number => statSync(file).mode & 0o7777;
/** Every byte there is, NUL, backslashes before digits, and bytes that are no UTF-8, among them. */
const bytes = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\\0011 \\n %s %b $HOME `id` \'"\r\n'),
  Buffer.from([0, 0, 0x31, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff, 0x0a, 0x0a]),
]);
const textOf = (content: Buffer): string => textOfBytes(content.toString('latin1'));

for (const shell of shells) {
  describe.skipIf(!shell.present)(`files through ${shell.name}${shell.present ? '' : ' (not installed)'}`, () => {
    const open = (programs?: string): Shell => {
      const remote = openShell(localChannel(shell.argv), programs === undefined ? {} : { path: programs });
      remotes.push(remote);
      return remote;
    };
    const apply = (...ops: readonly WriteOp[]) => open().apply(ops);
    const file = (name: string, before: string | null, after: string, more: { mode?: number } = {}): WriteOp => ({
      op: 'file',
      path: at(name),
      mode: 0o644,
      before,
      after,
      ...more,
    });

    it('carries any bytes there, back, and away again', async () => {
      const remote = open();
      const other = textOf(Buffer.from([0xfe, 0, 0x5c, 0x30]));
      expect(await remote.apply([file('any', null, textOf(bytes))])).toEqual([{ state: 0, text: '' }]);
      expect(readFileSync(at('any')).equals(bytes)).toBe(true);
      const { content } = await remote.ask([{ op: 'content', pattern: at('any') }]);
      expect(content.get(at('any'))).toEqual({ raw: textOf(bytes) });
      const results = await remote.apply([
        file('any', other, 'never'),
        file('any', textOf(bytes), other),
        { op: 'remove', path: at('any'), before: textOf(bytes) },
        { op: 'remove', path: at('any'), before: other },
      ]);
      expect(results.map(({ state }) => state)).toEqual([1, 0, 1, 0]);
      expect(results[0]?.text).toContain('changed since it was read');
      expect(existsSync(at('any'))).toBe(false);
      expect(readdirSync(folder)).toEqual([]);
    });

    it('carries files of a megabyte', async () => {
      const large = textOf(Buffer.concat(Array.from({ length: 3000 }, () => bytes)));
      const long = 'a line of text\n'.repeat(70_000);
      const remote = open();
      const results = await remote.apply([
        file('bytes', null, large),
        file('text', null, long),
        file('text', long, 'x'),
      ]);
      const record: WriteOp = {
        op: 'record',
        folder: at('journal'),
        name: 'one',
        text: long,
        made: 'one.made',
        paths: [],
      };
      expect([...results, ...(await remote.apply([record]))].map(({ state }) => state)).toEqual([0, 0, 0, 0]);
      expect(readFileSync(at('journal/one'), 'utf8') === long).toBe(true);
      expect(textOf(readFileSync(at('bytes'))) === large).toBe(true);
      expect(readFileSync(at('text'), 'utf8')).toBe('x');
    });

    it('shows nobody a file before it is complete and has its mode and owner', async () => {
      put(
        'bin/chmod',
        `#!/bin/sh\nfor f; do :; done\nstat -c 'chmod %a' "$f" >>'${at('log')}'\nexec /bin/chmod "$@"\n`,
        0o755,
      );
      put(
        'bin/sync',
        `#!/bin/sh\nfor f in '${folder}'/.perfplay.*; do stat -c 'sync %a' "$f" >>'${at('log')}'; done\nexec /bin/sync "$@"\n`,
        0o755,
      );
      put(
        'bin/mv',
        `#!/bin/sh\nstat -c 'mv %a' "$2" >>'${at('log')}'\ncat "$2" >>'${at('log')}'\nexec /bin/mv "$@"\n`,
        0o755,
      );
      const remote = open(at('bin'));
      const results = await remote.apply([
        { op: 'function', name: 'umask', args: ['000'], script: '' },
        file('secret', null, 'word\n', { mode: 0o640 }),
      ]);
      expect(results[1]).toEqual({ state: 0, text: '' });
      expect(readFileSync(at('log'), 'utf8')).toBe('chmod 600\nsync 640\nmv 640\nword\n');
      expect(modeOf(at('secret'))).toBe(0o640);
      rmSync(at('log'));
      // A store's own function writes files too.
      const [made] = await remote.apply([
        {
          op: 'function',
          name: 't_put',
          args: [at('other')],
          script: 't_put() { umask 000; pp_new_t=word; pp_file t "$1" 00600 \'\' absent %s %s; }',
        },
      ]);
      expect(made).toEqual({ state: 0, text: '' });
      expect(readFileSync(at('log'), 'utf8')).toBe('chmod 600\nmv 600\nword');
    });

    it('runs programs with the umask of the login, and keeps its own things private', async () => {
      const login = ['/bin/sh', '-c', 'umask 0027; exec "$@"', 'sh', ...shell.argv];
      const remote = openShell(localChannel(login), { root: folder });
      remotes.push(remote);
      mkdirSync(at('run'));
      const asked = { argv: ['/bin/sh', '-c', 'umask'] };
      const own: WriteOp = { op: 'function', name: 't_umask', args: [], script: 't_umask() { pp_text=$(umask); }' };
      const record: WriteOp = {
        op: 'record',
        folder: '/journal',
        name: 'one',
        text: 'x',
        made: 'one.made',
        paths: [],
      };
      const texts = (await remote.apply([{ op: 'program', ...asked }, own, record])).map(({ text }) => text);
      expect(texts.map((text) => text.padStart(4, '0'))).toEqual(['0027', '0027', '0000']);
      expect((await remote.run(asked)).stdout).toBe('0027\n');
      const { output } = await remote.ask([{ op: 'query', ...asked }]);
      expect([...output.values()][0]?.text).toBe('0027\n');
      expect([modeOf(at('journal')), modeOf(at('journal/one')), modeOf(at('run/perfplay'))]).toEqual([
        0o700, 0o600, 0o755,
      ]);
    });

    it('keeps the mode of a file that is there; the kernel takes set-user-ID away where not root writes', async () => {
      put('tool', 'one', 0o4750);
      expect(await apply(file('tool', 'one', 'two'))).toEqual([{ state: 0, text: '' }]);
      expect(modeOf(at('tool'))).toBe(isRoot ? 0o4750 : 0o750);
      expect(readFileSync(at('tool'), 'utf8')).toBe('two');
    });

    it('leaves nothing behind where a file cannot be made', async () => {
      put('bin/chmod', '#!/bin/sh\necho "chmod: no such luck" >&2\nexit 1\n', 0o755);
      const [failed] = await open(at('bin')).apply([file('etc/x', null, 'x')]);
      expect(failed).toEqual({ state: 1, text: 'chmod: no such luck' });
      expect(readdirSync(at('etc'))).toEqual([]);
    });

    it('refuses what has appeared, what is gone and what is no file', async () => {
      put('there', 'somebody’s');
      mkdirSync(at('folder'));
      symlinkSync(at('nowhere/deep'), at('link'));
      const results = await apply(
        file('there', null, 'x'),
        file('gone', 'was', 'x'),
        file('folder', null, 'x'),
        file('folder', '', 'x'),
        { op: 'remove', path: at('folder'), before: '' },
      );
      expect(results.map(({ state }) => state)).toEqual([1, 1, 1, 1, 1]);
      expect(results.map(({ text }) => /changed since|gone since|not a regular file/.exec(text)?.[0])).toEqual([
        'changed since',
        'gone since',
        'not a regular file',
        'not a regular file',
        'changed since',
      ]);
      expect(readFileSync(at('there'), 'utf8')).toBe('somebody’s');
    });

    it('makes a folder with those above it, and takes away an empty one only', async () => {
      const remote = open();
      const made: WriteOp = { op: 'directory', path: at('a/b/c'), mode: 0o2750 };
      expect(await remote.apply([made, made])).toEqual([
        { state: 0, text: '' },
        { state: 0, text: '' },
      ]);
      expect([modeOf(at('a/b/c')), modeOf(at('a/b'))]).toEqual([0o2750, 0o755]);
      put('a/b/file', 'x');
      const [full, empty, again] = await remote.apply([
        { op: 'remove-directory', path: at('a/b') },
        { op: 'remove-directory', path: at('a/b/c') },
        { op: 'remove-directory', path: at('a/b/c') },
      ]);
      expect(full?.state).toBe(1);
      expect(full?.text).toContain('Directory not empty');
      expect([empty?.state, again?.state]).toEqual([0, 0]);
      expect(readdirSync(at('a/b'))).toEqual(['file']);
    });

    it('says in the kernel’s words why a folder cannot be made', async () => {
      put('file', 'x');
      const results = await apply(
        { op: 'directory', path: at('file'), mode: 0o755 },
        { op: 'directory', path: at('file/below'), mode: 0o755 },
      );
      expect(results.map(({ state }) => state)).toEqual([1, 1]);
      expect(results[0]?.text).toContain('File exists');
      expect(results[1]?.text).toMatch(/Not a directory|File exists/);
    });

    it('sets exactly the mode, and follows no link that took the place of a file', async () => {
      put('file', 'x', 0o600);
      mkdirSync(at('folder'));
      chmodSync(at('folder'), 0o2775);
      symlinkSync(at('file'), at('link'));
      const mode = (name: string, value: string): WriteOp => ({
        op: 'permission',
        path: at(name),
        aspect: 'mode',
        value,
      });
      const results = await apply(
        mode('file', '0644'),
        mode('folder', '0755'),
        mode('link', '0777'),
        mode('no', '0644'),
      );
      expect(results.map(({ state }) => state)).toEqual([0, 0, 1, 1]);
      expect([modeOf(at('file')), modeOf(at('folder'))]).toEqual([0o644, 0o755]);
      expect(results[2]?.text).toContain('has become a symbolic link');
      expect(results[3]?.text).toContain('No such file or directory');
    });

    it.skipIf(!isRoot)(`sets owner and group${isRoot ? '' : ' (skipped: needs root)'}`, async () => {
      put('file', 'x', 0o4755);
      symlinkSync(at('file'), at('link'));
      const own = (name: string, aspect: 'owner' | 'group', value: string): WriteOp => ({
        op: 'permission',
        path: at(name),
        aspect,
        value,
      });
      const results = await apply(
        own('file', 'owner', '12345'),
        own('file', 'group', 'daemon'),
        own('file', 'owner', 'nobody-of-that-name'),
        own('link', 'owner', '0'),
        { ...file('made', null, 'x', { mode: 0o600 }), owner: { user: 'daemon', group: '54321' } } as WriteOp,
        { op: 'directory', path: at('folder'), mode: 0o700, owner: { group: '54321' } },
        { op: 'directory', path: at('unmade'), mode: 0o700, owner: { user: 'nobody-of-that-name' } },
      );
      expect(results.map(({ state }) => state === 0)).toEqual([true, true, false, false, true, true, false]);
      expect(results[2]?.text).toMatch(/invalid user|unknown user/);
      const ids = (name: string): readonly number[] => [lstatSync(at(name)).uid, lstatSync(at(name)).gid];
      expect(ids('file')[0]).toBe(12345);
      expect(ids('made')[1]).toBe(54321);
      expect(ids('made')[0]).not.toBe(0);
      expect(ids('folder')).toEqual([0, 54321]);
      expect(existsSync(at('unmade'))).toBe(false);
    });

    it.skipIf(!isRoot)(`keeps the owner of a file that is there${isRoot ? '' : ' (skipped: needs root)'}`, async () => {
      chownSync(put('file', 'x', 0o640), 12345, 54321);
      const [result] = await apply({ ...file('file', 'x', 'y'), owner: { user: '0', group: '0' } } as WriteOp);
      expect(result).toEqual({ state: 0, text: '' });
      expect(statSync(at('file'))).toMatchObject({ uid: 12345, gid: 54321 });
      expect(modeOf(at('file'))).toBe(0o640);
    });
  });
}
