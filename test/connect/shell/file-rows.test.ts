import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
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
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { openShell, type Shell } from '../../../src/connect/shell/shell.ts';
import { localChannel, shells } from './shells.ts';

// Files of a batch are prepared in rows; whoever looks finds each as if it had been written alone.

let folder: string;
let remotes: Shell[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'perfplay-rows-'));
  remotes = [];
});
afterEach(async () => {
  await Promise.all(remotes.map((remote) => remote.close()));
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => path.join(folder, name);
const put = (name: string, text: string, mode = 0o644): void => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  chmodSync(at(name), mode);
};
const read = (name: string): string => readFileSync(at(name), 'utf8');
const file = (name: string, before: string | null, after: string, needs: readonly number[] = []): WriteOp => ({
  op: 'file',
  path: at(name),
  mode: 0o644,
  before,
  after,
  needs,
});
const leftOver = (name = '.'): readonly string[] =>
  readdirSync(at(name), { recursive: true, encoding: 'utf8' }).filter((one) => one.includes('.perfplay'));

const hasAccessLists = spawnSync('setfacl', ['--version']).status === 0;
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

for (const shell of shells) {
  describe.skipIf(!shell.present)(`rows of files in ${shell.name}${shell.present ? '' : ' (not installed)'}`, () => {
    const open = (programs?: string, wrap: readonly string[] = []): Shell => {
      const channel = localChannel([...wrap, ...shell.argv]);
      const remote = openShell(channel, programs === undefined ? {} : { path: programs });
      remotes.push(remote);
      return remote;
    };
    const program = (name: string, script: string): void => put(`bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
    const states = async (remote: Shell, ...ops: readonly WriteOp[]) =>
      (await remote.apply(ops)).map(({ state, text }) => (text === '' ? state : `${state} ${text}`));

    it('one that was changed by somebody is left, and the others are written', async () => {
      put('a', 'old');
      put('b', 'somebody’s');
      put('c', 'old\n\n');
      const got = await states(open(), file('a', 'old', 'new\n'), file('b', 'old', 'x'), file('c', 'old\n\n', ''));
      expect(got).toEqual([0, `1 ${at('b')} changed since it was read: run again`, 0]);
      expect([read('a'), read('b'), read('c')]).toEqual(['new\n', 'somebody’s', '']);
      expect(leftOver()).toEqual([]);
    });

    it('one that is changed after it was looked at, before its turn, is left', async () => {
      put('a', 'old');
      put('b', 'old');
      program('mv', `echo theirs >'${at('b')}'; touch -d '5 seconds' '${at('b')}'; exec /bin/mv "$@"`);
      const got = await states(open(at('bin')), file('a', 'old', 'new'), file('b', 'old', 'new'));
      expect(got).toEqual([0, `1 ${at('b')} changed since it was read: run again`]);
      expect([read('a'), read('b')]).toEqual(['new', 'theirs\n']);
      expect(leftOver()).toEqual([]);
    });

    it('what moves from one file into the next is a change of both', async () => {
      put('a', 'x\ny\n');
      put('b', 'z\n');
      const got = await states(open(), file('a', 'x\n', '1'), file('b', 'y\nz\n', '2'));
      expect(got.map((one) => `${one}`.includes('changed since'))).toEqual([true, true]);
      expect([read('a'), read('b')]).toEqual(['x\ny\n', 'z\n']);
    });

    it('two names of one file: the second is told that it has changed', async () => {
      put('real/a', 'old');
      symlinkSync(at('real'), at('other'));
      const got = await states(open(), file('real/a', 'old', 'one'), file('other/a', 'old', 'two'));
      expect(got).toEqual([0, `1 ${at('other/a')} changed since it was read: run again`]);
      expect(read('real/a')).toBe('one');
      const made = await states(open(), file('real/b', null, 'one'), file('other/b', null, 'two'));
      expect(made.map((one) => `${one}`[0])).toEqual(['0', '1']);
      expect(read('real/b')).toBe('one');
      expect(leftOver()).toEqual([]);
    });

    it('nothing is prepared for what is not to be done, and nothing stays of what failed', async () => {
      put('a', 'somebody’s');
      put(
        'bin/mv',
        `#!/bin/sh\nfor f; do case $f in *not*) echo "mv: cannot move" >&2; exit 1 ;; esac; done\nexec /bin/mv "$@"\n`,
        0o755,
      );
      const failing: WriteOp = { op: 'program', argv: ['false'] };
      const got = await states(
        open(at('bin')),
        failing,
        file('b', null, 'b', [0]),
        file('c', null, 'c', [1]),
        file('not', null, 'd'),
        file('e', null, 'e', [3]),
        file('f', null, 'f'),
      );
      expect(got).toEqual([1, 'skipped', 'skipped', '1 mv: cannot move', 'skipped', 0]);
      expect(readdirSync(folder).sort()).toEqual(['a', 'bin', 'f']);
    });

    it('a program between sees the file before it, and what it changes is seen', async () => {
      put('a', 'old');
      put('b', 'old');
      const append: WriteOp = { op: 'program', argv: ['sh', '-c', 'cat "$1" >>"$2"', 'sh', at('a'), at('b')] };
      const got = await states(open(), file('a', 'old', 'new'), append, file('b', 'old', 'x'));
      expect(got).toEqual([0, 0, `1 ${at('b')} changed since it was read: run again`]);
      expect(read('b')).toBe('oldnew');
    });

    it('a mode that is set just before a file is written is kept', async () => {
      put('a', 'old', 0o644);
      put('b', 'old', 0o644);
      const mode: WriteOp = { op: 'permission', path: at('b'), aspect: 'mode', value: '0600' };
      const inside: WriteOp = { op: 'directory', path: at('d'), mode: 0o700 };
      const ops = [file('a', 'old', 'new'), mode, file('b', 'old', 'new'), inside, file('d/c', null, 'x')];
      expect(await states(open(), ...ops)).toEqual([0, 0, 0, 0, 0]);
      expect([statSync(at('b')).mode & 0o777, statSync(at('d')).mode & 0o777]).toEqual([0o600, 0o700]);
    });

    it('what was to be open to all and is not is made anew: whoever has opened it reads nothing', async () => {
      put('a', 'old', 0o600);
      const look = `for f in '${folder}'/.perfplay.*; do stat -c '%i %a' "$f" >>'${at('log')}'; done`;
      program('ls', `${look}; exec /bin/ls "$@"`);
      program('sync', `${look}; exec /bin/sync "$@"`);
      expect(await states(open(at('bin')), file('a', 'old', 'new'))).toEqual([0]);
      const [made, written] = read('log')
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      expect([made![1], written![1]]).toEqual(['644', '600']);
      expect(statSync(at('a')).mode & 0o777).toBe(0o600);
      // The number of a file that is gone may be given again: what tells is that the second was private when it was made.
      expect(read('log').trim().split('\n')).toHaveLength(2);
    });

    it('each of them has its own mode', async () => {
      const modes = [0o600, 0o644, 0o600, 0o755, 0o2750];
      const ops = modes.map((mode, index): WriteOp => ({ ...file(`m${index}`, null, 'x'), mode }) as WriteOp);
      expect(await states(open(), ...ops)).toEqual(modes.map(() => 0));
      expect(modes.map((_, index) => statSync(at(`m${index}`)).mode & 0o7777)).toEqual(modes);
    });

    it.skipIf(!canMount)(`keeps mode and owner of many files${canMount ? '' : ' (skipped: needs root)'}`, async () => {
      const kept: readonly (readonly [name: string, mode: number, uid: number, gid: number])[] = [
        ['plain', 0o644, 0, 0],
        ['all', 0o777, 0, 0],
        ['odd', 0o465, 0, 0],
        ['private', 0o600, 0, 0],
        ['none', 0o000, 0, 0],
        ['special', 0o4751, 0, 0],
        ['group', 0o2640, 0, 0],
        ['sticky', 0o1644, 0, 0],
        ['owner', 0o640, 12345, 0],
        ['its group', 0o640, 0, 54321],
        ['both', 0o604, 12345, 54321],
        ['with blank', 0o611, 0, 0],
        ['x plain', 0o666, 0, 0],
      ];
      for (const [name, mode, uid, gid] of kept) {
        put(name, 'old');
        chownSync(at(name), uid, gid);
        chmodSync(at(name), mode);
      }
      expect(await states(open(), ...kept.map(([name]) => file(name, 'old', 'new')))).toEqual(kept.map(() => 0));
      for (const [name, mode, uid, gid] of kept) {
        const now = statSync(at(name));
        expect([name, now.mode & 0o7777, now.uid, now.gid, read(name)]).toEqual([name, mode, uid, gid, 'new']);
      }
    });

    it.skipIf(!hasAccessLists)(
      `keeps access lists, and gives none that a folder would${hasAccessLists ? '' : ' (skipped: needs setfacl)'}`,
      async () => {
        mkdirSync(at('open'));
        execFileSync('setfacl', ['-d', '-m', 'u:12345:rwx', at('open')]);
        const names = ['a', 'b', 'c', 'd', 'open/e', 'open/f'];
        for (const name of names) put(name, 'old');
        execFileSync('setfacl', ['-m', 'u:12345:r', at('b')]);
        execFileSync('setfacl', ['-b', at('open/f')]);
        const listOf = (name: string) => execFileSync('getfacl', ['-pcn', at(name)], { encoding: 'utf8' });
        const before = names.map(listOf);
        expect(await states(open(), ...names.map((name) => file(name, 'old', 'new')))).toEqual(names.map(() => 0));
        expect(names.map(listOf)).toEqual(before);
        expect(names.map(read)).toEqual(names.map(() => 'new'));
      },
    );

    it('what somebody left under our name is taken away', async () => {
      const remote = open();
      put('a', 'old');
      symlinkSync(at('elsewhere'), at('link'));
      const plant: WriteOp = {
        op: 'function',
        script: `t_plant() { ln -s ${at('victim')} ${folder}/.perfplay.$$.1; echo x >${folder}/.perfplay.$$.2; }`,
        name: 't_plant',
        args: [],
      };
      put('victim', 'mine');
      expect(await states(remote, plant, file('a', 'old', 'new'), file('b', null, 'b'))).toEqual([0, 0, 0]);
      expect([read('a'), read('b'), read('victim')]).toEqual(['new', 'b', 'mine']);
      expect(leftOver()).toEqual([]);
    });

    describe('sync(1)', () => {
      const dd = `case $* in *fsync*) echo "$*" >>'@/log' ;; esac; exec /bin/dd "$@"`;
      const loggedDD = () => program('dd', dd.replace('@', folder));
      it.each([
        ['knows no option', `case $1 in -*) echo "sync: invalid option -- 'd'" >&2; exit 1 ;; esac`],
        ['is not there', 'exit 127'],
      ])('%s: each file by itself', async (_, script) => {
        put('a', 'old');
        loggedDD();
        program('sync', script);
        expect(await states(open(at('bin')), file('a', 'old', 'new'), file('b', null, 'b'))).toEqual([0, 0]);
        expect([read('a'), read('b')]).toEqual(['new', 'b']);
        expect(read('log').trim().split('\n')).toHaveLength(2);
      });

      it('fails: what it has not put on disk is written once more', async () => {
        put('a', 'old');
        loggedDD();
        program('sync', `echo "sync: error syncing '$2': Input/output error" >&2; exit 1`);
        expect(await states(open(at('bin')), file('a', 'old', 'new'), file('b', null, 'b'))).toEqual([0, 0]);
        expect(read('log')).not.toContain('/dev/null');
        program('dd', `echo "dd: fsync failed for '$1': Input/output error" >&2; exit 1`);
        const got = await states(open(at('bin')), file('a', 'new', 'newer'), file('c', null, 'c'));
        expect(got.map((one) => `${one}`.includes('Input/output error'))).toEqual([true, true]);
        expect([read('a'), readdirSync(folder).includes('c')]).toEqual(['new', false]);
        expect(leftOver()).toEqual([]);
      });

      it('fails for the journal: nothing is prepared', async () => {
        put('a', 'old');
        program('sync', 'exit 1');
        program('dd', `echo "dd: fsync failed: Input/output error" >&2; exit 1`);
        program('cp', `echo copied >>'${folder}/log'; exec /bin/cp "$@"`);
        const record: WriteOp = { op: 'record', folder: at('j'), name: 'n', made: 'm', text: 't', paths: [] };
        const got = await states(open(at('bin')), record, file('a', 'old', 'new', [0]), file('b', 'x', 'y', [1]));
        expect(got).toEqual(['1 dd: fsync failed: Input/output error', 'skipped', 'skipped']);
        expect(readdirSync(folder).sort()).toEqual(['a', 'bin', 'j']);
        expect(readdirSync(at('j'))).toEqual([]);
      });
    });

    it.skipIf(!canMount)(
      `on a full disk what fits is written, and the rest says so${canMount ? '' : ' (skipped: needs root and unshare)'}`,
      async () => {
        mkdirSync(at('disk'));
        const script = `mount -t tmpfs -o size=32k none '${at('disk')}' && printf old >'${at('disk/a')}' && shift && exec "$@"`;
        const remote = open(undefined, ['unshare', '-m', 'sh', '-c', script, 'sh', '-']);
        const got = await states(
          remote,
          file('disk/a', 'old', 'new'),
          file('disk/big', null, 'x\n'.repeat(40_000)),
          file('disk/c', null, 'c'),
          { op: 'program', argv: ['ls', '-A', at('disk')] },
          { op: 'program', argv: ['cat', at('disk/a'), at('disk/c')] },
        );
        expect(got[1]).toContain('No space left on device');
        expect([got[0], got[2], ...got.slice(3)]).toEqual([0, 0, '0 a\nc', '0 newc']);
      },
    );
  });
}
