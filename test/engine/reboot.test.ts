import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localChannel } from '../connect/shell/shells.ts';
import { BecomeError, ConnectError, type Connection } from '../../src/connect/types.ts';
import { createHostShells } from '../../src/engine/shells.ts';
import { reboot, RebootError, RebootInterrupted } from '../../src/engine/reboot.ts';
import { createLocalHost, hostOn, type LocalHost } from './local-host.ts';

const boots = ['11111111-2222-3333-4444-555555555555', '99999999-8888-7777-6666-555555555555'] as const;
const path = '/proc/sys/kernel/random/boot_id';

let host: LocalHost;
let state: string;
beforeEach(() => {
  host = createLocalHost(
    { [path]: `${boots[0]}\n` },
    {
      systemctl:
        '#!/bin/sh\n[ ! -e "$PERFPLAY_ROOT/refuse" ] || [ "$1" != reboot ] || { echo Access denied >&2; exit 4; }\n[ "$1" != reboot ] || { echo reboot >>"$PERFPLAY_ROOT/calls"; exit 0; }\ncat "$PERFPLAY_ROOT/state"\n',
    },
  );
  state = '/state';
  host.write(state, 'running\n');
});
afterEach(() => host.dispose());

/** What each look meets, one after the other; the last one stays. */
type Look = () => void;

const attempt = async (looks: readonly Look[], { timeout = 60, signal = new AbortController().signal } = {}) => {
  const queue = [...looks];
  const connect = async (): Promise<Connection> => {
    const look = queue.length > 1 ? queue.shift() : queue[0];
    look?.();
    return { shell: async () => localChannel(['/bin/sh']), close: () => undefined };
  };
  let waited = 0;
  const shells = createHostShells(hostOn(host), connect);
  return reboot({
    shells,
    user: undefined,
    timeout,
    wait: async (seconds) => {
      waited += seconds;
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (waited > 100) throw new Error('it waits for ever');
    },
    signal,
    on: () => undefined,
  });
};
const up: Look = () => host.write(path, `${boots[1]}\n`);
const nothing: Look = () => undefined;
const refused: Look = () => {
  throw new ConnectError('ECONNREFUSED 10.0.0.1:22');
};

describe('a reboot', () => {
  it('is asked for once, and done when another boot is up', async () => {
    expect(await attempt([nothing, up])).toMatchObject({ state: 'running' });
    expect(host.read('/calls')).toBe('reboot\n');
  });

  it('is not done while the old system answers, or nobody', async () => {
    let looks = 0;
    const counted =
      (look: Look): Look =>
      () => {
        looks++;
        look();
      };
    await attempt([nothing, nothing, refused, refused, up].map(counted));
    expect(looks).toBe(5);
  });

  it('is not done by a boot id that is none', async () => {
    const half: Look = () => host.write(path, '\n');
    await attempt([nothing, half, up]);
    expect(host.read(path)).toBe(`${boots[1]}\n`);
  });

  it('waits until systemd has started everything, and tells of failed units', async () => {
    const starting: Look = () => {
      up();
      host.write(state, 'starting\n');
    };
    const degraded: Look = () => host.write(state, 'degraded\n');
    expect(await attempt([nothing, starting, degraded])).toMatchObject({ state: 'degraded' });
  });

  it('has failed where the host does not come back, in the last words that were heard', async () => {
    const failed = attempt([nothing, refused], { timeout: 0.2 });
    await expect(failed).rejects.toMatchObject({ lost: true, reason: 'error', hint: expect.stringMatching(/console/) });
    await expect(failed).rejects.toThrow(
      /^the host has not come back within 0.2 s: it is down: ECONNREFUSED 10.0.0.1:22$/,
    );
  });

  it('has failed where the host does not go down', async () => {
    const failed = attempt([nothing], { timeout: 0.2 });
    await expect(failed).rejects.toMatchObject({ lost: true, hint: expect.stringMatching(/systemd-inhibit/) });
    await expect(failed).rejects.toThrow(/^the host was told to reboot and has not gone down within 0.2 s$/);
  });

  it('has failed where its units have not started in time', async () => {
    const starting: Look = () => {
      up();
      host.write(state, 'starting\n');
    };
    await expect(attempt([nothing, starting], { timeout: 0.2 })).rejects.toThrow(
      /^the host has not started all its units within 0.2 s: it is up: systemd says starting$/,
    );
  });

  it('has failed where it is refused, and nobody is lost', async () => {
    host.write('/refuse', '');
    const failed = attempt([nothing]);
    await expect(failed).rejects.toMatchObject({ lost: false });
    await expect(failed).rejects.toThrow('systemctl reboot: exit code 4: Access denied');
  });

  it('is not begun where no boot can be told from another', async () => {
    host.write(path, 'none\n');
    await expect(attempt([nothing])).rejects.toMatchObject({
      lost: false,
      message: 'the host does not tell its boot id',
    });
    expect(host.read('/calls')).toBeUndefined();
  });

  it('waits while a login or sudo is refused: a system that comes up does so for a while', async () => {
    const early: Look = () => {
      throw new BecomeError('sudo refused to become root: System is booting up');
    };
    expect(await attempt([nothing, early, up])).toMatchObject({ state: 'running' });
  });

  it.each([
    'shows the key SHA256:abc (ssh-ed25519), another one than in known_hosts:3',
    'shows the unknown key SHA256:abc (ssh-ed25519)',
    'shows the key SHA256:abc (ssh-ed25519), which is revoked in known_hosts:3',
  ])('has failed at once where the host %s', async (words) => {
    const foreign: Look = () => {
      throw new ConnectError(`10.0.0.1:22 ${words}`, 'find out', true);
    };
    const failed = attempt([nothing, foreign]);
    await expect(failed).rejects.toBeInstanceOf(RebootError);
    await expect(failed).rejects.toMatchObject({ lost: true, hint: 'find out' });
    await expect(failed).rejects.toThrow(`the host came back with another host key: 10.0.0.1:22 ${words}`);
  });

  it('is given up at an interrupt, and nobody knows how the host is', async () => {
    const interrupt = new AbortController();
    const pressed: Look = () => {
      interrupt.abort();
      refused();
    };
    const failed = attempt([nothing, refused, pressed], { signal: interrupt.signal });
    await expect(failed).rejects.toBeInstanceOf(RebootInterrupted);
    await expect(failed).rejects.toThrow('interrupted during the reboot: the host is down: ECONNREFUSED 10.0.0.1:22');
  });

  it('does not wait for a look that hangs longer than its own deadline', async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 300);
    const started = Date.now();
    const hung = (): Promise<Connection> => new Promise(() => undefined);
    const queue: (() => Promise<Connection>)[] = [];
    const local = async (): Promise<Connection> => ({
      shell: async () => localChannel(['/bin/sh']),
      close: () => undefined,
    });
    queue.push(local, hung);
    const shells = createHostShells(hostOn(host), () => (queue.shift() ?? hung)());
    const options = { shells, user: undefined, timeout: 60, wait: async () => undefined, on: () => undefined };
    await expect(reboot({ ...options, signal: interrupt.signal })).rejects.toBeInstanceOf(RebootInterrupted);
    expect(Date.now() - started).toBeLessThan(5000);
  });
});
