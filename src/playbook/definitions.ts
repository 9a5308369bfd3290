import type { Position } from '../diagnostics.ts';
import type { MapNode, Node, ScalarNode } from '../yaml/document.ts';
import type { BatchSize } from './batches.ts';
import type { DeclaredVariables } from './fields.ts';
import type { Task } from './types.ts';

/** A task as it was written: what the public type says, and the nodes that errors point at. */
export interface TaskDefinition {
  readonly task: Task;
  readonly name: Node | undefined;
  /** The module's parameters without `state`. */
  readonly params: MapNode;
  /** Where the module is named. */
  readonly moduleAt: Position;
  /** Aligned with `task.when`. */
  readonly conditions: readonly ScalarNode[];
  readonly loop: Node | undefined;
  readonly declared: DeclaredVariables;
  readonly notify: readonly { readonly text: string; readonly position: Position }[];
  readonly registerAt: Position | undefined;
}

/** A play as it was written, before it is known which hosts it is for. */
export interface PlayDefinition {
  readonly index: number;
  readonly name: string;
  readonly position: Position;
  readonly pattern: { readonly text: string; readonly position: Position } | undefined;
  readonly serial: readonly BatchSize[];
  readonly maxFailPercentage: number | undefined;
  readonly declared: DeclaredVariables;
  readonly tasks: readonly TaskDefinition[];
  readonly handlers: readonly TaskDefinition[];
}
