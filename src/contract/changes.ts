import type { StoreName, Target } from './steps.ts';

/** Where a recorded change was made: a target, or perfplay's own line of a store. */
export type Place = Target | { readonly kind: 'store'; readonly store: StoreName; readonly name: string };

/**
 * One change as the plan file, the journal and the rollback hold it: always the same list. `null`: absent.
 * Of a file its whole text; of a store's line the JSON of a KeptLine; else the value as it is written.
 */
export interface Change {
  readonly key: string;
  readonly at: Place;
  readonly before: string | null;
  readonly after: string | null;
  readonly dependsOn: readonly string[];
  /** Of a file that is there already: permission bits and owner. */
  readonly metadata?: { readonly mode: number; readonly uid: number; readonly gid: number };
  /** Of a line of a file: the whole file before. */
  readonly text?: string | null;
  /** Making it, or taking it back, may cut the connection. */
  readonly risks?: 'session';
  /** What stood there is remembered for `state: absent`. */
  readonly remembered?: true;
  /** Its values are for nobody's eyes: only the host's own journal has them. */
  readonly secret?: true;
  /** What wrote it: a store, from its lines, or perfplay's own bookkeeping. Such changes follow from the others. */
  readonly by?: StoreName | 'ledger';
}

/** What a store has on record for a name. */
export interface KeptLine {
  /** Null: shall not be. */
  readonly value: string | null;
  /** kernel-arg: recovery entries get it too. */
  readonly recovery?: boolean;
}

/** Changes to be made, each from the value before to the one after, or taken back. */
export interface Recorded {
  /** In the order in which they were made, or planned. */
  readonly changes: readonly Change[];
  readonly direction: 'forth' | 'back';
  /** Also where somebody has changed something since. */
  readonly force: boolean;
  /** Folders that were made for the changes; empty ones go with them. */
  readonly folders: readonly string[];
}
