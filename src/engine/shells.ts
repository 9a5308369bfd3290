import type { Connection } from '../connect/types.ts';
import { openShell, ShellLost, type Shell } from '../connect/shell/shell.ts';
import type { Host } from '../inventory/types.ts';
import { createSnapshotView, type SnapshotView } from './snapshot-view.ts';

export interface OpenShell {
  readonly shell: Shell;
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
  readonly close: () => void;
}

export const createHostShells = (host: Host, connect: () => Promise<Connection>): HostShells => {
  let connection: Promise<Connection> | undefined;
  let opened: Connection | undefined;
  let asks = 0;
  const shells = new Map<string, Promise<OpenShell>>();
  const views: SnapshotView[] = [];
  const { root, write, path, becomePassword } = host.connection;

  const open = async (user: string | undefined): Promise<OpenShell> => {
    connection ??= connect();
    const asked = connection;
    const made = await asked;
    // The connection was given up meanwhile: another may be in its place.
    if (connection !== asked) {
      made.close();
      throw new ShellLost('the connection was given up');
    }
    opened = made;
    const become =
      user === undefined ? undefined : { user, ...(becomePassword !== undefined && { password: becomePassword }) };
    const channel = await made.shell(become);
    const shell = openShell(channel, { ...(root && { root }), ...(write && { write }), ...(path && { path }) });
    const view = createSnapshotView(shell, () => asks++);
    views.push(view);
    return { shell, view };
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
      opened?.close();
      connection = undefined;
      opened = undefined;
      shells.clear();
      views.length = 0;
    },
    close: () => opened?.close(),
  };
};
