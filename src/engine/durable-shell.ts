import {
  applyDeed,
  runDeed,
  ShellLost,
  type Attached,
  type Deed,
  type OpenedShell,
  type Shell,
} from '../connect/shell/shell.ts';
import { BecomeError, ConnectError } from '../connect/types.ts';

/** How a shell whose connection was cut is found again. */
export interface Reopening {
  /** A shell of the same user over another connection than that of `lost`. Throws ConnectError, BecomeError. */
  readonly reopen: (lost: OpenedShell) => Promise<OpenedShell>;
  /** Seconds; ends early when the run is interrupted. */
  readonly wait: (seconds: number) => Promise<void>;
  readonly interrupted: () => boolean;
  /** Of which boot the host's first shell was; undefined where it does not tell. */
  readonly boot: () => string | undefined;
}

/** Seconds in which a host that was lost must answer again. */
const patience = 60;
/** Seconds between two tries. */
const pace = 2;
/** A connection that is cut every time is no connection. */
const mostTries = 5;

/**
 * A shell that outlives its connection: what changes something goes on on the host when the connection is cut, and its result is
 * fetched over another one, exactly once; a batch that has not reached the host is sent again. What is only asked is asked again
 * where something was changed before. Throws ShellLost where the host does not answer in time, was booted, or the batch has died.
 */
export const createDurableShell = (first: OpenedShell, { reopen, wait, interrupted, boot }: Reopening): Shell => {
  let shell = first;
  let isDirty = false;
  /** Shells of lost connections, which may still be at work there. */
  const lostShells: OpenedShell[] = [];
  const succeed = (): void => lostShells.splice(0).forEach((one) => shell.succeed(one));

  /** Connects again, as long as there is hope. */
  const reconnect = async (lost: ShellLost): Promise<void> => {
    const bootBefore = boot();
    const deadline = Date.now() + patience * 1000;
    for (;;) {
      if (interrupted()) throw lost;
      try {
        const before = shell;
        shell = await reopen(before);
        lostShells.push(before);
        await shell.ask([]);
        break;
      } catch (error) {
        if (!(error instanceof ConnectError || error instanceof ShellLost || error instanceof BecomeError)) throw error;
        const isFinal = error instanceof BecomeError || (error instanceof ConnectError && error.isForeign);
        if (isFinal || Date.now() > deadline)
          throw new ShellLost(`${lost.message}; connecting again: ${error.message}`);
        await wait(pace);
      }
    }
    if (bootBefore !== undefined && shell.boot() !== bootBefore)
      throw new ShellLost(`${lost.message}; the host was booted meanwhile`);
  };

  /** Sends a deed, or asks what became of it. */
  const send = async <T>(deed: Deed<T>, isUnderWay: boolean): Promise<Attached<T>> =>
    isUnderWay ? shell.attach(deed) : { fate: 'done', result: await shell.perform(deed) };

  const perform = async <T>(make: () => Deed<T>): Promise<T> => {
    isDirty = true;
    let deed = make();
    const deadline = Date.now() + (deed.seconds + patience) * 1000;
    let isUnderWay = false;
    for (let tries = 1; ;) {
      let attached: Attached<T>;
      try {
        attached = await send(deed, isUnderWay);
      } catch (error) {
        if (!(error instanceof ShellLost) || tries++ >= mostTries || Date.now() > deadline) throw error;
        await reconnect(error);
        isUnderWay = true;
        continue;
      }
      if (attached.fate !== 'running' && attached.fate !== 'lost') succeed();
      switch (attached.fate) {
        case 'done':
          return attached.result;
        case 'never':
          deed = make();
          isUnderWay = false;
          break;
        case 'running':
          if (Date.now() > deadline) throw new ShellLost(`a batch is still running after ${deed.seconds} s`);
          break;
        case 'died':
          throw new ShellLost('the remote shell was killed in the middle of a batch');
        case 'lost':
          throw new ShellLost('the connection was cut, and the host keeps no answers');
      }
    }
  };

  return {
    ask: async (ops) => {
      for (let tries = 1; ; tries++) {
        try {
          return await shell.ask(ops);
        } catch (error) {
          if (!(error instanceof ShellLost) || !isDirty || tries >= mostTries) throw error;
          await reconnect(error);
          succeed();
        }
      }
    },
    apply: (ops) => perform(() => applyDeed(ops)),
    run: (program, folder) => perform(() => runDeed(program, folder)),
    close: () => shell.close(),
  };
};
