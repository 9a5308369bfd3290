import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { openShell, runDeed, ShellLost, type OpenedShell } from '../../../src/connect/shell/shell.ts';
import type { ChannelEnd } from '../../../src/connect/types.ts';
import { cutChannel, type CutChannel } from './cut-channel.ts';
import { forms, withoutFlock } from './lock-forms.ts';
import { shells } from './shells.ts';

/** The host: a folder. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'perfplay-lock-'));
  mkdirSync(path.join(root, 'tmp'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const since = '2026-01-02T03:04:05.000Z';
const lockOf = (run: string, seen = ''): WriteOp => ({ op: 'lock', run, who: 'anna@desk', since, seen });
const lockFile = (name = 'lock'): string => path.join(root, 'run/perfplay', name);
const lockText = (): string => readFileSync(lockFile(), 'utf8').trimEnd();
const taken = { state: 0, text: '' };
const moved = { state: 76, text: '' };
const heldBy = (run: string) => ({
  state: 75,
  text: expect.stringMatching(new RegExp(`^${run} ${since} anna@desk \\d+:\\d+$`)) as string,
});
const own = (script: string) => ({ argv: ['/bin/sh', '-c', script, 'sh', root] });

/** When a process of this machine was started, in ticks since the boot, as proc(5) has it. */
const startOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]!;
const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

const isDead = (pid: number): boolean => !existsSync(`/proc/${pid}`);

for (const shell of shells)
  for (const form of forms) {
    const title = `the lock by ${form} in ${shell.name}${shell.present ? '' : ' (not installed)'}`;
    describe.skipIf(!shell.present)(title, () => {
      const opened: CutChannel[] = [];
      afterEach(async () => {
        for (const channel of opened) channel.kill();
        await Promise.all(opened.splice(0).map((channel) => channel.ended));
      });
      const open = (): OpenedShell & { readonly channel: CutChannel } => {
        const channel = cutChannel(shell.argv);
        opened.push(channel);
        return { ...openShell(withoutFlock(channel, form), { root }), channel };
      };
      const take = async (remote: OpenedShell, run: string, seen?: string) =>
        (await remote.apply([lockOf(run, seen)]))[0];

      it('of a shell whose connection is dead on one side goes to the shell that goes on with its work', async () => {
        const [hung, next, other] = [open(), open(), open()];
        let lose: (end: ChannelEnd) => void = () => undefined;
        const closed = new Promise<ChannelEnd>((resolve) => (lose = resolve));
        const lost = openShell({ ...hung.channel, closed, destroy: () => undefined }, { root });
        expect(await take(lost, 'run1')).toEqual(taken);
        const deed = runDeed(own('echo once >>"$1/count"; sleep 0.3'));
        const answer = lost.perform(deed);
        await vi.waitFor(() => expect(readFileSync(path.join(root, 'count'), 'utf8')).toBe('once\n'), 10_000);
        lose({ lost: 'no answer' });
        await expect(answer).rejects.toThrow(ShellLost);
        expect((await next.attach(deed)).fate).toBe('done');
        next.succeed(lost);
        expect(await take(next, 'run1')).toEqual(taken);
        expect(lockText()).toMatch(new RegExp(`^run1 .* ${next.channel.pid}:\\d+$`));
        expect(await hung.channel.ended).toBe('SIGKILL');
        await next.close();
        await next.channel.ended;
        expect(await take(other, 'run2', lockText())).toEqual(taken);
        expect(readFileSync(path.join(root, 'count'), 'utf8')).toBe('once\n');
        await other.close();
        expect(readdirSync(path.join(root, 'run/perfplay')).filter((name) => name.startsWith('batch'))).toEqual([]);
      });

      it('is one run’s until its shell ends, and says whose and since when', async () => {
        const [a, b] = [open(), open()];
        expect(await take(a, 'r1')).toEqual(taken);
        expect(lockText()).toBe(`r1 ${since} anna@desk ${a.channel.pid}:${startOf(a.channel.pid)}`);
        expect(await take(b, 'r2')).toEqual(heldBy('r1'));
        expect(await take(a, 'r1')).toEqual(taken);
        expect(await take(b, 'r2')).toEqual(heldBy('r1'));
        await a.close();
        await a.channel.ended;
        expect(lockText()).toBe(`r1 ${since} anna@desk -`);
        expect(await take(b, 'r2', lockText())).toEqual(taken);
        expect(statSync(lockFile()).mode & 0o7777).toBe(0o600);
      });

      it('is shared by shells of the same run', async () => {
        const [a, b, c] = [open(), open(), open()];
        expect([await take(a, 'r1'), await take(b, 'r1'), await take(c, 'r2')]).toEqual([taken, taken, heldBy('r1')]);
      });

      it('tells that another run was at work after the host was read, or while it was', async () => {
        const [a, b, c, d] = [open(), open(), open(), open()];
        expect(await take(a, 'r1')).toEqual(taken);
        const during = lockText();
        await a.close();
        await a.channel.ended;
        expect(await take(b, 'r2', during)).toEqual(moved);
        // Nothing is done for it until the host was read again: now it is ours.
        expect(await take(b, 'r2', during)).toEqual(taken);
        await b.close();
        await b.channel.ended;
        const after = lockText();
        expect(await take(c, 'r3', `r1 ${since} anna@desk -`)).toEqual(moved);
        await c.close();
        await c.channel.ended;
        expect(after).not.toBe(lockText());
        expect(await take(d, 'r4', lockText())).toEqual(taken);
      });

      it('goes with a shell that is killed; what that has done since is not known', async () => {
        const [a, b] = [open(), open()];
        expect(await take(a, 'r1')).toEqual(taken);
        a.channel.kill();
        await a.channel.ended;
        expect(await take(b, 'r2', lockText())).toEqual(moved);
      });

      it('goes with the connection, and not before the batch under way has ended', async () => {
        const [a, b] = [open(), open()];
        expect(await take(a, 'r1')).toEqual(taken);
        void a.run(own('sleep 1.2; echo done >"$1/done"')).catch(() => undefined);
        await expect.poll(() => readdirSync(path.join(root, 'run/perfplay')).join()).toMatch(/batch/);
        await new Promise((resolve) => setTimeout(resolve, 100));
        a.channel.cut();
        expect(await take(b, 'r2')).toEqual(heldBy('r1'));
        expect(existsSync(path.join(root, 'done'))).toBe(false);
        await a.channel.ended;
        expect((await take(b, 'r2'))?.state).toBe(76);
        expect(existsSync(path.join(root, 'done'))).toBe(true);
      });

      it('does not go on with what a program leaves behind', async () => {
        const [a, b] = [open(), open()];
        const daemon = (name: string) => own(`sleep 20 </dev/null >/dev/null 2>&1 & echo $! >"$1/${name}"`);
        await a.apply([lockOf('r1'), { op: 'program', ...daemon('one') }]);
        await a.run(daemon('two'));
        await a.close();
        await a.channel.ended;
        const pids = ['one', 'two'].map((name) => Number(readFileSync(path.join(root, name), 'utf8')));
        expect(pids.map(isDead)).toEqual([false, false]);
        expect(await take(b, 'r2', lockText())).toEqual(taken);
        for (const pid of pids) process.kill(pid, 'SIGKILL');
      });

      it('is nothing on a host whose /run is not ours to write', async () => {
        writeFileSync(path.join(root, 'run'), '');
        expect(await take(open(), 'r1')).toEqual(taken);
      });

      it('of a shell that was killed and that nobody has waited for is free', async () => {
        const parent = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 20'], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const zombie = await new Promise<number>((resolve) =>
          parent.stdout.once('data', (text: Buffer) => resolve(Number(String(text)))),
        );
        const start = startOf(zombie);
        await expect.poll(() => readFileSync(`/proc/${zombie}/stat`, 'utf8')).toMatch(/\) Z /);
        mkdirSync(path.dirname(lockFile()), { recursive: true });
        writeFileSync(lockFile(), `r1 ${since} anna@desk ${zombie}:${start}\n`);
        if (form === 'link') writeFileSync(lockFile('lock.held'), `${zombie} ${start} ${bootId()}\n`);
        expect(await take(open(), 'r2')).toEqual(moved);
        parent.kill('SIGKILL');
      });

      // Only what exists can be left behind: a lock by flock(2) goes with its process.
      if (form === 'flock') return;
      const dead = (): number => Number(execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
      it.each([
        ['a process that is gone', () => `${dead()} 12345 ${bootId()}`],
        ['another process of that number', () => `${process.pid} 12345 ${bootId()}`],
        [
          'a process of another boot',
          () => `${process.pid} ${startOf(process.pid)} 00000000-0000-4000-8000-000000000000`,
        ],
        ['nobody', () => ''],
      ])('left behind by %s is broken', async (_name, line) => {
        mkdirSync(path.dirname(lockFile()), { recursive: true });
        writeFileSync(lockFile('lock.held'), `${line()}\n`);
        const a = open();
        expect(await take(a, 'r1')).toEqual(taken);
        expect(readFileSync(lockFile('lock.held'), 'utf8')).toBe(
          `${a.channel.pid} ${startOf(a.channel.pid)} ${bootId()}\n`,
        );
        expect(readdirSync(path.dirname(lockFile())).filter((name) => !name.startsWith('batch.'))).toEqual([
          'lock',
          'lock.held',
        ]);
      });

      it('of a living process is kept, and a breaker that died is taken away', async () => {
        mkdirSync(lockFile('lock.breaker'), { recursive: true });
        writeFileSync(lockFile('lock.held'), `${process.pid} ${startOf(process.pid)} ${bootId()}\n`);
        expect((await take(open(), 'r1'))?.state).toBe(75);
        writeFileSync(lockFile('lock.held'), `${dead()} 1 ${bootId()}\n`);
        expect(await take(open(), 'r1')).toEqual(taken);
        expect(existsSync(lockFile('lock.breaker'))).toBe(false);
      });
    });
  }
