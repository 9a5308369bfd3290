import type { Static, TSchema } from 'typebox';
import type { Reads, Seen } from './reads.ts';
import type { Finding, Persist, Reading, Setting, Step, StoreName } from './steps.ts';

/**
 * A module decides WHAT should be true. The engine owns how it is read, written, ordered, persisted, journalled, undone, verified.
 *
 *   observe(want) ──▶ Read ops ──(one ask)──▶ Snapshot ──▶ seen ──▶ plan(want, seen) ──▶ Step[]
 */
export interface ModuleDef<P extends TSchema = TSchema, R extends Reads = Reads> {
  readonly kind: string;
  /** One line for `perfplay doc`. */
  readonly summary: string;
  /** Validation, types, editor completion and docs. */
  readonly params: P;
  /** The stores its settings may name: their files travel in the same ask. Empty: nothing but `itself` and `none`. */
  readonly stores: readonly StoreName[];
  /** Takes `state: present|absent` (absent: removes what perfplay persisted). False where the module has states of its own. */
  readonly removable: boolean;
  /** Where a wrong value cannot be undone without a boot: a play over several hosts needs a canary. */
  readonly canary?: boolean;
  /** Its tasks stand in a rescue alone. */
  readonly rescueOnly?: boolean;
  /** Variables that it sets for later tasks, by the names of its parameters as they are written. */
  readonly learns?: (written: readonly string[]) => readonly string[];
  /** What the schema cannot say: one message for each thing wrong, each with the parameter's name. */
  readonly check?: (
    want: Static<P>,
  ) => readonly { readonly param: string; readonly message: string; readonly hint?: string }[];
  /** What must be known. From parameters alone, so every task of a host and all facts travel in one ask. */
  readonly observe: (want: Static<P>) => R;
  /** Pure. In the order in which writes must happen. */
  readonly plan: (want: Static<P>, seen: Seen<R>) => readonly Step[];
}

/** Any module, its parameter and read types forgotten: what the engine holds. */
export interface AnyModule extends Omit<ModuleDef, 'check' | 'observe' | 'plan'> {
  readonly check?: (
    want: never,
  ) => readonly { readonly param: string; readonly message: string; readonly hint?: string }[];
  readonly observe: (want: never) => Reads;
  readonly plan: (want: never, seen: never) => readonly Step[];
}

export const defineModule = <P extends TSchema, R extends Reads>(module: ModuleDef<P, R>): ModuleDef<P, R> => module;

export const setting = <T>(
  key: string,
  want: T | null,
  running: Reading<T>,
  persist: Persist,
  more: Partial<Setting<T>> = {},
): Setting<T> => ({ key, want, running, persist, ...more });

export const unsupported = (key: string, message: string): Finding => ({ key, finding: 'unsupported', message });
export const conflict = (key: string, message: string, blocks: readonly string[] = []): Finding => ({
  key,
  finding: 'conflict',
  message,
  blocks,
});
export const warning = (key: string, message: string): Finding => ({ key, finding: 'warning', message });
