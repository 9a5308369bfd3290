import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import command from '../../modules/command/index.ts';
import fail from '../../modules/fail/index.ts';
import type { Connection } from '../../src/connect/types.ts';
import { ConnectError } from '../../src/connect/types.ts';
import { runSite } from '../../src/engine/run.ts';
import type { Host } from '../../src/inventory/types.ts';
import type { HostTask, Item, Play, Site, Task } from '../../src/playbook/types.ts';
import type { Event, TaskResult } from '../../src/report/events.ts';
import { localChannel } from '../connect/shell/shells.ts';
import { createLocalHost, hostOn, type LocalHost } from './local-host.ts';
import { hostTaskOf, itemOf, part, position, taskOf } from './task.ts';

let hosts: ReadonlyMap<string, LocalHost>;
const names = ['one', 'two', 'three'];
beforeEach(() => {
  hosts = new Map([...names, 'balancer'].map((name) => [name, createLocalHost({ '/log': '' })]));
});
afterEach(() => {
  for (const host of hosts.values()) host.dispose();
});

const lines = (name: string): readonly string[] => hosts.get(name)!.read('/log')!.split('\n').filter(Boolean);

/** What a task is on each host. */
type Make = (host: string) => HostTask;
const log =
  (text: string, more: Partial<Task> = {}, item: (host: string) => Partial<Item> = () => ({})): Make =>
  (host) => {
    const params = { shell: `echo ${text.replace('HOST', host)} >>"$PERFPLAY_ROOT/log"` };
    return hostTaskOf(taskOf(command, params, { id: text, name: text, ...more }), {
      items: () => [itemOf(params, item(host))],
    });
  };
const failOn =
  (failing: string, more: Partial<Task> = {}): Make =>
  (host) =>
    hostTaskOf(taskOf(fail, {}, { id: 'fail', name: 'fail', ...more }), {
      items: () => [itemOf({}, { when: () => host === failing })],
    });

interface Ran {
  readonly tasks: readonly TaskResult[];
  readonly statuses: Readonly<Record<string, string>>;
  readonly stopped: string | undefined;
  readonly connections: readonly string[];
  /** Everything that was said to the hosts. */
  readonly sent: string;
}

const run = async (
  makes: readonly Make[],
  {
    play = {},
    down = [],
    forks = 10,
    connected = () => undefined,
  }: {
    play?: Partial<Play>;
    down?: readonly string[];
    forks?: number;
    connected?: (name: string, connection: Connection) => Promise<void> | void;
  } = {},
): Promise<Ran> => {
  const all: readonly Host[] = [...hosts].map(([name, local]) => hostOn(local, name));
  const events: Event[] = [];
  const connections: string[] = [];
  let sent = '';
  const whole: Play = {
    index: 0,
    name: 'test',
    position,
    hosts: names,
    batches: [names],
    sequence: [],
    handlers: [],
    ...play,
  };
  const site: Site = {
    files: ['site.yml'],
    plays: [whole],
    bind: (_play, { name }) => ({ play: whole, sequence: makes.map((make) => part(make(name))), handlers: [] }),
    downGroups: () => [],
  };
  const connect = async ({ name }: Host): Promise<Connection> => {
    connections.push(name);
    if (down.includes(name)) throw new ConnectError(`${name} is down`);
    const connection: Connection = {
      shell: async () => {
        const channel = localChannel(['/bin/sh']);
        const write = (bytes: Buffer): void => {
          sent += bytes.toString('latin1');
          channel.write(bytes);
        };
        return { ...channel, write };
      },
      close: () => undefined,
    };
    await connected(name, connection);
    return connection;
  };
  const summary = await runSite({
    run: 'test',
    command: 'run',
    site,
    prune: 'off',
    inventory: { sources: [], hosts: new Map(all.map((host) => [host.name, host])), groups: new Map() },
    connect,
    forks,
    emit: (event) => events.push(event),
    now: () => new Date(0),
    prompt: async () => '',
    hash: 'abc',
    writeRecord: () => Promise.resolve(),
    lockTimeout: 0,
    signal: new AbortController().signal,
  });
  return {
    tasks: events.filter((event): event is TaskResult => event.type === 'task'),
    statuses: Object.fromEntries(summary.hosts.map(({ host, status }) => [host, status])),
    stopped: summary.stopped,
    connections,
    sent,
  };
};

describe('delegate_to', () => {
  it('does the task on the other host, and all of them share one connection to it', async () => {
    const { tasks, statuses, connections } = await run([
      log('HOST leaves', { delegateTo: { source: 'balancer', position } }, () => ({ delegateTo: 'balancer' })),
      log('HOST works'),
    ]);
    expect([...lines('balancer')].sort()).toEqual(['one leaves', 'three leaves', 'two leaves']);
    expect(names.map(lines)).toEqual([['one works'], ['two works'], ['three works']]);
    expect(statuses).toEqual({ one: 'changed', two: 'changed', three: 'changed' });
    expect(connections.filter((name) => name === 'balancer')).toHaveLength(1);
    expect(
      tasks
        .filter(({ delegate }) => delegate === 'balancer')
        .map(({ host }) => host)
        .sort(),
    ).toEqual(
      [...names].sort(), // prettier-ignore
    );
  });

  it('has the facts of the host itself, even as the first task of a run', async () => {
    let seen: unknown;
    const first: Make = (host) =>
      hostTaskOf(taskOf(command, { argv: ['true'] }, { delegateTo: { source: 'balancer', position } }), {
        needs: { params: new Set(['facts']), when: new Set(), result: new Set() },
        items: ({ facts }) => {
          if (facts !== undefined) seen = host;
          return [itemOf({ argv: ['true'] }, { delegateTo: 'balancer' })];
        },
      });
    await run([first], { play: { hosts: ['one'], batches: [['one']] } });
    expect(seen).toBe('one');
  });

  it('is an error of the task where there is no such host', async () => {
    const { tasks, statuses } = await run(
      [log('x', { delegateTo: { source: 'nobody', position } }, () => ({ delegateTo: 'nobody' }))],
      { play: { hosts: ['one'], batches: [['one']] } },
    );
    expect(tasks).toMatchObject([{ outcome: 'failed', message: expect.stringContaining('"nobody"') }]);
    expect(statuses).toEqual({ one: 'failed' });
  });
});

describe('run_once', () => {
  const once = { runOnce: true, register: 'result', sets: ['result'] };

  it.each([1, 2, 10])(
    'is done by the first host of the batch, and all have its result (%i at a time)',
    async (forks) => {
      const seen: string[] = [];
      const later: Make = (host) =>
        hostTaskOf(taskOf(command, { argv: ['true'] }, { id: 'later' }), {
          needs: { params: new Set(['registered']), when: new Set(), result: new Set() },
          items: ({ registered }) => {
            if (registered.has('result')) seen.push(host);
            return [];
          },
        });
      const { tasks } = await run([log('HOST', once), later], { forks });
      expect(names.map(lines)).toEqual([['one'], [], []]);
      expect([...new Set(seen)].sort()).toEqual([...names].sort());
      expect(tasks.filter(({ task }) => task === 'HOST').map(({ host }) => host)).toEqual(['one']);
    },
  );

  it('is done by the next where the first has failed', async () => {
    const { statuses } = await run([failOn('one'), log('HOST', once)]);
    expect(names.map(lines)).toEqual([[], ['two'], []]);
    expect(statuses).toEqual({ one: 'failed', two: 'changed', three: 'ok' });
  });

  it('fails all hosts of the batch where it fails', async () => {
    const { statuses, tasks } = await run([failOn('one', once), log('HOST')]);
    expect(names.map(lines)).toEqual([[], [], []]);
    expect(statuses).toEqual({ one: 'failed', two: 'failed', three: 'failed' });
    expect(tasks.filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
  });
});

describe('facts', () => {
  const saying = (needs: Partial<HostTask['needs']>): Make => {
    const plain = hostTaskOf(taskOf(command, { argv: ['true'] }));
    return () => ({ ...plain, needs: { ...plain.needs, ...needs } });
  };
  const facts = new Set(['facts'] as const);
  it.each([
    ['nothing asks for them', {}, false],
    ['parameters do', { params: facts }, true],
    ['a condition does', { when: facts }, true],
    ['the word on a result does', { result: facts }, true],
  ])('are read where they are needed: %s', async (_, needs, asked) => {
    const { sent, statuses } = await run([saying({}), saying(needs)], { play: { hosts: ['one'], batches: [['one']] } });
    expect(statuses).toEqual({ one: 'changed' });
    expect(sent.includes('/proc/meminfo')).toBe(asked);
  });
});

describe('a host that is done', () => {
  it('is held by nothing while others are at work', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const made = new Map<string, WeakRef<Connection>>();
    let isHeld = true;
    await run([log('HOST')], {
      play: { batches: names.map((name) => [name]) },
      connected: async (name, connection) => {
        made.set(name, new WeakRef(connection));
        if (name !== 'three') return;
        // Its shell may still be about to end.
        for (let tries = 0; isHeld && tries < 40; tries++) {
          await sleep(50);
          collect();
          isHeld = made.get('one')!.deref() !== undefined;
        }
      },
    });
    expect(isHeld).toBe(false);
    expect(names.map(lines)).toEqual([['one'], ['two'], ['three']]);
  });
});

describe('any_errors_fatal', () => {
  it('keeps every host from going on', async () => {
    const { statuses, stopped } = await run([failOn('one', { anyErrorsFatal: true }), log('HOST')], {
      play: { batches: [['one'], ['two', 'three']] },
    });
    expect(names.map(lines)).toEqual([[], [], []]);
    expect(statuses).toEqual({ one: 'failed' });
    expect(stopped).toBe('"fail" failed on one; 2 of 3 hosts are not done (two, three)');
  });
});

describe('ignore_unreachable', () => {
  it('goes on with the next task, which tries again to connect', async () => {
    const { tasks, statuses, connections } = await run([log('a', { ignoreUnreachable: true }), log('b')], {
      down: ['one'],
    });
    expect(tasks.filter(({ host }) => host === 'one')).toMatchObject([
      { outcome: 'failed', ignored: true, message: 'one is down' },
    ]);
    expect(connections.filter((name) => name === 'one')).toHaveLength(2);
    expect(statuses).toEqual({ one: 'unreachable', two: 'changed', three: 'changed' });
  });
});
