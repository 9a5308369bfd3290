import type { Errno } from './snapshot.ts';
import type { ReadOp } from './reads.ts';

/** How the kernel or a file spells a value. Decides equality: masks, `[none] mq-deadline`, tab-separated triples. */
export interface Codec<T> {
  decode(raw: string): T;
  encode(value: T): string;
  equal?(left: T, right: T): boolean;
  /** As people read it, where that is another text than what is written. */
  show?(value: T): string;
}

/** Text files that are a set of named lines, so that several tasks, plays and people can share one. */
export type Format = 'shell-vars' | 'key-value' | 'ini';

/** Names or numbers, as chown(1) takes them. */
export interface Owner {
  readonly user?: string;
  readonly group?: string;
}

/** Where a write goes. The closed list of things the engine can change, back up and put back. */
export type Target =
  /** sysfs or procfs: written in place, read back; its before-image is its text. */
  | { readonly kind: 'attribute'; readonly path: string }
  /**
   * Replaced atomically; its before-image is bytes, mode, owner or absence. `mode` and `owner` are those of a file that is made:
   * one that is there keeps its own.
   */
  | { readonly kind: 'file'; readonly path: string; readonly mode?: number; readonly owner?: Owner }
  /** A folder, its parents too; removed only when empty. */
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number; readonly owner?: Owner }
  /** Mode (octal text), owner or group of what is there. */
  | { readonly kind: 'permission'; readonly path: string; readonly aspect: 'mode' | 'owner' | 'group' }
  /**
   * One line of a file (of ini: in a section, or before the first), or one word of the line's value; the rest stays.
   * `mode` and `owner` are those of a file that is made for it.
   */
  | {
      readonly kind: 'entry';
      readonly path: string;
      readonly format: Format;
      readonly section?: string;
      readonly name: string;
      readonly word?: string;
      readonly mode?: number;
      readonly owner?: Owner;
    }
  | { readonly kind: 'unit'; readonly name: string; readonly aspect: 'active' | 'enabled' | 'masked' }
  /** `options` (`nested=0`) are given to it where it is loaded. */
  | { readonly kind: 'kernel-module'; readonly name: string; readonly options?: readonly string[] }
  /** `{}` in `set` is the value, empty for absent; data, so that plan.json and the journal can hold it. */
  | { readonly kind: 'program'; readonly name: string; readonly set: readonly string[] };

/** One observed value: text, meaning, and where it would be written. Without a target it cannot be changed in a running system. */
export type Reading<T> = { readonly codec: Codec<T>; readonly target?: Target } & (
  { readonly raw: string; readonly value: T } | { readonly errno: Errno }
);

export type StoreName =
  'sysctl.d' | 'tmpfiles.d' | 'udev' | 'modules-load.d' | 'modprobe.d' | 'kernel-arg' | 'boot.tab';

/** One named line of a store: what the next boot shall bring; null: shall not bring. */
export interface StoreEntry {
  readonly store: StoreName;
  readonly name: string;
  readonly value: string | null;
  readonly accepts?: (nextBoot: string) => boolean;
  /** kernel-arg: recovery entries get it too. */
  readonly recovery?: boolean;
}

/**
 * How a setting survives a boot. The engine's stores compose one file from all tasks and read back what the next boot will do.
 * `accepts` widens "the next boot brings `value`" to other texts that serve as well (`{min: n}`).
 */
export type Persist =
  | StoreEntry
  /** The target is already on disk: a file, an entry, an enabled unit. */
  | { readonly store: 'itself' }
  | { readonly store: 'none'; readonly because: string };

/** The unit of everything: one value that should be so. Diff, changed, journal, rollback and verification follow from it. */
export interface Setting<T = unknown> {
  /** Unique on a host, stable over runs: `block_queue/nvme0n1/scheduler`. */
  readonly key: string;
  /** null: should not exist. */
  readonly want: T | null;
  readonly running: Reading<T>;
  /** Another place that tells what the kernel really does; differing while `running` agrees and takesEffect is `now`: ineffective. */
  readonly effective?: Reading<T>;
  readonly persist: Persist;
  /** Default `now`; next-use: at the next interrupt, allocation, open. A reboot needs no word: `running` has no target. */
  readonly takesEffect?: 'now' | 'next-use' | `restart:${string}`;
  /** Keys before this one: written first; when one is written this is written again; when one fails this is skipped. */
  readonly dependsOn?: readonly string[];
  /**
   * Its write may cut the connection over which it is made: the host takes it back by itself unless perfplay comes again over a new
   * one, and it is kept over boots only then.
   */
  readonly risks?: 'session';
  /** What the kernel offers instead, shown when it refuses the value. */
  readonly allowed?: readonly string[];
}

/** Something true of the host that no write of ours mends. */
export interface Finding {
  readonly key: string;
  /** `failed`: the task itself says so (fail, assert). */
  readonly finding: 'unsupported' | 'conflict' | 'refused' | 'ineffective' | 'pending' | 'warning' | 'failed';
  /** For `pending`: what it waits for. */
  readonly pending?: 'reboot' | 'next-use' | `restart:${string}`;
  readonly message: string;
  /** Keys not to be written while this stands. */
  readonly blocks?: readonly string[];
}

/** An imperative act. Ends the stage; never undone; not part of verification. */
export interface Action {
  readonly key: string;
  readonly action: Act;
}

export type Act =
  /** A program on the host. Without a guard that says whether it is needed, `effect` is `unknown`, and so is its plan. */
  | { readonly run: readonly string[]; readonly chdir?: string; readonly effect?: 'unknown' }
  /** A text for people; nothing changes. */
  | { readonly show: string }
  /** Variables for the tasks to come, on this host. */
  | { readonly learn: { readonly [name: string]: Json } }
  /** The host does nothing for so many seconds; with a prompt, until somebody answers, where somebody can. */
  | { readonly pause: number | undefined; readonly prompt?: string }
  /** Boots the host anew, at most once a run: always, or only where something waits for it. Up again within `timeout` seconds, or failed. */
  | { readonly reboot: 'required' | 'always'; readonly timeout: number }
  /** Takes back what the failed block has changed on the host, as its journal tells; the host fails nevertheless. */
  | { readonly rollback: 'block' }
  /** Observed and planned again every `every` seconds until this step is gone; `timeout` seconds after the first it has failed. */
  | { readonly awaits: string; readonly timeout: number; readonly every: number };

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type Step = Setting | Finding | Action;

export type { ReadOp };
export const isSetting = <S extends Step>(step: S): step is Extract<S, Setting> => 'want' in step;
export const isFinding = (step: Step): step is Finding => 'finding' in step;
export const isAction = (step: Step): step is Action => 'action' in step;
