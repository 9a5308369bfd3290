import path from 'node:path';
import { get, toValue } from '../yaml/document.ts';
import { declare, noVariables, textField, variablesField, wrongType } from './fields.ts';
import { handDown } from './inherited.ts';
import { checkKeys, roleKeywords } from './keywords.ts';
import { isBeingRead, mapsOf } from './reading.ts';
import { findRole, openRoleFile, readMeta, readRoleVariables } from './role-files.ts';
import { parameterOrigin, scopeOf } from './role.ts';
import type { Value } from '../inventory/types.ts';
import { namesIn, nearestIn } from './variable-files.ts';
import type { Problems } from './problems.ts';
import type { RoleTurn } from './definitions.ts';
import type { MapNode, Node } from '../yaml/document.ts';
import type { DeclaredVariables, Word } from './fields.ts';
import type { Inherited } from './inherited.ts';
import type { ReadFile } from './reading.ts';
import type { RoleFiles } from './role-files.ts';
import type { Role } from './role.ts';
import type { Surroundings, TaskDraft } from './surroundings.ts';
import type { Sequence } from './types.ts';

export type ReadTasks = (maps: readonly MapNode[], around: Surroundings) => Sequence<TaskDraft>;

/** One occurrence of a role: what is asked for, and what its tasks take from where it stands. */
export interface RoleEntry {
  readonly name: Word;
  readonly inherited: Inherited;
  /** Its own tags and conditions. */
  readonly asked: readonly Value[];
  readonly parameters: DeclaredVariables;
  readonly declared: DeclaredVariables;
  readonly files: RoleFiles;
  /** By import_role: it may run several times, unless that says otherwise. */
  readonly imported: { readonly allowsDuplicates: boolean } | undefined;
}

interface ReadRole {
  readonly role: Role;
  readonly sequence: Sequence<TaskDraft>;
}

const fileHint = 'begin each task with "- name: …"';

/** Rule: Ansible's playbook/role/__init__.py (Role.load). */
const keyOf = ({ name, asked, parameters, declared, files, imported }: RoleEntry, folder: string): string => {
  const values = ({ variables }: DeclaredVariables) => [...variables].map(([key, { value }]) => [key, value]);
  const texts = Object.entries(files).map(([kind, { text }]: [string, Word]) => [kind, text]);
  return JSON.stringify([
    name.text,
    folder,
    asked,
    values(parameters),
    values(declared),
    texts,
    imported !== undefined,
  ]);
};

/** An entry under `roles:` or `dependencies:`; undefined, and reported, where it names no role. */
export const readRoleEntry = (node: Node, outer: Inherited, { reading }: Surroundings): RoleEntry | undefined => {
  const { problems } = reading;
  const plain = {
    inherited: outer,
    asked: [],
    parameters: noVariables,
    declared: noVariables,
    files: {},
    imported: undefined,
  };
  const fixed = (word: Word): RoleEntry['name'] | undefined => {
    const text = reading.fixed(word, "a role's name");
    return text === undefined ? undefined : { ...word, text };
  };
  if (node.kind === 'scalar' && node.value !== null && typeof node.value !== 'boolean') {
    const name = fixed({ text: String(node.value), position: node.position });
    return name && { ...plain, name };
  }
  if (node.kind !== 'map')
    return wrongType(problems, 'roles', "a list of roles' names, or of maps with role: and more", node);
  const parameters = checkKeys(node, roleKeywords, problems);
  const key = get(node, 'role') ? 'role' : 'name';
  if (!get(node, key)) problems.error('missing-key', 'a role needs its name: role: …', node.position);
  const word = textField(node, key, problems);
  const entry = {
    ...plain,
    inherited: handDown(node, outer, problems),
    asked: ['tags', 'when'].flatMap((key) => {
      const own = get(node, key);
      return own ? [{ [key]: toValue(own) }] : [];
    }),
    declared: variablesField(node, 'vars of a role', problems),
    parameters: declare(parameters, parameterOrigin, problems),
  };
  const name = word && fixed(word);
  return name && { ...entry, name };
};

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
  /** Whether it stands under `roles:` or is imported by a task; dependencies take it from the first. */
  readonly origin: 'named' | 'imported';
  readonly readTasks: ReadTasks;
}

/**
 * A role at one place of a play: the tasks of its dependencies, then its own. Its handlers are noted for the play.
 * Undefined, and reported, where there is no such role.
 */
export const readRole = (entry: RoleEntry, setting: RoleSetting): ReadRole | undefined => {
  const { around, parents, origin, readTasks } = setting;
  const { reading, roles } = around;
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
    folders: [folder, ...parents.map((parent) => parent.folder), path.dirname(file.file), playbookFolder],
  });
  const own = tasksFile ? readTasks(mapsOf(tasksFile, 'task', fileHint, problems), inside(tasksFile, 'tasks')) : [];

  if (!roles.withHandlers.has(role.key)) {
    roles.withHandlers.add(role.key);
    const handlersFile = openRoleFile(folder, 'handlers', files.handlers, reading);
    if (handlersFile) {
      const handlers = mapsOf(handlersFile, 'handler', fileHint, problems);
      roles.handlers[origin].push(readTasks(handlers, inside(handlersFile, 'handlers')));
    }
  }
  return { role, sequence: [...dependencies.flatMap(({ sequence }) => sequence), ...own] };
};
