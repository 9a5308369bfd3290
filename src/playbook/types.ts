import type { Position } from '../diagnostics.ts';
import type { Recorded } from '../contract/changes.ts';
import type { AnyModule } from '../contract/module.ts';
import type { BatchSize } from './batches.ts';
import type { Host, Value } from '../inventory/types.ts';

/** Text with `{{ }}`, or a whole tree of values with such texts in it; parsed once, rendered per host. */
export interface Template {
  readonly source: Value;
  readonly position: Position;
}

/** A condition: a Jinja expression without braces, parsed. */
export interface Condition {
  readonly text: string;
  readonly position: Position;
}

/** Which facets a task declares: running value, boot value, or both. */
export type Apply = 'both' | 'running' | 'boot';

export interface Task {
  /** Unique in the playbook and stable over equal playbooks: `0.2` is the third task of the first play, `0.h1` a handler. */
  readonly id: string;
  /** Its name, or the module's kind where it has none; may hold templates. */
  readonly name: string;
  readonly position: Position;
  /** The role that it belongs to. */
  readonly role?: string;
  readonly module: AnyModule;
  readonly params: Template;
  /** ANDed. */
  readonly when: readonly Condition[];
  readonly loop?: Template;
  readonly loopControl: {
    /** `item` unless `loop_var` says otherwise. */
    readonly variable: string;
    readonly index?: string;
    readonly label?: Template;
  };
  readonly register?: string;
  /** Every variable that it sets for later tasks: `register`, and what its module learns. */
  readonly sets: readonly string[];
  readonly notify: readonly string[];
  /** For handlers: other names by which they are notified. */
  readonly listen: readonly string[];
  /** The result's word on these is replaced; ANDed; undefined: not said. */
  readonly changedWhen?: readonly Condition[];
  readonly failedWhen?: readonly Condition[];
  /** Tried again until these hold. */
  readonly until?: readonly Condition[];
  readonly retries: number;
  /** Seconds between tries. */
  readonly delay: number;
  /** Seconds that its programs may take. */
  readonly timeout?: number;
  /** Variables of the environment of its programs. */
  readonly environment?: Template;
  readonly delegateTo?: Template;
  readonly runOnce: boolean;
  readonly tags: readonly string[];
  readonly become: boolean;
  readonly becomeUser: string;
  readonly ignoreErrors: boolean;
  readonly ignoreUnreachable: boolean;
  /** Its failure on one host ends the play on all. */
  readonly anyErrorsFatal: boolean;
  readonly noLog: boolean;
  readonly unsupported: 'fail' | 'warn' | 'skip';
  readonly apply: Apply;
  /** `state: absent`: what perfplay persisted is removed. */
  readonly absent: boolean;
}

/** What runs in order. A block without `rescue` and `always` is dissolved into its tasks when it is read. */
export type Sequence<T> = readonly Part<T>[];
export type Part<T> =
  | { readonly kind: 'task'; readonly task: T }
  | Block<T>
  | Reboot<T>
  /** Notified handlers run here. `tags`: those of a task that says so; a play's own flush has none. */
  | { readonly kind: 'flush-handlers'; readonly tags?: readonly string[] };

/** `rescue` runs where a task of `block` has failed and makes that good; `always` runs after both, come what may. */
export interface Block<T> {
  readonly kind: 'block';
  readonly name: string;
  readonly position: Position;
  readonly block: Sequence<T>;
  readonly rescue: Sequence<T>;
  readonly always: Sequence<T>;
}

/** Where something waits for a boot, the host is booted here: taken out of service before, checked and put back after it. */
export interface Reboot<T> {
  readonly kind: 'reboot';
  readonly drain: Sequence<T>;
  readonly reboot: T;
  readonly checks: Sequence<T>;
  readonly undrain: Sequence<T>;
}

/** How many hosts may be down at once: so many or a share of the play's; `per`: of those with the same value of a variable. */
export interface MaxDown {
  readonly size: BatchSize;
  readonly per?: string;
  readonly position: Position;
}

/** Hosts of which so many at most may be down at once. */
export interface DownGroup {
  readonly hosts: readonly string[];
  readonly most: number;
}

export interface Play {
  readonly index: number;
  readonly name: string;
  readonly position: Position;
  /** In inventory order, after `--limit`; never empty. */
  readonly hosts: readonly string[];
  /** The hosts cut into batches by `serial`; one batch where it is unset. */
  readonly batches: readonly (readonly string[])[];
  /** A batch with more than this percentage of failed and unreachable hosts ends the run. */
  readonly maxFailPercentage?: number;
  /** What becomes of what it has changed on a host where it fails; undefined: it stays. */
  readonly onFailure?: 'rollback';
  /** Of reboots; undefined: as many as a batch has. */
  readonly maxDown?: MaxDown;
  /** `pre_tasks`, roles, `tasks` and `post_tasks`, with the flushes of handlers between them; what tags leave out is gone. */
  readonly sequence: Sequence<Task>;
  readonly handlers: readonly Task[];
}

/** A compiled site: all that can be known before the first connection. */
export interface Site {
  readonly files: readonly string[];
  readonly plays: readonly Play[];
  /** The tasks of a play for one host, made concrete as far as static variables reach. Total: problems were found by compile. */
  readonly bind: (play: Play, host: Host) => HostPlay;
  /** What `max_down` of a play makes of its hosts; none: every one of them may be down. */
  readonly downGroups: (play: Play) => readonly DownGroup[];
}

/** What is known of a host while it runs: facts, registered results. Remote values are data: never templated again. */
export interface Scope {
  readonly facts?: Value;
  readonly registered: ReadonlyMap<string, Value>;
  /** In a plan: names whose values only a run can tell, each with the task that would set it. */
  readonly unknown: ReadonlyMap<string, string>;
}

/** A play on one host. */
export interface HostPlay {
  readonly play: Play;
  readonly sequence: Sequence<HostTask>;
  readonly handlers: readonly HostTask[];
}

/** One task on one host: variables bound, items expanded as soon as they can be. */
export interface HostTask {
  readonly task: Task;
  /** What its parameters and loop, its `when`, its name and the word on its result still need; empty: everything is static. */
  readonly needs: {
    readonly params: ReadonlySet<'facts' | 'registered'>;
    readonly when: ReadonlySet<'facts' | 'registered'>;
    readonly result: ReadonlySet<'facts' | 'registered'>;
  };
  /** In a plan: the task whose outcome must be known before anything can be said of this one. */
  readonly waitsFor: (scope: Scope) => string | undefined;
  /** In place of a module's plan: what a record says. */
  readonly recorded?: Recorded;
  /** Its items with rendered and validated parameters. Throws InputError where a late value is undefined or of a wrong type. */
  readonly items: (scope: Scope) => readonly Item[];
}

export interface Item {
  /** The loop's item; undefined without a loop. */
  readonly value?: Value;
  /** The loop's item as text, for people; undefined without a loop. */
  readonly label?: string;
  /** The task's name with its templates rendered. */
  readonly name: string;
  /** Validated against the module's schema; defaults not filled in. */
  readonly params: Value;
  /** Evaluated by the engine after the observe; false: skipped. */
  readonly when: () => boolean;
  /** The host it is done on instead: a name, as written. Throws InputError. */
  readonly delegateTo?: string;
  /** Variables of the environment of its programs. */
  readonly environment: ReadonlyMap<string, string>;
  /**
   * What `changed_when`, `failed_when` or `until` say of its result, which stands under the register's name; undefined: nothing.
   * Throws InputError.
   */
  readonly judge: (what: 'changed' | 'failed' | 'until', result: Value) => boolean | undefined;
}
