import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ShellLost, type Attached, type Deed, type OpenedShell } from '../../src/connect/shell/shell.ts';
import type { WriteResult } from '../../src/connect/shell/frames.ts';
import { BecomeError, ConnectError } from '../../src/connect/types.ts';
import { createDurableShell } from '../../src/engine/durable-shell.ts';

const results: readonly WriteResult[] = [{ state: 0, text: '' }];
const ops = [{ op: 'sweep', paths: [] }] as const;
const nothing = { content: new Map(), stat: new Map(), units: new Map(), output: new Map() };
const cut = new ShellLost('the connection was lost');

type Told = 'cut' | 'ok';
interface Behaviour {
  readonly boot?: string;
  /** What becomes of each call; the last holds for all further ones. Default: ok. */
  readonly asks?: readonly Told[];
  readonly performs?: readonly Told[];
  readonly fates?: readonly (Attached<unknown>['fate'] | 'cut')[];
}

/** A host whose shells do as they are told; it writes down what they are asked for. */
const host = (first: Behaviour, later: readonly (Behaviour | Error)[] = []) => {
  const log: string[] = [];
  const names = new Map<string, string>();
  const nameOf = (token: string): string => {
    const name = names.get(token) ?? `deed${names.size + 1}`;
    names.set(token, name);
    return name;
  };
  const shellOf = ({ boot = 'b1', asks = [], performs = [], fates = [] }: Behaviour, number: number): OpenedShell => {
    const next = <T>(list: readonly T[], fallback: T): (() => T) => {
      let at = 0;
      return () => list[Math.min(at++, list.length - 1)] ?? fallback;
    };
    const [ask, perform, fate] = [next(asks, 'ok'), next(performs, 'ok'), next(fates, 'done')];
    const say = (text: string, told: string) => {
      log.push(`${number} ${text}`);
      if (told === 'cut') throw cut;
    };
    return {
      boot: () => boot,
      ask: async () => {
        say('ask', ask());
        return nothing;
      },
      perform: async <T>(deed: Deed<T>): Promise<T> => {
        say(`perform ${nameOf(deed.token)}`, perform());
        return results as T;
      },
      attach: async <T>(deed: Deed<T>): Promise<Attached<T>> => {
        const became = fate();
        say(`attach ${nameOf(deed.token)} ${became}`, became);
        return became === 'done' ? { fate: 'done', result: results as T } : { fate: became as 'never' };
      },
      apply: () => Promise.reject(new Error('a durable shell performs')),
      run: () => Promise.reject(new Error('a durable shell performs')),
      leftovers: () => ({ answers: [], shells: [`${number}`] }),
      succeed: (before) => void log.push(`${number} succeeds ${before.leftovers().shells.join(' ')}`),
      close: async () => void log.push(`${number} close`),
    };
  };
  let opened = 1;
  let isInterrupted = false;
  const open = shellOf(first, 1);
  const lost: OpenedShell[] = [];
  const shell = createDurableShell(open, {
    reopen: async (from) => {
      lost.push(from);
      const then = later[Math.min(opened++ - 1, later.length - 1)] ?? new ConnectError('refused');
      log.push(`open ${opened}`);
      if (then instanceof Error) throw then;
      return shellOf(then, opened);
    },
    wait: async (seconds) => {
      log.push(`wait ${seconds}`);
      vi.setSystemTime(Date.now() + seconds * 1000);
    },
    interrupted: () => isInterrupted,
    boot: open.boot,
  });
  return { shell, log, lost, open, interrupt: () => (isInterrupted = true) };
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('a shell that outlives its connection', () => {
  it('costs nothing where nothing is cut', async () => {
    const { shell, log } = host({});
    expect(await shell.apply(ops)).toBe(results);
    await shell.ask([]);
    await shell.close();
    expect(log).toEqual(['1 perform deed1', '1 ask', '1 close']);
  });

  it('asks over another connection what became of a batch, and sends nothing again', async () => {
    const { shell, log, lost, open } = host({ performs: ['cut'] }, [{}]);
    expect(await shell.apply(ops)).toBe(results);
    expect(log).toEqual(['1 perform deed1', 'open 2', '2 ask', '2 attach deed1 done', '2 succeeds 1']);
    expect(lost).toEqual([open]);
  });

  it('sends a batch again that has not come, under another token', async () => {
    const { shell, log } = host({ performs: ['cut'] }, [{ fates: ['never'] }]);
    expect(await shell.run({ argv: ['true'] })).toBe(results);
    expect(log).toEqual([
      '1 perform deed1',
      'open 2',
      '2 ask',
      '2 attach deed1 never',
      '2 succeeds 1',
      '2 perform deed2',
    ]);
  });

  it('asks once more for the second batch, not for the first, when that is cut too', async () => {
    const { shell, log } = host({ performs: ['cut'] }, [{ fates: ['never'], performs: ['cut'] }, {}]);
    expect(await shell.apply(ops)).toBe(results);
    expect(log.slice(5)).toEqual(['2 perform deed2', 'open 3', '3 ask', '3 attach deed2 done', '3 succeeds 2']);
  });

  it('is patient with what is running, and asks again where the question was cut', async () => {
    const { shell, log } = host({ performs: ['cut'] }, [{ fates: ['running', 'running', 'cut'] }, {}]);
    expect(await shell.apply(ops)).toBe(results);
    expect(log.filter((line) => /attach|perform/.test(line))).toEqual([
      '1 perform deed1',
      '2 attach deed1 running',
      '2 attach deed1 running',
      '2 attach deed1 cut',
      '3 attach deed1 done',
    ]);
  });

  it.each([
    ['died', 'the remote shell was killed in the middle of a batch'],
    ['lost', 'the connection was cut, and the host keeps no answers'],
  ] as const)('a batch that is %s is the end, with no further connection', async (fate, message) => {
    const { shell, log } = host({ performs: ['cut'] }, [{ fates: [fate] }]);
    await expect(shell.apply(ops)).rejects.toThrow(new ShellLost(message));
    const end = fate === 'died' ? ['2 succeeds 1'] : [];
    expect(log).toEqual(['1 perform deed1', 'open 2', '2 ask', `2 attach deed1 ${fate}`, ...end]);
  });

  it('a batch that runs for longer than it may is given up', async () => {
    const { shell } = host({ performs: ['cut'] }, [{ fates: ['running'] }]);
    const attach = vi.spyOn(Date, 'now');
    let time = 0;
    attach.mockImplementation(() => (time += 100_000));
    await expect(shell.apply(ops)).rejects.toThrow(/^a batch is still running after 900 s$/);
    attach.mockRestore();
  });

  it('a host that was booted meanwhile has lost its batch', async () => {
    const { shell, log } = host({ performs: ['cut'] }, [{ boot: 'b2' }]);
    await expect(shell.apply(ops)).rejects.toThrow(
      new ShellLost('the connection was lost; the host was booted meanwhile'),
    );
    expect(log).toEqual(['1 perform deed1', 'open 2', '2 ask']);
  });

  it('tries to connect every two seconds, and no longer than a minute', async () => {
    const { shell, log } = host({ performs: ['cut'] }, [new ConnectError('connection refused')]);
    const begun = Date.now();
    await expect(shell.apply(ops)).rejects.toThrow(
      new ShellLost('the connection was lost; connecting again: connection refused'),
    );
    expect((Date.now() - begun) / 1000).toBe(62);
    expect(log.filter((line) => line === 'wait 2')).toHaveLength(31);
  });

  it('goes on where the host answers in time', async () => {
    const { shell, log } = host({ performs: ['cut'] }, [
      new ConnectError('refused'),
      new ShellLost('given up'),
      { asks: ['cut'] },
      {},
    ]);
    expect(await shell.apply(ops)).toBe(results);
    expect(log.slice(1)).toEqual([
      'open 2',
      'wait 2',
      'open 3',
      'wait 2',
      'open 4',
      '4 ask',
      'wait 2',
      'open 5',
      '5 ask',
      '5 attach deed1 done',
      '5 succeeds 1',
      '5 succeeds 4',
    ]);
  });

  it.each([
    ['a foreign host key', new ConnectError('another key', undefined, true)],
    ['sudo that refuses', new BecomeError('another key')],
  ])('%s is no matter of waiting', async (_what, error) => {
    const { shell, log } = host({ performs: ['cut'] }, [error]);
    await expect(shell.apply(ops)).rejects.toThrow(
      new ShellLost('the connection was lost; connecting again: another key'),
    );
    expect(log).toEqual(['1 perform deed1', 'open 2']);
  });

  it('a fault of perfplay itself is told as such', async () => {
    const { shell } = host({ performs: ['cut'] }, [new TypeError('undefined is no function')]);
    await expect(shell.apply(ops)).rejects.toThrow(TypeError);
  });

  it('a connection that is cut every time is given up', async () => {
    const { shell, log } = host({ performs: ['cut'] }, [{ fates: ['cut'] }]);
    await expect(shell.apply(ops)).rejects.toBe(cut);
    expect(log.filter((line) => line.includes('attach'))).toHaveLength(4);
    expect(log.filter((line) => line.includes('perform'))).toHaveLength(1);
  });

  it('an interrupt stops it at once', async () => {
    const { shell, log, interrupt } = host({ performs: ['cut'] }, [new ConnectError('refused')]);
    interrupt();
    await expect(shell.apply(ops)).rejects.toBe(cut);
    expect(log).toEqual(['1 perform deed1']);
  });

  it('what is only asked is not asked again before something was changed', async () => {
    const { shell, log } = host({ asks: ['cut'] }, [{}]);
    await expect(shell.ask([])).rejects.toBe(cut);
    expect(log).toEqual(['1 ask']);
  });

  it('what is asked after a change is asked again, a few times', async () => {
    const once = host({ asks: ['cut'] }, [{}]);
    await once.shell.apply(ops);
    expect(await once.shell.ask([])).toBe(nothing);
    // The first question over the new connection tells its boot.
    expect(once.log.slice(1)).toEqual(['1 ask', 'open 2', '2 ask', '2 succeeds 1', '2 ask']);
    const always = host({ asks: ['cut'] }, [{ asks: ['ok', 'cut'] }]);
    await always.shell.apply(ops);
    await expect(always.shell.ask([])).rejects.toBe(cut);
    expect(always.log.filter((line) => line.startsWith('open'))).toHaveLength(4);
  });
});
