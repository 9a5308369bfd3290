import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { changes } from '../../../src/connect/shell/prelude.ts';
import { applyDeed, openShell, runDeed, ShellLost, type OpenedShell } from '../../../src/connect/shell/shell.ts';
import { cutChannel, type CutChannel } from './cut-channel.ts';
import { shells } from './shells.ts';

/** The host: a folder. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'perfplay-attach-'));
  mkdirSync(path.join(root, 'tmp'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const keptFiles = (): readonly string[] => {
  const folder = path.join(root, 'run/perfplay');
  return existsSync(folder) ? readdirSync(folder) : [];
};
/** The batches of which something is kept. */
const kept = (): readonly string[] => [...new Set(keptFiles().map((name) => name.replace(/\.\w+$/, '')))];
const count = (): string => {
  const file = path.join(root, 'count');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const clear = () => rmSync(path.join(root, 'count'), { force: true });

const sh = (script: string): { readonly argv: readonly string[] } => ({ argv: ['/bin/sh', '-c', script, 'sh', root] });
const appends = (text: string): WriteOp => ({ op: 'program', ...sh(`echo ${text} >>"$1/count"; echo said ${text}`) });
/** Each op leaves a line behind; the last is not to be done, as what it needs fails. */
const ops = (): readonly WriteOp[] => [
  appends('one'),
  appends('two'),
  { op: 'program', ...sh('echo three >>"$1/count"; exit 3') },
  { ...appends('four'), needs: [2] },
];
const results = [
  { state: 0, text: 'said one' },
  { state: 0, text: 'said two' },
  { state: 3, text: '' },
  { state: 'skipped', text: '' },
];
/** What a shell that has only been asked is sent for it. */
const sentFor = ({ script }: ReturnType<typeof applyDeed>): string => changes + script;
const done = 'one\ntwo\nthree\n';

/** First, last, around `edges`, and some more. */
const positions = (length: number, edges: readonly number[], more: number): readonly number[] => {
  const near = edges.flatMap((edge) => [edge - 1, edge, edge + 1]);
  const some = fc.sample(fc.integer({ min: 0, max: length }), { seed: 7, numRuns: more });
  return [...new Set([0, 1, ...near, ...some])].filter((at) => at >= 0 && at <= length).sort((a, b) => a - b);
};

/** Mount namespaces of their own: root alone can make them. */
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
/** ROOT FOLDERS SHELL...: the folders of the root are read-only. */
const mounts = `for folder in $2; do mount --bind "$1/$folder" "$1/$folder" && mount -o remount,bind,ro "$1/$folder"; done
  shift 2; exec "$@"`;

/** The host is to wait one second where it would wait for longer. */
const impatiently = (channel: CutChannel): CutChannel => ({
  ...channel,
  write: (bytes) =>
    channel.write(Buffer.from(bytes.toString('latin1').replace(/^(pp_attach \S+) \d+$/m, '$1 1'), 'latin1')),
});

for (const shell of shells) {
  describe.skipIf(!shell.present)(
    `what became of a batch in ${shell.name}${shell.present ? '' : ' (not installed)'}`,
    () => {
      const opened: CutChannel[] = [];
      afterEach(async () => {
        for (const channel of opened) channel.cut();
        await Promise.all(opened.splice(0).map((channel) => channel.ended));
      });
      /** A shell that has answered once, so that all bytes from now on are the batch's. */
      const open = async (): Promise<{ readonly remote: OpenedShell; readonly channel: CutChannel }> => {
        const channel = cutChannel(shell.argv);
        opened.push(channel);
        const remote = openShell(channel, { root });
        await remote.ask([]);
        return { remote, channel };
      };
      /** The deed is sent and cut; gives when the shell that was to do it has been given up. */
      const lose = async (deed: ReturnType<typeof applyDeed>, cut: (channel: CutChannel) => void) => {
        const first = await open();
        cut(first.channel);
        await expect(first.remote.perform(deed)).rejects.toBeInstanceOf(ShellLost);
        return first;
      };

      it('the batch is cut: all of it is done, or nothing, for ever', { timeout: 15_000 }, async () => {
        const second = (await open()).remote;
        const { length } = sentFor(applyDeed(ops()));
        const call = sentFor(applyDeed(ops())).lastIndexOf('pp_once');
        const edges = [call, call + 8, call + 43, call + 52, call + 54, call + 60, length];
        for (const at of positions(length, edges, 12)) {
          clear();
          const deed = applyDeed(ops());
          const first = await lose(deed, (channel) => {
            channel.letIn(at);
            setTimeout(channel.cut, 5);
          });
          await first.channel.ended;
          const attached = await second.attach(deed);
          expect([at, attached.fate, count()]).toEqual([at, ...(count() === '' ? ['never', ''] : ['done', done])]);
          if (attached.fate === 'done') expect(attached.result).toEqual(results);
          // Its call is there as a whole, and with it the batch.
          if (at < call + 'pp_once'.length) expect(attached.fate).toBe('never');
          if (at >= length - 1) expect(attached.fate).toBe('done');
        }
      });

      it('a batch that comes after somebody has asked for it never runs', { timeout: 15_000 }, async () => {
        const second = (await open()).remote;
        const { length } = sentFor(applyDeed(ops()));
        for (const at of positions(length - 1, [length - 1], 6)) {
          const deed = applyDeed(ops());
          const first = await lose(deed, (channel) => {
            channel.letIn(at);
            setTimeout(channel.deafen, 5);
          });
          expect(await second.attach(deed)).toEqual({ fate: 'never' });
          // What was heard is forgotten, but for this.
          await second.ask([]);
          first.channel.late();
          await first.channel.ended;
          expect([at, count()]).toEqual([at, '']);
          expect(await second.attach(deed)).toEqual({ fate: 'never' });
        }
      });

      it('the answer is cut at any byte: the other shell gets all of it', { timeout: 15_000 }, async () => {
        const second = (await open()).remote;
        const states = 33 + 'results 0 0 3 skipped\n'.length;
        const text = 33 + 'text 0\nsaid one\n'.length;
        const end = states + 2 * (text + 33 + '.\n'.length);
        for (const at of positions(end + 33 + 'end\n'.length, [states, states + text, end], 10)) {
          clear();
          const deed = applyDeed(ops());
          await lose(deed, (channel) => channel.cutAfter(at));
          expect([at, await second.attach(deed)]).toEqual([at, { fate: 'done', result: results }]);
          expect(count()).toBe(done);
        }
        await second.ask([]);
        expect(kept()).toEqual([]);
      });

      it('who asks again hears the same', async () => {
        const deed = applyDeed(ops());
        await lose(deed, (channel) => channel.cutAfter(0));
        const [second, third] = [await open(), await open()];
        second.channel.cutAfter(50);
        await expect(second.remote.attach(deed)).rejects.toBeInstanceOf(ShellLost);
        expect(await third.remote.attach(deed)).toEqual({ fate: 'done', result: results });
        expect(count()).toBe(done);
      });

      it('a slow batch is running until it has ended; nobody else may look at what it keeps', async () => {
        const deed = applyDeed([{ op: 'program', ...sh('sleep 2; echo slow >>"$1/count"') }, appends('one')]);
        await lose(deed, (channel) => setTimeout(channel.cut, 300));
        const [name] = kept();
        expect(name).toMatch(/^batch\.[0-9a-f]{32}$/);
        const hidden = keptFiles().filter((one) => (statSync(path.join(root, 'run/perfplay', one)).mode & 0o77) === 0);
        expect(hidden.toSorted()).toEqual(['end', 'err', 'out'].map((word) => `${name}.${word}`));
        const look = { ...deed, parse: () => 'done' };
        const impatient = openShell(impatiently(cutChannel(shell.argv)), { root });
        expect(await impatient.attach(look)).toEqual({ fate: 'running' });
        await impatient.close();
        expect(await (await open()).remote.attach(look)).toEqual({ fate: 'done', result: 'done' });
        expect(count()).toBe('slow\none\n');
      });

      it('a shell that is killed in the middle has died', async () => {
        const deed = applyDeed([appends('one'), { op: 'program', ...sh('sleep 1') }, appends('two')]);
        await lose(deed, (channel) => setTimeout(() => process.kill(channel.pid, 'SIGKILL'), 400));
        const second = (await open()).remote;
        expect(await second.attach(deed)).toEqual({ fate: 'died' });
        expect(count()).toBe('one\n');
        await second.ask([]);
        expect(kept()).toEqual([]);
      });

      it('a program: exit code, both outputs, a megabyte, and what it leaves behind', async () => {
        const big = 'x'.repeat(1023) + '\n';
        const script = `
        while [ "$2" -gt "\${n:=0}" ]; do printf %1023s\\\\n x; n=$((n + 1)); done | tr ' ' x
        printf 'no newline' >&2
        ( trap '' TERM; while [ -e "$1/stays" ]; do sleep 0.2; done; echo left >>"$1/count" ) &
        exit 7`;
        writeFileSync(path.join(root, 'stays'), '');
        const deed = runDeed({ argv: ['/bin/sh', '-c', script, 'sh', root, '1024'] });
        const first = await open();
        first.channel.cutAfter(70_000);
        await expect(first.remote.perform(deed)).rejects.toBeInstanceOf(ShellLost);
        const second = await open();
        const attached = await second.remote.attach(deed);
        expect(attached.fate === 'done' && attached.result.stdout === big.repeat(1024)).toBe(true);
        expect(attached).toMatchObject({ result: { exit: 7, stderr: 'no newline' } });
        // The next program is not held up by the one that was left behind.
        expect(await second.remote.run(sh('echo next'))).toEqual({ exit: 0, stdout: 'next\n', stderr: '' });
        rmSync(path.join(root, 'stays'));
        await expect.poll(count).toBe('left\n');
      });

      it('answers that were heard are gone with the next exchange, and at the end', async () => {
        const { remote, channel } = await open();
        expect(await remote.apply(ops())).toEqual(results);
        expect(kept()).toHaveLength(1);
        await remote.run(sh('exit 0'));
        expect(kept()).toHaveLength(1);
        await remote.close();
        await channel.ended;
        expect(kept()).toEqual([]);
        expect(readdirSync(path.join(root, 'tmp'))).toEqual([]);
      });

      describe.skipIf(!canMount)(
        `on a host that cannot be written${canMount ? '' : ' (skipped: needs root and unshare)'}`,
        () => {
          const openOn = async (readOnly: readonly string[]) => {
            const channel = cutChannel([
              'unshare',
              '-m',
              'sh',
              '-c',
              mounts,
              'sh',
              root,
              readOnly.join(' '),
              ...shell.argv,
            ]);
            opened.push(channel);
            const remote = openShell(channel, { root });
            await remote.ask([]);
            return { remote, channel };
          };
          it.each([
            [['run'], 'done'],
            [['run', 'tmp'], 'lost'],
          ])('%j: %s', async (folders, fate) => {
            mkdirSync(path.join(root, 'run/perfplay'), { recursive: true });
            const whole = await openOn(folders);
            expect(await whole.remote.apply(ops())).toEqual(results);
            clear();
            const first = await openOn(folders);
            first.channel.cutAfter(20);
            const deed = applyDeed(ops());
            await expect(first.remote.perform(deed)).rejects.toBeInstanceOf(ShellLost);
            const second = await openOn(folders);
            expect(await second.remote.attach(deed)).toMatchObject({ fate });
            await expect.poll(count).toBe(done);
            expect([kept(), readdirSync(path.join(root, 'tmp')).length]).toEqual([[], fate === 'done' ? 2 : 0]);
          });

          it('a full one: the batch runs, and its answer is lost', async () => {
            mkdirSync(path.join(root, 'run/perfplay'), { recursive: true });
            const full = async () => {
              const script = 'mount -t tmpfs -o size=4k none "$1" && echo x >"$1/x"; cd /; shift; exec "$@"';
              const where = path.join(root, 'run/perfplay');
              const channel = cutChannel(['unshare', '-m', 'sh', '-c', script, 'sh', where, ...shell.argv]);
              opened.push(channel);
              const remote = openShell(channel, { root });
              await remote.ask([]);
              return remote;
            };
            expect(await (await full()).apply(ops())).toEqual(results);
            expect(count()).toBe(done);
          });
        },
      );
    },
  );
}
