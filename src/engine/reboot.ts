import { ConnectError } from '../connect/types.ts';
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
  readonly stopped: () => boolean;
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

/** Why a reboot cannot be called done. `lost`: the host is not back, and nobody knows how it is. */
export class RebootError extends Error {
  readonly lost: boolean;
  constructor(message: string, lost: boolean) {
    super(message);
    this.name = 'RebootError';
    this.lost = lost;
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

/** Seconds between two looks. */
const pace = 2;

const isGone = (error: unknown): error is ConnectError | ShellLost | FrameError =>
  error instanceof ConnectError || error instanceof ShellLost || error instanceof FrameError;

/** A changed host key is no matter of waiting. */
const isForeign = (error: unknown): boolean => error instanceof ConnectError && /host key/i.test(error.message);

/** Seconds that one look may take: a host that vanished without a word answers nothing. */
const patience = 20;

const lookAt = async ({ shells, user }: RebootOptions): Promise<Boot> => {
  const look = async (): Promise<Boot> => {
    const { view } = await shells.for(user);
    view.invalidate();
    await view.ensure([boot]);
    return view.decode(boot);
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ShellLost(`no answer within ${patience} s`)), patience * 1000);
  });
  try {
    return await Promise.race([look(), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Asks for the reboot. The connection may end before it answers. */
const ask = async ({ shells, user }: RebootOptions): Promise<void> => {
  const { shell } = await shells.for(user);
  const output = await shell.run({ argv: ['systemctl', 'reboot'] }).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  if (output && output.exit !== 0)
    throw new RebootError(`systemctl reboot: exit code ${output.exit}: ${output.stderr.trim()}`, false);
};

/**
 * Boots a host anew and waits until another boot has come up. The old system may answer for a while yet: only a boot id that is
 * another one counts. Throws RebootError, and what the connection throws before anything was asked.
 */
export const reboot = async (options: RebootOptions): Promise<Rebooted> => {
  const { shells, timeout, wait, stopped, on } = options;
  const started = Date.now();
  const elapsed = (): number => (Date.now() - started) / 1000;
  const before = await lookAt(options);
  if (before.id === undefined) throw new RebootError('the host does not tell its boot id', false);
  on('reboot');
  await ask(options);

  let last = 'it has not gone down';
  while (elapsed() < timeout) {
    if (stopped()) throw new RebootError('interrupted while the host boots', true);
    await wait(pace);
    shells.reset();
    on(`reboot: ${last}`);
    try {
      const { id, system } = await lookAt(options);
      if (id === undefined || id === before.id) last = 'it has not gone down';
      else if (system === 'running' || system === 'degraded') return { state: system, seconds: Math.round(elapsed()) };
      else last = `systemd says ${system}`;
    } catch (error) {
      if (!isGone(error)) throw error;
      if (isForeign(error)) throw new RebootError(`the host came back with another key: ${error.message}`, true);
      last = error.message;
    }
  }
  throw new RebootError(`the host is not back after ${timeout} s: ${last}`, true);
};
