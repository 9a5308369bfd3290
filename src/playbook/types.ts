import type { Position } from '../diagnostics.ts';
import type { AnyModule } from '../contract/module.ts';
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
  readonly module: AnyModule;
  readonly params: Template;
  /** ANDed. */
  readonly when: readonly Condition[];
  readonly loop?: Template;
  readonly register?: string;
  readonly notify: readonly string[];
  readonly tags: readonly string[];
  readonly become: boolean;
  readonly becomeUser: string;
  readonly ignoreErrors: boolean;
  readonly noLog: boolean;
  readonly unsupported: 'fail' | 'warn' | 'skip';
  readonly apply: Apply;
  /** `state: absent`: what perfplay persisted is removed. */
  readonly absent: boolean;
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
  readonly tasks: readonly Task[];
  readonly handlers: readonly Task[];
}

/** A compiled site: all that can be known before the first connection. */
export interface Site {
  readonly files: readonly string[];
  readonly plays: readonly Play[];
  /** The tasks of a play for one host, made concrete as far as static variables reach. Total: problems were found by compile. */
  readonly bind: (play: Play, host: Host) => HostPlay;
}

/** What is known of a host while it runs: facts, registered results. Remote values are data: never templated again. */
export interface Scope {
  readonly facts?: Value;
  readonly registered: ReadonlyMap<string, Value>;
}

/** A play on one host. */
export interface HostPlay {
  readonly play: Play;
  readonly tasks: readonly HostTask[];
  readonly handlers: readonly HostTask[];
}

/** One task on one host: variables bound, items expanded as soon as they can be. */
export interface HostTask {
  readonly task: Task;
  /** What its parameters, loop or `when` still need; empty: everything is static. */
  readonly needs: {
    readonly params: ReadonlySet<'facts' | 'registered'>;
    readonly when: ReadonlySet<'facts' | 'registered'>;
  };
  /** Its items with rendered and validated parameters. Throws InputError where a late value is undefined or of a wrong type. */
  readonly items: (scope: Scope) => readonly Item[];
}

export interface Item {
  /** The loop's item as text, for people; undefined without a loop. */
  readonly label?: string;
  /** The task's name with its templates rendered. */
  readonly name: string;
  /** Validated against the module's schema; defaults not filled in. */
  readonly params: Value;
  /** Evaluated by the engine after the observe; false: skipped. */
  readonly when: () => boolean;
}
