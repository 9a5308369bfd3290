import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { applyDeed, openShell, ShellLost, type OpenedShell } from '../../../src/connect/shell/shell.ts';
import { cutChannel, type CutChannel } from './cut-channel.ts';
import { shells } from './shells.ts';

/** A folder that is a host, and its shells. */
interface Host {
  readonly root: string;
  readonly open: () => { readonly remote: OpenedShell; readonly channel: CutChannel };
  /** A file's text; of one that is not there, nothing. */
  readonly read: (name: string) => string;
  /** What was done, line by line. */
  readonly log: () => string;
  /** Folders of watches, decided or not. */
  readonly watches: () => readonly string[];
  readonly remove: () => Promise<void>;
}

const createHost = (argv: readonly string[]): Host => {
  const root = mkdtempSync(path.join(tmpdir(), 'perfplay-dead-man-'));
  mkdirSync(path.join(root, 'tmp'));
  const opened: CutChannel[] = [];
  const read = (name: string): string => {
    const file = path.join(root, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const list = (name: string): readonly string[] => {
    const folder = path.join(root, name);
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  return {
    root,
    open: () => {
      const channel = cutChannel(argv);
      opened.push(channel);
      return { remote: openShell(channel, { root }), channel };
    },
    read,
    log: () => read('log'),
    watches: () => ['run/perfplay', 'tmp'].flatMap(list).filter((name) => name.includes('watch')),
    remove: async () => {
      for (const channel of opened) channel.cut();
      await Promise.all(opened.map((channel) => channel.ended));
      rmSync(root, { recursive: true, force: true });
    },
  };
};

const present = shells.filter((shell) => shell.present);
/** The same in every shell at once; what fails names its shell. */
const inEach = (work: (host: Host) => Promise<void>) => async (): Promise<void> => {
  const one = async ({ name, argv }: (typeof present)[number]): Promise<void> => {
    const host = createHost(argv);
    try {
      await work(host);
    } catch (error) {
      if (error instanceof Error) error.message = `in ${name}: ${error.message}`;
      throw error;
    } finally {
      await host.remove();
    }
  };
  await Promise.all(present.map(one));
};

/** `$1` is the host's folder. */
const sh = ({ root }: Host, script: string): WriteOp => ({
  op: 'program',
  argv: ['/bin/sh', '-c', script, 'sh', root],
});
const says = (host: Host, text: string): WriteOp => sh(host, `echo ${text} >>"$1/log"`);
let armed = 0;
const arm = (seconds: number, undo: readonly WriteOp[]) => {
  const token = `${++armed}`.padStart(32, '0');
  return { token, op: { op: 'arm', token, seconds, undo } as const };
};
const confirm = (token: string): WriteOp => ({ op: 'confirm', token });
const disarm = (token: string): WriteOp => ({ op: 'disarm', token });

const inOrder = (host: Host): readonly WriteOp[] => [says(host, 'last'), says(host, 'first')];
const undone = 'last\nfirst\n';
/** Longer than a watch of one second can take. */
const beyond = () => sleep(3500);
const soon = { timeout: 8000 };

const missing = shells.filter((shell) => !shell.present).map(({ name }) => name);
const where = `in ${present.map(({ name }) => name).join(', ')}${missing.length > 0 ? ` (not installed: ${missing.join(', ')})` : ''}`;

describe.concurrent(`a change that may cut the connection, ${where}`, { timeout: 40_000 }, () => {
  it(
    'of a batch that hangs is taken back meanwhile, and again when it goes on',
    inEach(async (host) => {
      const { token, op } = arm(1, inOrder(host));
      const hangs = sh(host, 'while [ ! -e "$1/go" ]; do sleep 0.1; done');
      const work = host.open().remote.apply([op, says(host, 'made'), hangs, says(host, 'late')]);
      await vi.waitFor(() => expect(host.log()).toBe(`made\n${undone}`), { timeout: 20_000 });
      writeFileSync(path.join(host.root, 'go'), '');
      await work;
      await vi.waitFor(() => expect(host.log()).toBe(`made\n${undone}late\n${undone}`), soon);
      expect(await host.open().remote.apply([confirm(token)])).toMatchObject([{ state: 1 }]);
    }),
  );

  it(
    'is taken back once, in the given order, and whoever confirms it later hears so',
    inEach(async (host) => {
      const { token, op } = arm(1, inOrder(host));
      expect(await host.open().remote.apply([op, says(host, 'made')])).toMatchObject([{ state: 0 }, { state: 0 }]);
      expect(host.log()).toBe('made\n');
      await vi.waitFor(() => expect(host.log()).toBe(`made\n${undone}`), soon);
      const { remote } = host.open();
      for (let times = 0; times < 2; times++)
        expect(await remote.apply([confirm(token)])).toEqual([{ state: 1, text: '' }]);
      expect(await remote.apply([disarm(token)])).toMatchObject([{ state: 0 }]);
      expect(host.watches()).toEqual([]);
      await beyond();
      expect(host.log()).toBe(`made\n${undone}`);
    }),
  );

  it(
    'is never taken back once it was confirmed, and nothing of it stays',
    inEach(async (host) => {
      const { token, op } = arm(1, inOrder(host));
      await host.open().remote.apply([op, says(host, 'made')]);
      // Whoever did not hear the answer asks again.
      for (let times = 0; times < 2; times++)
        expect(await host.open().remote.apply([confirm(token)])).toEqual([{ state: 0, text: '' }]);
      await beyond();
      const { remote } = host.open();
      expect(await remote.apply([confirm(token), disarm(token)])).toMatchObject([{ state: 0 }, { state: 0 }]);
      expect(host.watches()).toEqual([]);
      await beyond();
      expect([host.log(), host.watches()]).toEqual(['made\n', []]);
    }),
  );

  it.each([
    ['its shell was killed', (channel: CutChannel) => void process.kill(channel.pid, 'SIGKILL')],
    ['its connection was cut', (channel: CutChannel) => channel.cut()],
  ])('is taken back though %s', async (_, end) => {
    await inEach(async (host) => {
      const { op } = arm(1, inOrder(host));
      const { remote, channel } = host.open();
      await remote.apply([op, says(host, 'made')]);
      end(channel);
      await channel.ended;
      await vi.waitFor(() => expect(host.log()).toBe(`made\n${undone}`), soon);
    })();
  });

  it(
    'is taken back though what shall do it is hung up and told to end',
    inEach(async (host) => {
      const { op } = arm(1, inOrder(host));
      const { remote, channel } = host.open();
      await remote.apply([op, says(host, 'made')]);
      // Whoever brought the answer may still be there.
      const [guard] = await vi.waitFor(() => {
        const children = readFileSync(`/proc/${channel.pid}/task/${channel.pid}/children`, 'utf8').trim().split(' ');
        expect(children).toHaveLength(1);
        return children;
      });
      for (const signal of ['SIGHUP', 'SIGTERM'] as const) process.kill(Number(guard), signal);
      channel.cut();
      await vi.waitFor(() => expect(host.log()).toBe(`made\n${undone}`), soon);
    }),
  );

  it.each([
    ['killed', (channel: CutChannel) => void process.kill(channel.pid, 'SIGKILL'), 'made\n'],
    ['cut', (channel: CutChannel) => channel.cut(), 'made\nmore\n'],
  ])('is taken back though its batch was %s in the middle', async (_, end, made) => {
    await inEach(async (host) => {
      const { op } = arm(1, inOrder(host));
      const { remote, channel } = host.open();
      const deed = applyDeed([op, says(host, 'made'), sh(host, 'sleep 1.5'), says(host, 'more')]);
      const lost = expect(remote.perform(deed)).rejects.toBeInstanceOf(ShellLost);
      await vi.waitFor(() => expect(host.log()).toBe('made\n'), soon);
      end(channel);
      await lost;
      await vi.waitFor(() => expect(host.log()).toBe(`${made}${undone}`), soon);
      await beyond();
      expect(host.log()).toBe(`${made}${undone}`);
    })();
  });

  it(
    'has its whole time, however long its batch takes',
    inEach(async (host) => {
      const { token, op } = arm(4, inOrder(host));
      await host.open().remote.apply([op, says(host, 'made'), sh(host, 'sleep 6')]);
      expect(host.log()).toBe('made\n');
      expect(await host.open().remote.apply([confirm(token)])).toMatchObject([{ state: 0 }]);
    }),
  );

  it(
    'is wholly taken back before that is told; what of it failed is told, and is no reason to stop',
    inEach(async (host) => {
      const undo = [sh(host, 'sleep 2'), sh(host, 'echo it is stuck; exit 3'), sh(host, 'exit 4'), says(host, 'first')];
      const { token, op } = arm(1, undo);
      const { remote } = host.open();
      await remote.apply([op, says(host, 'made')]);
      await vi.waitFor(() => expect(host.watches().join()).toMatch(/undone/), soon);
      expect(await remote.apply([confirm(token)])).toEqual([{ state: 1, text: 'it is stuck\nexit code 4' }]);
      expect(host.log()).toBe('made\nfirst\n');
    }),
  );

  it(
    'is no matter of another one, in the same shell or in another',
    inEach(async (host) => {
      const [kept, lost, other] = [
        arm(2, [says(host, 'kept')]),
        arm(1, [says(host, 'lost')]),
        arm(1, [says(host, 'other')]),
      ];
      const [first, second] = [host.open().remote, host.open().remote];
      await Promise.all([first.apply([kept.op]), second.apply([other.op])]);
      await first.apply([lost.op]);
      expect(await second.apply([confirm(kept.token)])).toMatchObject([{ state: 0 }]);
      await beyond();
      expect(host.log().split('\n').sort()).toEqual(['', 'lost', 'other']);
      const later = await second.apply([confirm(lost.token), confirm(other.token), confirm(kept.token)]);
      expect(later).toMatchObject([{ state: 1 }, { state: 1 }, { state: 0 }]);
    }),
  );

  it(
    'does not hold up the end of its connection once it was confirmed',
    inEach(async (host) => {
      const { token, op } = arm(30, inOrder(host));
      const { remote, channel } = host.open();
      await remote.apply([op]);
      await host.open().remote.apply([confirm(token), disarm(token)]);
      const closed = channel.closed.then(() => 'closed');
      void remote.close();
      expect(await Promise.race([closed, sleep(5000, 'open')])).toBe('closed');
    }),
  );

  it(
    'is not made where nothing can be kept that would take it back',
    inEach(async (host) => {
      for (const folder of ['run', 'tmp']) {
        rmSync(path.join(host.root, folder), { recursive: true, force: true });
        writeFileSync(path.join(host.root, folder), '');
      }
      const { op } = arm(1, inOrder(host));
      expect(await host.open().remote.apply([op, { ...says(host, 'made'), needs: [0] }])).toEqual([
        { state: 1, text: expect.stringMatching(/cannot be kept here/) as string },
        { state: 'skipped', text: '' },
      ]);
      expect(host.log()).toBe('');
    }),
  );
});

describe(`a change that is confirmed just as its time ends, ${where}`, () => {
  it(
    'is kept or taken back, never both',
    inEach(async (host) => {
      const first = host.open().remote;
      const round = async (index: number) => {
        const name = `round${index}`;
        const second = host.open().remote;
        // It has been told all that it needs by then.
        await second.apply([{ op: 'sweep', paths: [] }]);
        const { token, op } = arm(1, [sh(host, `echo undone >>"$1/${name}"`)]);
        await first.apply([op]);
        // Two that are certain, however busy the machine; the others race.
        await sleep([300, 4000][index] ?? 850 + 30 * index);
        const [result] = await second.apply([confirm(token), disarm(token)]);
        return { name, kept: result?.state === 0 };
      };
      const rounds = await Promise.all(Array.from({ length: 24 }, (_, index) => round(index)));
      await beyond();
      for (const { name, kept } of rounds) expect([name, host.read(name)]).toEqual([name, kept ? '' : 'undone\n']);
      expect(new Set(rounds.map(({ kept }) => kept))).toEqual(new Set([true, false]));
      expect(host.watches()).toEqual([]);
    }),
  );
});
