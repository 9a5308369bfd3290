import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteResult } from '../connect/shell/frames.ts';
import { ShellLost, type Shell } from '../connect/shell/shell.ts';
import type { WriteOp } from '../connect/shell/script.ts';
import { BecomeError, ConnectError } from '../connect/types.ts';
import type { Change } from '../contract/changes.ts';
import type { BatchOptions } from './batch.ts';
import type { Problem } from './evaluate.ts';
import { opOf } from './write.ts';

type ArmOp = Extract<WriteOp, { op: 'arm' }>;

/** Seconds until a host takes back by itself what nobody has confirmed over a new connection. */
const seconds = 30;
/** Seconds after that in which the host must answer again. */
const grace = 30;
/** Seconds between two tries to connect. */
const pace = 2;

/** Arms the host before risky changes are made: the way back, the last one first. */
export const armOp = (risky: readonly Change[]): ArmOp => ({
  op: 'arm',
  token: randomBytes(16).toString('hex'),
  seconds,
  undo: risky.toReversed().flatMap((change) => opOf({ ...change, before: change.after, after: change.before }) ?? []),
});

/** Connections that are made, and then say nothing, are given up: the host has taken everything back by then. */
const answered = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    sleep(seconds * 1000, undefined, { ref: false }).then(() => {
      throw new ShellLost(`no answer within ${seconds} s`);
    }),
  ]);

/**
 * Confirms risky changes over a connection that was made after them. Gives what is wrong where the host has taken them back.
 * Throws ShellLost where nobody comes through to the host at all.
 */
export const confirmRisky = async (
  { anew, wait, stopped, on }: BatchOptions,
  token: string,
): Promise<Problem | undefined> => {
  on('verify', 'connects anew');
  const deadline = Date.now() + (seconds + grace) * 1000;
  let heard: WriteResult | undefined;
  const confirm = async (shell: Shell): Promise<void> => {
    [heard] = await shell.apply([{ op: 'confirm', token }]);
    await shell.apply([{ op: 'disarm', token }]);
  };
  for (;;) {
    try {
      await anew((shell) => answered(confirm(shell)));
    } catch (error) {
      if (!(error instanceof ConnectError || error instanceof BecomeError || error instanceof ShellLost)) throw error;
      if (!heard && (stopped() || Date.now() > deadline))
        throw new ShellLost(
          `no new connection after a change that may cut it (${error.message}): the host takes it back by itself within ${seconds} s`,
        );
    }
    if (heard) break;
    await wait(pace);
  }
  if (heard.state === 0) return undefined;
  const failed = heard.text === '' ? '' : `, but not all of it: ${heard.text.trim().replaceAll('\n', '; ')}`;
  return {
    reason: 'refused',
    message: `with it nobody could connect any more: after ${seconds} s the host put back by itself what was there before${failed}`,
  };
};
