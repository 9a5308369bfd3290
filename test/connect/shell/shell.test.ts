import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
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
import { openShell, ShellLost } from '../../../src/connect/shell/shell.ts';
import { queryKey } from '../../../src/contract/snapshot.ts';
import { localChannel, shells } from './shells.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'perfplay-shell-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string | Buffer): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};

/** What shells tell programs of themselves, each in its own way. */
const ownOfShells = new Set(['_', 'PWD', 'OLDPWD', 'SHLVL']);

for (const shell of shells) {
  describe.skipIf(!shell.present)(`the remote shell in ${shell.name}${shell.present ? '' : ' (not installed)'}`, () => {
    const open = (root?: string) => openShell(localChannel(shell.argv), root === undefined ? {} : { root });

    it('brings contents back byte for byte, one answer for all', async () => {
      const odd = 'no newline at the end \u00e9 \t `$(reboot)` cat: not an error';
      const files = Array.from({ length: 950 }, (_, index) => write(`many/f${index}`, `value ${index}\n`));
      const empty = write('empty', '');
      const strange = write("it's odd", odd);
      const remote = open();
      const snapshot = await remote.ask([
        { op: 'content', pattern: path.join(folder, 'many/*') },
        { op: 'content', pattern: empty },
        { op: 'content', pattern: strange },
        { op: 'content', pattern: path.join(folder, 'nothing/*') },
        { op: 'content', pattern: path.join(folder, 'missing') },
        { op: 'content', pattern: folder },
      ]);
      await remote.close();
      expect(snapshot.content.size).toBe(files.length + 4);
      for (const [index, file] of files.entries())
        expect(snapshot.content.get(file)).toEqual({ raw: `value ${index}\n` });
      expect(snapshot.content.get(empty)).toEqual({ raw: '' });
      expect(snapshot.content.get(strange)).toEqual({ raw: odd });
      expect(snapshot.content.get(path.join(folder, 'missing'))).toEqual({ errno: 'ENOENT' });
      expect(snapshot.content.get(folder)).toEqual({ errno: 'EISDIR' });
    });

    it.each([
      ['a few', 0],
      ['many', 70],
    ])('tells why there is no content, of %s files', async (_, more) => {
      write('why/file', 'x');
      symlinkSync('nowhere', path.join(folder, 'why/dangling'));
      symlinkSync('loop', path.join(folder, 'why/loop'));
      spawnSync('mkfifo', [path.join(folder, 'why/pipe')]);
      const others = Array.from({ length: more }, (__, index) => write(`why/other${index}`, `${index}`));
      const names = [
        'file',
        'no',
        'no/deep/er',
        'file/below',
        'dangling',
        'loop',
        'loop/x',
        'pipe',
        'a\nline',
        'dir/.',
      ];
      const remote = open();
      const { content } = await remote.ask(
        [...names.map((name) => path.join(folder, 'why', name)), ...others, path.join(folder, 'why/none*')].map(
          (pattern) => ({ op: 'content', pattern }),
        ),
      );
      await remote.close();
      const found = names.map((name) => {
        const one = content.get(path.join(folder, 'why', name));
        return one && ('raw' in one ? one.raw : one.errno);
      });
      // A name below a file, and links that go in a circle, are no names of nothing.
      const [gone, other] = ['ENOENT', 'EUNKNOWN'];
      expect(found).toEqual(['x', gone, gone, other, gone, other, other, undefined, gone, gone]);
      expect(content.size).toBe(names.length - 1 + more);
    });

    it('tells types, modes and link texts', async () => {
      const file = write('stat/plain file', 'x');
      chmodSync(file, 0o640);
      symlinkSync('../devices/pci0000:00', path.join(folder, 'stat/link'));
      const remote = open();
      const { stat } = await remote.ask([{ op: 'stat', pattern: path.join(folder, 'stat/*') }]);
      await remote.close();
      expect(stat.get(file)).toMatchObject({ type: 'file', mode: 0o640 });
      expect(stat.get(path.join(folder, 'stat/link'))).toMatchObject({ type: 'link', link: '../devices/pci0000:00' });
    });

    it('tells of more files than one program is given', async () => {
      const files = Array.from({ length: 1013 }, (_, index) => write(`all/f${index}`, 'x'.repeat(index)));
      const [some, others] = [files.slice(0, 511), path.join(folder, 'all/*')];
      const remote = open();
      const of = async (patterns: readonly string[]) =>
        (await remote.ask(patterns.map((pattern) => ({ op: 'stat', pattern })))).stat;
      const [named, matched] = [await of(some), await of([others])];
      await remote.close();
      expect([...named.keys()].sort()).toEqual([...some].sort());
      expect([...matched.keys()].sort()).toEqual([...files].sort());
    });

    it.each(['a) R 1 (b', ')', '(* ) '])('knows when a process named %j was started', async (name) => {
      const child = spawn('/bin/sh', [
        '-c',
        'printf %s "$1" >"/proc/$$/comm" && echo named && read -r end',
        'sh',
        name,
      ]);
      await once(child.stdout, 'data');
      // Rule: proc_pid_stat(5): the name stands in parentheses, and is the only field that may hold any.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      const remote = open(folder);
      const script = 't_started() { pp_started "$1"; pp_text=$pp_start; }';
      const [started] = await remote.apply([{ op: 'function', name: 't_started', args: [String(child.pid)], script }]);
      await remote.close();
      child.kill();
      expect(started).toEqual({ state: 0, text: fields[19] });
    });

    it('keeps only the directories whose file has a wanted first line', async () => {
      write('proc/1/comm', 'systemd\n');
      write('proc/1/cmdline', 'systemd\0');
      write('proc/77/comm', 'qemu-system-x86\n');
      write('proc/77/cmdline', 'qemu-system-x86_64\0-name\0vm one\0');
      const remote = open();
      const where = { file: 'comm', matches: ['kvm', 'qemu-system-x86'] };
      const { content } = await remote.ask([
        { op: 'content', pattern: path.join(folder, 'proc/[0-9]*/cmdline'), where },
      ]);
      await remote.close();
      expect([...content]).toEqual([
        [path.join(folder, 'proc/77/cmdline'), { raw: 'qemu-system-x86_64\0-name\0vm one\0' }],
      ]);
    });

    it('runs queries, tells their exit code, and survives output that looks like a frame', async () => {
      const remote = open();
      const forged = ['printf', '%s', '0123456789abcdef0123456789abcdef end 1\n'];
      const { output } = await remote.ask([
        { op: 'query', argv: forged },
        { op: 'query', argv: ['sh', '-c', 'echo out; exit 3'] },
        { op: 'query', argv: ['no-such-program-anywhere'] },
      ]);
      await remote.close();
      expect(output.get(queryKey(forged))).toEqual({ text: forged[2], exit: 0 });
      expect(output.get('sh -c "echo out; exit 3"')).toEqual({ text: 'out\n', exit: 3 });
      expect(output.get('no-such-program-anywhere')?.exit).toBe(127);
    });

    it('puts a root before every path', async () => {
      write('root/etc/hostname', 'inside\n');
      const remote = open(path.join(folder, 'root'));
      const { content } = await remote.ask([{ op: 'content', pattern: '/etc/host*' }]);
      await remote.close();
      expect([...content]).toEqual([['/etc/hostname', { raw: 'inside\n' }]]);
    });

    it('replaces files only where they are still what was read, and keeps their mode', async () => {
      const file = write('etc/some', 'old\n');
      chmodSync(file, 0o640);
      const remote = open();
      const change = { op: 'file', path: file, mode: 0o644, after: "new 'quoted' $HOME \u00e9\n\n" } as const;
      const [first, second] = await remote.apply([
        { ...change, before: 'old\n' },
        { ...change, before: 'old\n' },
      ]);
      expect(first).toEqual({ state: 0, text: '' });
      expect(second?.state).toBe(1);
      expect(second?.text).toContain('changed since it was read');
      expect(readFileSync(file, 'utf8')).toBe("new 'quoted' $HOME \u00e9\n\n");
      expect(statSync(file).mode & 0o777).toBe(0o640);
      const fresh = path.join(folder, 'etc/new/deep');
      const [made, removed] = await remote.apply([
        { op: 'file', path: fresh, mode: 0o600, before: null, after: 'x' },
        { op: 'remove', path: file, before: "new 'quoted' $HOME \u00e9\n\n" },
      ]);
      await remote.close();
      expect([made?.state, removed?.state]).toEqual([0, 0]);
      expect(statSync(fresh).mode & 0o777).toBe(0o600);
      expect(() => statSync(file)).toThrow('ENOENT');
    });

    it('tells the kernel’s reason for a refused write and skips what depends on it', async () => {
      const remote = open();
      const results = await remote.apply([
        { op: 'attribute', path: '/sys/kernel/no-such-attribute', value: '1' },
        { op: 'attribute', path: '/proc/sys/kernel/ostype', value: 'Plan9' },
        { op: 'program', argv: ['true'], needs: [1] },
        { op: 'program', argv: ['sh', '-c', 'echo why; exit 4'] },
      ]);
      await remote.close();
      expect(results[0]?.text).toContain('No such file or directory');
      expect(results[1]?.state).not.toBe(0);
      expect(results[1]?.text).toMatch(/Permission denied|Operation not permitted|Read-only/);
      expect(results[2]?.state).toBe('skipped');
      expect(results[3]).toEqual({ state: 4, text: 'why' });
    });

    it('runs a program of a playbook with its output, errors and exit code apart', async () => {
      const remote = open();
      const result = await remote.run({ argv: ['sh', '-c', 'echo out; echo err >&2; pwd; exit 5'] }, folder);
      await remote.close();
      expect(result).toEqual({ exit: 5, stdout: `out\n${folder}\n`, stderr: 'err\n' });
    });

    it('gives programs the environment of the login, and keeps its own words from them', async () => {
      const login = {
        PATH: `${process.env.PATH}:/usr/games`,
        HOME: '/home/of a user',
        SHELL: '/bin/sh',
        LANG: 'de_DE.UTF-8',
        SSH_CONNECTION: '10.0.0.1 5022 10.0.0.2 22',
        WORDS: 'its own\nof two lines',
      };
      const remote = openShell(localChannel(shell.argv, login), { root: folder });
      const argv = [process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.env))'];
      const script = 't_environment() { pp_text=$("$@"); }';
      const question = async () => (await remote.ask([{ op: 'query', argv }])).output.get(queryKey(argv))?.text;
      const texts = [
        await question(),
        ...(
          await remote.apply([
            { op: 'program', argv },
            { op: 'function', name: 't_environment', args: argv, script },
          ])
        ).map(({ text }) => text),
        (await remote.run({ argv })).stdout,
        await question(),
      ];
      await remote.close();
      for (const text of texts) {
        const all = Object.entries(JSON.parse(text ?? '') as Record<string, string>);
        const heard = Object.fromEntries(all.filter(([name]) => !ownOfShells.has(name)));
        expect({ ...heard, PATH: heard.PATH?.slice(0, login.PATH.length) }).toEqual({
          ...login,
          LC_ALL: 'C',
          PERFPLAY_ROOT: folder,
          PERFPLAY_WRITE: '',
        });
      }
    });

    it('is lost, not hung, when the shell dies', async () => {
      // What it leaves behind is left there, and not on this machine.
      const remote = open(path.join(folder, 'lost'));
      await remote.ask([]);
      await expect(remote.run({ argv: ['sh', '-c', 'kill -9 $PPID'] })).rejects.toThrow(ShellLost);
    });
  });
}

const unshared =
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/proc'], { stdio: 'ignore' }).status === 0;

describe.skipIf(!unshared)(
  `where there is no /proc${unshared ? '' : ' (skipped: a mount namespace needs root and util-linux)'}`,
  () => {
    it.each(shells.filter(({ present }) => present))(
      'separates files by a private file, and removes it: $name',
      async ({ argv }) => {
        const root = path.join(folder, 'root');
        write('root/etc/a', 'one\n');
        write('root/etc/b', 'two');
        const script = `mount -t tmpfs none /proc && exec ${argv.join(' ')}`;
        const channel = localChannel(['unshare', '-m', 'sh', '-c', script]);
        const remote = openShell(channel, { root });
        const { content } = await remote.ask([{ op: 'content', pattern: '/etc/*' }]);
        expect([...content]).toEqual([
          ['/etc/a', { raw: 'one\n' }],
          ['/etc/b', { raw: 'two' }],
        ]);
        const [private_] = readdirSync(path.join(root, 'tmp'));
        expect(statSync(path.join(root, 'tmp', private_!)).mode & 0o777).toBe(0o600);
        await remote.close();
        await channel.closed;
        expect(readdirSync(path.join(root, 'tmp'))).toEqual([]);
      },
    );
  },
);
