import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localChannel } from '../connect/shell/shells.ts';
import { ConnectError, type Connection } from '../../src/connect/types.ts';
import { createHostShells } from '../../src/engine/shells.ts';
import { reboot, RebootError } from '../../src/engine/reboot.ts';
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
        '#!/bin/sh\n[ "$1" != reboot ] || { echo reboot >>"$PERFPLAY_ROOT/calls"; exit 0; }\ncat "$PERFPLAY_ROOT/state"\n',
    },
  );
  state = '/state';
  host.write(state, 'running\n');
});
afterEach(() => host.dispose());

/** What each look meets, one after the other; the last one stays. */
type Look = () => void;

const attempt = async (looks: readonly Look[], { timeout = 60 } = {}) => {
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
    stopped: () => false,
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
    await expect(failed).rejects.toMatchObject({ lost: true });
    await expect(failed).rejects.toThrow(/not back after 0.2 s: ECONNREFUSED 10.0.0.1:22/);
  });

  it('has failed at once where another host key answers', async () => {
    const foreign: Look = () => {
      throw new ConnectError('the host key of 10.0.0.1 has changed');
    };
    await expect(attempt([nothing, foreign])).rejects.toThrow(RebootError);
    await expect(attempt([nothing, foreign])).rejects.toThrow(/another key/);
  });
});
