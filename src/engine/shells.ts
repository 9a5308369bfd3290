import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../connect/types.ts';
import { openShell, ShellLost, type OpenedShell, type Shell } from '../connect/shell/shell.ts';
import type { Host } from '../inventory/types.ts';
import { createDurableShell } from './durable-shell.ts';
import { createSnapshotView, type SnapshotView } from './snapshot-view.ts';

export interface OpenShell {
  readonly shell: Shell;
  /** Does something in another shell of the same user, over a connection of its own. */
  readonly anew: <T>(work: (shell: Shell) => Promise<T>) => Promise<T>;
  readonly view: SnapshotView;
}

/** One connection to a host, and one shell for each user that tasks become; both opened when first needed. */
export interface HostShells {
  /** `user`: undefined is the login user. */
  readonly for: (user: string | undefined) => Promise<OpenShell>;
  /** Something was written or run: no view of the host is true any more. */
  readonly invalidate: () => void;
  /** Another host's task was at work on this one: it is observed again before the next plan. */
  readonly expire: () => void;
  readonly asks: () => number;
  /** The connection was lost: the next shell opens another. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

/** Opens a connection; `isInterruptible`: whoever interrupts the run ends that, too. Throws ConnectError. */
export type Connect = (host: Host, isInterruptible?: boolean) => Promise<Connection>;

/** `signal`: nothing that was lost is connected again. */
export const createHostShells = (host: Host, connect: Connect, signal?: AbortSignal): HostShells => {
  let connection: Promise<Connection> | undefined;
  let opened: Connection | undefined;
  let asks = 0;
  const shells = new Map<string, Promise<OpenShell>>();
  const views: SnapshotView[] = [];
  const opens: Shell[] = [];
  /** Counts resets: shells from before are not connected again. */
  let generation = 0;
  const { root, write, path, becomePassword } = host.connection;

  /** All that were opened over the connections of this generation. */
  const seen: OpenedShell[] = [];
  const boot = (): string | undefined => seen.find((shell) => shell.boot() !== undefined)?.boot();

  /** Over which connection each shell speaks. */
  const carriers = new WeakMap<OpenedShell, Connection>();

  const shellOver = async (made: Connection, user: string | undefined): Promise<OpenedShell> => {
    const become =
      user === undefined ? undefined : { user, ...(becomePassword !== undefined && { password: becomePassword }) };
    const channel = await made.shell(become);
    return openShell(channel, { ...(root && { root }), ...(write && { write }), ...(path && { path }) });
  };

  const openOne = async (user: string | undefined): Promise<OpenedShell> => {
    connection ??= connect(host);
    const asked = connection;
    const made = await asked;
    // The connection was given up meanwhile: another may be in its place.
    if (connection !== asked) {
      made.close();
      throw new ShellLost('the connection was given up');
    }
    opened = made;
    const shell = await shellOver(made, user);
    carriers.set(shell, made);
    seen.push(shell);
    return shell;
  };

  const giveUp = (): void => {
    opened?.close();
    connection = undefined;
    opened = undefined;
  };

  /** A shell over another connection than the one that was lost, or that could not be made. */
  const reopen = async (user: string | undefined, lost: OpenedShell, of: number): Promise<OpenedShell> => {
    if (carriers.get(lost) === opened) giveUp();
    try {
      return await openOne(user);
    } catch (error) {
      if (generation === of) giveUp();
      throw error;
    }
  };

  const anew = async <T>(user: string | undefined, work: (shell: Shell) => Promise<T>): Promise<T> => {
    const made = await connect(host, false);
    try {
      const shell = await shellOver(made, user);
      const result = await work(shell);
      await shell.close();
      return result;
    } finally {
      made.close();
    }
  };

  const open = async (user: string | undefined): Promise<OpenShell> => {
    const own = generation;
    const shell = createDurableShell(await openOne(user), {
      reopen: (lost) => reopen(user, lost, own),
      wait: (seconds) => sleep(seconds * 1000, undefined, signal ? { signal } : {}).catch(() => undefined),
      interrupted: () => generation !== own || (signal?.aborted ?? false),
      boot,
    });
    opens.push(shell);
    const view = createSnapshotView(shell, () => asks++);
    views.push(view);
    return { shell, view, anew: (work) => anew(user, work) };
  };

  return {
    for: (user) => {
      const key = user ?? '';
      const known = shells.get(key) ?? open(user);
      shells.set(key, known);
      return known;
    },
    invalidate: () => {
      for (const view of views) view.invalidate();
    },
    expire: () => {
      for (const view of views) view.expire();
    },
    asks: () => asks,
    reset: () => {
      generation++;
      giveUp();
      shells.clear();
      views.length = 0;
      opens.length = 0;
      seen.length = 0;
    },
    close: async () => {
      await Promise.all(opens.map((shell) => shell.close()));
      opened?.close();
    },
  };
};
