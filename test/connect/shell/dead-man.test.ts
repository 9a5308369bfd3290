import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { applyDeed, openShell, ShellLost, type OpenedShell } from '../../../src/connect/shell/shell.ts';
import { cutChannel, type CutChannel } from './cut-channel.ts';
import { shells } from './shells.ts';

/** The host: a folder. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'perfplay-dead-man-'));
  mkdirSync(path.join(root, 'tmp'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = (name: string): string => {
  const file = path.join(root, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const log = (): string => read('log');
/** Folders of watches, decided or not. */
const watches = (): readonly string[] =>
  ['run/perfplay', 'tmp'].flatMap((folder) =>
    existsSync(path.join(root, folder))
      ? readdirSync(path.join(root, folder)).filter((name) => name.includes('watch'))
      : [],
  );

const sh = (script: string): WriteOp => ({
  op: 'program',
  argv: ['/bin/sh', '-c', script, 'sh', root],
});
const says = (text: string): WriteOp => sh(`echo ${text} >>"$1/log"`);
let armed = 0;
const arm = (seconds: number, undo: readonly WriteOp[] = [says('last'), says('first')]) => {
  const token = `${++armed}`.padStart(32, '0');
  return { token, op: { op: 'arm', token, seconds, undo } as const };
};
const confirm = (token: string): WriteOp => ({ op: 'confirm', token });
const undone = 'last\nfirst\n';

for (const shell of shells) {
  describe.skipIf(!shell.present)(
    `a change that nobody may ever confirm, in ${shell.name}${shell.present ? '' : ' (not installed)'}`,
    () => {
      const opened: CutChannel[] = [];
      afterEach(async () => {
        for (const channel of opened) channel.cut();
        await Promise.all(opened.splice(0).map((channel) => channel.ended));
      });
      const open = (): { readonly remote: OpenedShell; readonly channel: CutChannel } => {
        const channel = cutChannel(shell.argv);
        opened.push(channel);
        return { remote: openShell(channel, { root }), channel };
      };
      /** Longer than a watch of one second can take. */
      const beyond = () => sleep(3500);

      it('is taken back once, in the given order, and whoever confirms it later hears so', async () => {
        const { token, op } = arm(1);
        expect(await open().remote.apply([op, says('made')])).toMatchObject([{ state: 0 }, { state: 0 }]);
        expect(log()).toBe('made\n');
        await expect.poll(log, { timeout: 5000 }).toBe(`made\n${undone}`);
        const { remote } = open();
        expect(await remote.apply([confirm(token)])).toEqual([{ state: 1, text: '' }]);
        expect(watches()).toEqual([]);
        expect(await remote.apply([confirm(token)])).toMatchObject([{ state: 1 }]);
        await beyond();
        expect(log()).toBe(`made\n${undone}`);
      });

      it('is never taken back once it was confirmed, and nothing of it stays', async () => {
        const { token, op } = arm(1);
        const first = open();
        await first.remote.apply([op, says('made')]);
        expect(await open().remote.apply([confirm(token)])).toEqual([{ state: 0, text: '' }]);
        expect(watches()).toEqual([]);
        await beyond();
        expect([log(), watches()]).toEqual(['made\n', []]);
      });

      it.each([
        ['its shell was killed', (channel: CutChannel) => void process.kill(channel.pid, 'SIGKILL')],
        ['its shell was hung up', (channel: CutChannel) => void process.kill(channel.pid, 'SIGHUP')],
        ['its connection was cut', (channel: CutChannel) => channel.cut()],
      ])('is taken back though %s', async (_, end) => {
        const { op } = arm(1);
        const { remote, channel } = open();
        await remote.apply([op, says('made')]);
        end(channel);
        await channel.ended;
        await expect.poll(log, { timeout: 5000 }).toBe(`made\n${undone}`);
      });

      it.each([
        ['killed', (channel: CutChannel) => void process.kill(channel.pid, 'SIGKILL'), 'made\n'],
        ['cut', (channel: CutChannel) => channel.cut(), 'made\nmore\n'],
      ])('is taken back though its batch was %s in the middle', async (_, end, made) => {
        const { op } = arm(1);
        const { remote, channel } = open();
        const deed = applyDeed([op, says('made'), sh('sleep 0.7'), says('more')]);
        setTimeout(() => end(channel), 400);
        await expect(remote.perform(deed)).rejects.toBeInstanceOf(ShellLost);
        await expect.poll(log, { timeout: 5000 }).toBe(`${made}${undone}`);
        await beyond();
        expect(log()).toBe(`${made}${undone}`);
      });

      it('has its whole time, however long its batch takes', async () => {
        const { token, op } = arm(2);
        await open().remote.apply([op, says('made'), sh('sleep 3.5')]);
        expect(log()).toBe('made\n');
        expect(await open().remote.apply([confirm(token)])).toMatchObject([{ state: 0 }]);
      });

      it('of a batch that hangs is taken back meanwhile, and again when it goes on', { timeout: 25_000 }, async () => {
        const { token, op } = arm(1);
        const work = open().remote.apply([op, says('made'), sh('while [ ! -e "$1/go" ]; do sleep 0.1; done'), says('late')]);
        await expect.poll(log, { timeout: 15_000 }).toBe(`made\n${undone}`);
        writeFileSync(path.join(root, 'go'), '');
        await work;
        await expect.poll(log, { timeout: 5000 }).toBe(`made\n${undone}late\n${undone}`);
        expect(await open().remote.apply([confirm(token)])).toMatchObject([{ state: 1 }]);
      });

      it('is wholly taken back before that is told; what of it failed is told, and is no reason to stop', async () => {
        const { token, op } = arm(0, [sh('sleep 1.5'), sh('echo it is stuck; exit 3'), sh('exit 4'), says('first')]);
        const { remote } = open();
        await remote.apply([op, says('made')]);
        await sleep(500);
        expect(await remote.apply([confirm(token)])).toEqual([{ state: 1, text: 'it is stuck\nexit code 4' }]);
        expect([log(), watches()]).toEqual(['made\nfirst\n', []]);
      });

      it('confirmed just as its time ends: either, never both', { timeout: 60_000 }, async () => {
        const [first, second] = [open().remote, open().remote];
        await second.ask([]);
        const wins = { kept: 0, undone: 0 };
        const round = async (seconds: number, ms: number, index: number) => {
          const name = `round${seconds}.${index}`;
          const { token, op } = arm(seconds, [sh(`echo undone >>"$1/${name}"`)]);
          await first.apply([op]);
          await sleep(ms);
          const [result] = await second.apply([confirm(token)]);
          return { name, kept: result?.state === 0 };
        };
        const rounds: { readonly name: string; readonly kept: boolean }[] = [];
        for (let index = 0; index < 60; index++) rounds.push(await round(0, index % 6, index));
        const late = Array.from({ length: 25 }, (_, index) => round(1, 960 + 6 * index, index));
        rounds.push(...(await Promise.all(late)));
        await beyond();
        for (const { name, kept } of rounds) {
          expect([name, read(name)]).toEqual([name, kept ? '' : 'undone\n']);
          wins[kept ? 'kept' : 'undone']++;
        }
        expect(wins.kept).toBeGreaterThan(0);
        expect(wins.undone).toBeGreaterThan(0);
        expect(watches()).toEqual([]);
      });

      it('two of them do not disturb each other, in one shell or in two', async () => {
        const [kept, lost, other] = [arm(1, [says('kept')]), arm(1, [says('lost')]), arm(1, [says('other')])];
        const [first, second] = [open().remote, open().remote];
        await Promise.all([first.apply([kept.op]), second.apply([other.op])]);
        await first.apply([lost.op]);
        expect(await second.apply([confirm(kept.token)])).toMatchObject([{ state: 0 }]);
        await beyond();
        expect(log().split('\n').sort()).toEqual(['', 'lost', 'other']);
        expect(await second.apply([confirm(lost.token), confirm(other.token)])).toMatchObject([{ state: 1 }, { state: 1 }]);
        expect(watches()).toEqual([]);
      });

      it('does not hold up the end of its connection once it was confirmed', async () => {
        const { token, op } = arm(30);
        const { remote, channel } = open();
        await remote.apply([op]);
        await open().remote.apply([confirm(token)]);
        const closed = channel.closed.then(() => 'closed');
        remote.close();
        expect(await Promise.race([closed, sleep(3000, 'open')])).toBe('closed');
      });

      it('is not made where nothing can be kept that would take it back', async () => {
        for (const folder of ['run', 'tmp']) {
          rmSync(path.join(root, folder), { recursive: true, force: true });
          writeFileSync(path.join(root, folder), '');
        }
        const results = await open().remote.apply([arm(1).op, { ...says('made'), needs: [0] }]);
        expect(results).toEqual([
          { state: 1, text: 'what would take it back cannot be kept here' },
          { state: 'skipped', text: '' },
        ]);
        expect(log()).toBe('');
      });
    },
  );
}
