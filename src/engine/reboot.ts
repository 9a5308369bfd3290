import { setTimeout as sleep } from 'node:timers/promises';
import { BecomeError, ConnectError } from '../connect/types.ts';
import { FrameError } from '../connect/shell/frames.ts';
import { ShellLost } from '../connect/shell/shell.ts';
import { verbatim } from '../contract/codecs.ts';
import { combine, file, query, type Read } from '../contract/reads.ts';
import type { HostShells } from './shells.ts';

export interface RebootOptions {
  readonly shells: HostShells;
  /** Who may reboot; undefined: the login user. */
  readonly user: string | undefined;
  /** Seconds until the host must be up again. */
  readonly timeout: number;
  readonly wait: (seconds: number) => Promise<void>;
  /** Whoever waits for the boot gives up. */
  readonly signal: AbortSignal;
  /** What the host does. */
  readonly on: (detail: string) => void;
}

/** A host that was rebooted, and whether systemd is content: `running`, or `degraded` where units have failed. */
export interface Rebooted {
  readonly state: 'running' | 'degraded';
  /** How long it took. */
  readonly seconds: number;
  /** Values that were declared for the running system only, and are gone with it. */
  readonly gone?: readonly string[];
}

/** Why a reboot cannot be called done. */
export class RebootError extends Error {
  /** `error`; `ineffective`: the host is up, and not as declared. */
  readonly reason: 'error' | 'ineffective';
  /** What to do about it. */
  readonly hint: string | undefined;
  /** The host was told to go down, and is not well again: nobody else may follow it. */
  readonly lost: boolean;
  constructor(
    message: string,
    { reason = 'error', hint, lost = false }: Partial<Pick<RebootError, 'reason' | 'hint' | 'lost'>> = {},
  ) {
    super(message);
    this.name = 'RebootError';
    this.reason = reason;
    this.hint = hint;
    this.lost = lost;
  }
}

/** The run was interrupted while the host went down or booted: how it is, nobody knows. */
export class RebootInterrupted extends Error {
  constructor(last: string) {
    super(`interrupted during the reboot: the host ${last}`);
    this.name = 'RebootInterrupted';
  }
}

interface Boot {
  readonly id: string | undefined;
  readonly system: string;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `is-system-running` tells its word with a failing exit code unless all is well. Rule: systemctl(1). */
const boot: Read<Boot> = combine(
  {
    id: file('/proc/sys/kernel/random/boot_id', verbatim),
    system: query(['/bin/sh', '-c', 'systemctl is-system-running || :'], verbatim),
  },
  ({ id, system }) => {
    const found = 'value' in id ? id.value.trim() : '';
    return {
      id: uuid.test(found) ? found : undefined,
      system: 'value' in system ? system.value.trim() : 'unknown',
    };
  },
);

/** Seconds between two looks: the first come soon, for a small guest boots in a few seconds. */
const paces = [0.5, 1];
const steadyPace = 2;

/** Seconds that one look may take: a host that vanished without a word answers nothing. */
const patience = 20;

type Gone = ConnectError | BecomeError | ShellLost | FrameError;

/** A system that goes down or comes up cuts connections, and refuses logins and sudo for a while. */
const isGone = (error: unknown): error is Gone =>
  error instanceof ConnectError ||
  error instanceof BecomeError ||
  error instanceof ShellLost ||
  error instanceof FrameError;

/** A changed host key is no matter of waiting. */
const isForeign = (error: Gone): error is ConnectError => error instanceof ConnectError && error.isForeign;

/** Throws ShellLost where the work takes longer than so many seconds, or is given up. */
const within = async <T>(seconds: number, work: Promise<T>, signal?: AbortSignal): Promise<T> => {
  const done = new AbortController();
  const either = signal ? AbortSignal.any([done.signal, signal]) : done.signal;
  const late = sleep(seconds * 1000, undefined, { signal: either })
    .catch(() => undefined)
    .then(() => Promise.reject(new ShellLost(`no answer within ${Math.ceil(seconds)} s`)));
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
};

const look = async ({ shells, user }: RebootOptions): Promise<Boot> => {
  const { view } = await shells.for(user);
  view.invalidate();
  await view.ensure([boot]);
  return view.decode(boot);
};

/** Asks for the reboot. The connection may end before it answers, or say nothing any more. */
const ask = async ({ shells, user, signal }: RebootOptions): Promise<void> => {
  const { shell } = await shells.for(user);
  const asked = within(patience, shell.run({ argv: ['systemctl', 'reboot'] }), signal);
  const output = await asked.catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  if (output && output.exit !== 0)
    throw new RebootError(`systemctl reboot: exit code ${output.exit}: ${output.stderr.trim()}`);
};

/** What was seen of the host last: the boot from before, the next one, or neither. */
interface Sight {
  readonly where: 'old' | 'down' | 'up';
  readonly text: string;
}

const goesDown: Sight = { where: 'old', text: 'goes down' };

const overdue = ({ where, text }: Sight, timeout: number): RebootError => {
  switch (where) {
    case 'old':
      return new RebootError(`the host was told to reboot and has not gone down within ${timeout} s`, {
        lost: true,
        hint: 'something there holds the shutdown back: `systemctl list-jobs` and `systemd-inhibit --list` name it',
      });
    case 'down':
      return new RebootError(`the host has not come back within ${timeout} s: it ${text}`, {
        lost: true,
        hint: 'look at its console; where it only boots slowly, give a reboot task a longer `timeout`',
      });
    case 'up':
      return new RebootError(`the host has not started all its units within ${timeout} s: it ${text}`, {
        lost: true,
        hint: '`systemctl list-jobs` there tells what it waits for, `systemctl --failed` what went wrong',
      });
  }
};

/**
 * Boots a host anew and waits until another boot has come up. The old system may answer for a while yet: only a boot id that is
 * another one counts. Throws RebootError, RebootInterrupted, and what the connection throws before anything was asked.
 */
export const reboot = async (options: RebootOptions): Promise<Rebooted> => {
  const { shells, timeout, wait, signal, on } = options;
  const before = await within(patience, look(options));
  if (before.id === undefined)
    throw new RebootError('the host does not tell its boot id', {
      hint: 'without /proc/sys/kernel/random/boot_id nobody can tell one boot from the next: it was not rebooted',
    });
  const started = Date.now();
  const left = (): number => timeout - (Date.now() - started) / 1000;
  let sight = goesDown;
  const see = (next: Sight): void => {
    if (next.text !== sight.text) on(next.text);
    sight = next;
  };
  on(sight.text);
  await ask(options);

  const looks = paces.values();
  while (left() > 0) {
    if (signal.aborted) throw new RebootInterrupted(sight.text);
    await wait(Math.min(looks.next().value ?? steadyPace, left()));
    shells.reset();
    try {
      const { id, system } = await within(Math.min(patience, Math.max(left(), 1)), look(options), signal);
      if (id === before.id) see(goesDown);
      else if (id === undefined) see({ where: 'down', text: 'does not tell its boot id' });
      else if (system === 'running' || system === 'degraded')
        return { state: system, seconds: Math.round(timeout - left()) };
      else see({ where: 'up', text: `is up: systemd says ${system}` });
    } catch (error) {
      if (!isGone(error)) throw error;
      if (isForeign(error))
        throw new RebootError(`the host came back with another host key: ${error.message}`, {
          lost: true,
          hint: error.hint,
        });
      if (!signal.aborted) see({ where: 'down', text: `is down: ${error.message}` });
    }
  }
  if (signal.aborted) throw new RebootInterrupted(sight.text);
  throw overdue(sight, timeout);
};
