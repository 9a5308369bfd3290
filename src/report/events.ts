import type { Diagnostic, Position } from '../diagnostics.ts';

/** The run as a stream of facts. Reporters are sinks of it; the record on disk is one of them. All values are plain JSON. */
export type Event =
  | RunStarted
  | PlayStarted
  | BatchStarted
  | HostStage
  | TaskResult
  | HostEnded
  | { readonly type: 'diagnostic'; readonly diagnostic: Diagnostic }
  | RunEnded;

export interface RunStarted {
  readonly type: 'run-started';
  readonly run: string;
  readonly command: 'run' | 'check' | 'plan' | 'apply' | 'rollback';
  readonly playbook: string;
  readonly inventory: readonly string[];
  readonly hosts: readonly string[];
  /** Hosts of the embedded lab: shown as SIMULATED everywhere. */
  readonly simulated: boolean;
  readonly time: string;
}
export interface PlayStarted {
  readonly type: 'play-started';
  readonly play: number;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly batches: number;
}
export interface BatchStarted {
  readonly type: 'batch-started';
  readonly play: number;
  /** From 1. */
  readonly batch: number;
  readonly hosts: readonly string[];
}
/** Where a host is now; `detail` is what it works on. */
export interface HostStage {
  readonly type: 'host-stage';
  readonly host: string;
  readonly play: number;
  readonly stage: 'waiting' | 'connect' | 'observe' | 'plan' | 'apply' | 'verify' | 'reboot' | 'done';
  readonly detail?: string;
  readonly time: number;
}

export type Outcome = 'ok' | 'changed' | 'failed' | 'skipped';
/** `stale`: it is not what the plan or the record says it was. */
export type Reason = 'unsupported' | 'conflict' | 'refused' | 'ineffective' | 'error' | 'dependency' | 'stale';
/** `reboot`, `next-use` or `restart:<what>`. */
export type Pending = string;

/** One value of one setting, as people see it. Secrets (`no_log`) are already gone. */
export interface Change {
  readonly key: string;
  /** Which level it changes: the running kernel, the next boot, or both at once. */
  readonly levels: readonly ('running' | 'boot')[];
  /** null: absent. */
  readonly before: string | null;
  readonly after: string | null;
  readonly pending?: Pending;
  /** Why it was not made, in the kernel's words. */
  readonly failed?: { readonly reason: Reason; readonly message: string };
}

export interface TaskResult {
  readonly type: 'task';
  readonly host: string;
  readonly play: number;
  readonly task: string;
  readonly name: string;
  readonly module: string;
  readonly position: Position;
  readonly item?: string;
  readonly outcome: Outcome;
  readonly reason?: Reason;
  readonly message?: string;
  /** A plan whose effect cannot be known before: a command without a guard. */
  readonly unknown?: boolean;
  /** With `unknown`: the task whose outcome must be known first. */
  readonly waitsFor?: string;
  /** What the task says: of debug, assert and the like. */
  readonly output?: string;
  readonly ignored?: boolean;
  /** It failed, and its block has a rescue. */
  readonly rescued?: boolean;
  /** The host it was done on instead. */
  readonly delegate?: string;
  readonly handler?: boolean;
  readonly changes: readonly Change[];
  readonly pending: readonly Pending[];
  readonly warnings: readonly string[];
}

export interface HostEnded {
  readonly type: 'host-ended';
  readonly host: string;
  readonly status: 'ok' | 'changed' | 'failed' | 'unreachable' | 'unknown';
  /** Another run holds the host's lock. */
  readonly locked?: true;
  /** For failed outside a task, unreachable and unknown: what happened and what to do. */
  readonly message?: string;
  readonly hint?: string;
  readonly recap: Recap;
}

/** Ansible's recap, `ok` counting the changed too, and what is pending. */
export interface Recap {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
  readonly skipped: number;
  readonly rescued: number;
  readonly ignored: number;
  readonly pending: readonly Pending[];
}

export interface RunEnded {
  readonly type: 'run-ended';
  readonly exit: number;
  /** Milliseconds. */
  readonly elapsed: number;
  /** Why hosts were left out: a batch that failed too often, an interrupt. */
  readonly stopped?: string;
  /** All those that were left out. */
  readonly undone?: readonly string[];
}

/** A reporter. `close` resolves when everything is written. */
export interface Reporter {
  readonly emit: (event: Event) => void;
  readonly close: () => Promise<void>;
}
