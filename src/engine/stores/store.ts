import type { WriteOp } from '../../connect/shell/script.ts';
import type { Read } from '../../contract/reads.ts';
import type { KeptLine } from '../../contract/changes.ts';
import type { StoreEntry, StoreName, Target } from '../../contract/steps.ts';

/** What the next boot will bring for a name; `from`: the file that decides. Undefined value: it cannot be read. */
export interface NextBoot {
  readonly value: string | null | undefined;
  readonly from?: string;
  /** Why a line of ours does not bring its value, and what to do: another file counts more, or the last boot has shown it. */
  readonly problem?: string;
  /** What people should know of how this came about. */
  readonly note?: string;
}

/** One thing on disk that a store changes: a file's whole text, or a unit, which its programs set. `null`: absent. */
export interface StoreChange {
  readonly at: Extract<Target, { kind: 'file' | 'unit' }>;
  readonly before: string | null;
  readonly after: string | null;
}

/** What one run changes in a store: entries by name; undefined: perfplay's own line is forgotten. */
export type StoreEdits = ReadonlyMap<string, StoreEntry | undefined>;

/**
 * A place where settings outlive a boot: lines named by setting, shared by all tasks, plays and people.
 * It composes its file once for a whole run and tells from what is on disk what the next boot will do.
 */
export interface Store<State = unknown> {
  readonly name: StoreName;
  /** What perfplay itself has on record, by name. */
  readonly own: Read<ReadonlyMap<string, KeptLine>>;
  readonly state: Read<State>;
  nextBoot(state: State, entry: StoreEntry): NextBoot;
  /** Why this host cannot keep entries here; undefined: it can. */
  refuses?(state: State): string | undefined;
  write(state: State, edits: StoreEdits): StoreWrite;
}

export interface StoreWrite {
  /** Done before the files change. */
  readonly prepare?: readonly WriteOp[];
  readonly changes: readonly StoreChange[];
  /** Done once all files stand. */
  readonly finalize: readonly WriteOp[];
}

export const defineStore = <State>(store: Store<State>): Store<State> => store;
