import type { Position } from '../diagnostics.ts';
import type { MapNode, Node, ScalarNode } from '../yaml/document.ts';
import type { BatchSize } from './batches.ts';
import type { DeclaredVariables } from './read/fields.ts';
import type { MaxDown, Sequence, Task } from './types.ts';

/** One occurrence of a role in a play: with equal names and parameters, a role is done once. */
export interface RoleTurn {
  /** The role's name and all that it was given. */
  readonly key: string;
  /** What it was asked under. */
  readonly conditions: readonly string[];
}

/** A task as it was written: what the public type says, and the nodes that errors point at. */
export interface TaskDefinition {
  readonly task: Task;
  readonly name: Node | undefined;
  /** The module's parameters without `state`. */
  readonly params: MapNode;
  /** False where some of them were refused: that others are missing may follow from that, and is not told. */
  readonly isWhole: boolean;
  /** Where the module is named. */
  readonly moduleAt: Position;
  /** Aligned with `task.when`. */
  readonly conditions: readonly ScalarNode[];
  /** Aligned with what the task says of its result. */
  readonly judgements: {
    readonly changed: readonly ScalarNode[];
    readonly failed: readonly ScalarNode[];
    readonly until: readonly ScalarNode[];
  };
  readonly loop: Node | undefined;
  readonly label: Node | undefined;
  /** A map, or a list of maps and templates of maps, of which later ones win. */
  readonly environment: Node | undefined;
  readonly delegateTo: Node | undefined;
  /** Above the play's variables, the strongest first: the task's own, its blocks', its imports', its role's parameters and vars. */
  readonly variables: readonly DeclaredVariables[];
  /** Below everything, the strongest first: defaults of its role, then of the play's other roles. */
  readonly defaults: readonly DeclaredVariables[];
  /** Where its files and templates are looked for, in order: the role's folder, then the playbook's. */
  readonly folders: readonly string[];
  /** `role_path` and `role_name`. */
  readonly role: { readonly name: string; readonly folder: string } | undefined;
  /** Which occurrence of its role it belongs to; undefined where the role may run several times. */
  readonly turn: RoleTurn | undefined;
  /** In a rescue: `ansible_failed_task` and `ansible_failed_result` are set. */
  readonly isRescue: boolean;
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
  readonly onFailure: 'rollback' | undefined;
  readonly maxDown: MaxDown | undefined;
  /** `vars`, with `vars_files` over them. */
  readonly declared: DeclaredVariables;
  readonly sequence: Sequence<TaskDefinition>;
  readonly handlers: readonly TaskDefinition[];
}
