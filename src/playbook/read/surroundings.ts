import type { DeclaredVariables } from './fields.ts';
import type { RoleTurn, TaskDefinition } from '../definitions.ts';
import type { Inherited } from './inherited.ts';
import type { PlayRoles, RoleScope } from './role.ts';
import type { Reading } from './reading.ts';

/** Where tasks are read: all that decides what they mean beside their own words. */
export interface Surroundings {
  readonly reading: Reading;
  readonly section: 'tasks' | 'handlers';
  readonly inherited: Inherited;
  /** The files that are being read, each imported by the one before it; the playbook's first. */
  readonly files: readonly string[];
  readonly role: RoleScope | undefined;
  readonly turn: RoleTurn | undefined;
  /** Of the play, those that have been read so far. */
  readonly roles: PlayRoles;
  /** Where files and templates are looked for, in order. */
  readonly folders: readonly string[];
  readonly isRescue: boolean;
}

/** A task that waits for what is known when its whole play has been read: its number, and the variables of all roles. */
export type TaskDraft = (play: {
  readonly id: string;
  readonly variables: readonly DeclaredVariables[];
  readonly defaults: readonly DeclaredVariables[];
}) => TaskDefinition;
