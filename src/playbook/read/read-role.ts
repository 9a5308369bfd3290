import path from 'node:path';
import { foldersFor, isBeingRead, namesIn, nearestIn } from './find-files.ts';
import { mapsOf } from './reading.ts';
import { keyOf, readRoleEntry } from './role-entry.ts';
import { findRole, openRoleFile, readMeta, readRoleVariables } from './role-files.ts';
import { scopeOf } from './role.ts';
import type { MapNode } from '../../yaml/document.ts';
import type { RoleTurn } from '../definitions.ts';
import type { Word } from './fields.ts';
import type { Problems } from '../problems.ts';
import type { ReadFile } from './reading.ts';
import type { RoleEntry } from './role-entry.ts';
import type { Role, RoleHandlers } from './role.ts';
import type { Surroundings, TaskDraft } from './surroundings.ts';
import type { Sequence } from '../types.ts';

export type ReadTasks = (maps: readonly MapNode[], around: Surroundings) => Sequence<TaskDraft>;

interface ReadRole {
  readonly role: Role;
  readonly sequence: Sequence<TaskDraft>;
}

const fileHint = 'begin each task with "- name: …"';

/** Where the role is being read already: in a circle it would never end. A role may import another of its own files. */
const isCircle = (
  entry: RoleEntry,
  folder: string,
  tasks: ReadFile | undefined,
  parents: readonly Role[],
  around: Surroundings,
): boolean =>
  entry.imported
    ? tasks !== undefined && isBeingRead(tasks.file, around.files)
    : parents.some((parent) => parent.folder === folder);

/** Warns of a folder that is no role, and of a folder of tasks without the first of them. */
const warnOfEmpty = (name: Word, folder: string, problems: Problems): void => {
  const names = namesIn(folder);
  const hasTasks = names.includes('tasks');
  if (!hasTasks && names.some((one) => ['handlers', 'vars', 'defaults', 'meta'].includes(one))) return;
  problems.warn(
    'empty-role',
    `the role '${name.text}' does nothing: ${path.join(folder, 'tasks')} has no main.yml`,
    name.position,
    hasTasks ? nearestIn([path.join(folder, 'tasks')], 'main.yml') : nearestIn([folder], 'tasks'),
  );
};

export interface RoleSetting {
  readonly around: Surroundings;
  /** The roles that it is called by, the nearest first. */
  readonly parents: readonly Role[];
  /** Where its handlers and those of its dependencies are noted. */
  readonly handlers: RoleHandlers[];
  readonly readTasks: ReadTasks;
}

/**
 * A role at one place of a play: the tasks of its dependencies, then its own.
 * Undefined, and reported, where there is no such role.
 */
export const readRole = (entry: RoleEntry, setting: RoleSetting): ReadRole | undefined => {
  const { around, parents, handlers, readTasks } = setting;
  const { reading } = around;
  const { problems } = reading;
  const { name, inherited, files, imported } = entry;
  const playbookFolder = path.dirname(around.files[0]!);
  const folder = findRole(name, playbookFolder, imported ? undefined : parents[0]?.folder, reading);
  if (folder === undefined) return undefined;
  const tasksFile = openRoleFile(folder, 'tasks', files.tasks, reading);
  if (isCircle(entry, folder, tasksFile, parents, around)) {
    const way = [...parents.map((parent) => parent.name).reverse(), name.text].join(' → ');
    problems.error('role-circle', `roles call one another in a circle: ${way}`, name.position);
    return undefined;
  }
  const hasMain = tasksFile !== undefined || files.tasks !== undefined;
  if (!hasMain) warnOfEmpty(name, folder, problems);
  const meta = readMeta(folder, reading);
  const known = {
    name: name.text,
    folder,
    key: keyOf(entry, folder),
    parameters: entry.parameters,
    declared: entry.declared,
    vars: readRoleVariables(folder, 'vars', files.vars, reading),
    defaults: readRoleVariables(folder, 'defaults', files.defaults, reading),
    allowsDuplicates: imported ? imported.allowsDuplicates : meta.allowsDuplicates,
  };
  const chain = [{ ...known, dependencies: [] }, ...parents];
  const dependencies = meta.dependencies.flatMap((node): readonly ReadRole[] => {
    const dependency = readRoleEntry(node, inherited, around);
    const read = dependency && readRole(dependency, { ...setting, parents: chain });
    return read ? [read] : [];
  });
  const role: Role = { ...known, dependencies: dependencies.map((one) => one.role) };

  const turn: RoleTurn = { key: role.key, conditions: inherited.conditions.map(({ source }) => source) };
  const inside = (file: ReadFile, section: Surroundings['section']): Surroundings => ({
    ...around,
    section,
    inherited,
    files: [...around.files, file.file],
    role: scopeOf(role, parents),
    turn: role.allowsDuplicates ? undefined : turn,
    folders: foldersFor(file.file, [role, ...parents], playbookFolder),
    isRescue: section === 'tasks' && around.isRescue,
  });
  const own = tasksFile ? readTasks(mapsOf(tasksFile, 'task', fileHint, problems), inside(tasksFile, 'tasks')) : [];

  const handlersFile = openRoleFile(folder, 'handlers', files.handlers, reading);
  if (handlersFile) {
    const read = () => readTasks(mapsOf(handlersFile, 'handler', fileHint, problems), inside(handlersFile, 'handlers'));
    handlers.push({ key: role.key, read });
  }
  return { role, sequence: [...dependencies.flatMap(({ sequence }) => sequence), ...own] };
};
