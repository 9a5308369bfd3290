import { FrameError } from '../connect/shell/frames.ts';
import { ShellLost } from '../connect/shell/shell.ts';
import { BecomeError, ConnectError } from '../connect/types.ts';
import { ApplyLost } from './batch.ts';
import { HostLocked } from './lock.ts';
import { RebootInterrupted } from './reboot.ts';

/** A failure that is no task's: what became of the host, what happened and what to do. */
export interface HostFailure {
  readonly status: 'failed' | 'unreachable' | 'unknown';
  readonly message: string;
  readonly hint: string | undefined;
}

/** `isOutOfService`: the host was taken out of service, and is not back. */
export const failureOf = (error: unknown, isOutOfService: boolean): HostFailure => {
  if (error instanceof ApplyLost)
    return {
      status: 'unknown',
      message: `the connection was lost while changes were under way: ${error.message}`,
      hint: 'run again: what was done is seen, what was not is done',
    };
  if (error instanceof HostLocked)
    return {
      status: 'failed',
      message: error.message,
      hint: 'wait for it with --lock-timeout SECONDS, or look what became of it: the lock goes with that process',
    };
  if (error instanceof RebootInterrupted)
    return {
      status: 'unknown',
      message: error.message,
      hint: isOutOfService
        ? 'when it is up, look at it and put it back into service by hand, then run again'
        : 'when it is up, run again',
    };
  if (error instanceof ConnectError) return { status: 'unreachable', message: error.message, hint: error.hint };
  if (error instanceof ShellLost)
    return {
      status: 'unreachable',
      message: error.message,
      hint: 'nothing was changed there: look at its sshd (journalctl -u ssh) and its network, then run again',
    };
  if (error instanceof BecomeError) return { status: 'failed', message: error.message, hint: error.hint };
  if (error instanceof FrameError)
    return {
      status: 'failed',
      message: error.message,
      hint: 'something there writes into the answers of /bin/sh: a start-up file, or a shell that is none',
    };
  // One host's surprise must not end the others' run.
  return {
    status: 'failed',
    message: `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    hint: 'this is a fault of perfplay: please report it',
  };
};
