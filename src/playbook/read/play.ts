import path from 'node:path';
import { get } from '../../yaml/document.ts';
import { readMaxDown, readSerial } from '../batches.ts';
import {
  booleanField,
  choiceField,
  mapsField,
  mergeVariables,
  textField,
  variablesField,
  wordsField,
  wrongType,
} from './fields.ts';
import { checkNotified, nameHandlers } from './handlers.ts';
import { handDown, outermost } from './inherited.ts';
import { checkKeys, playKeywords, unknownKey } from './keywords.ts';
import { readRole } from './read-role.ts';
import { readRoleEntry } from './role-entry.ts';
import { createPlayRoles, joinHandlers, layersOfAll } from './role.ts';
import { readReboot } from './reboot.ts';
import { joinSections } from './sections.ts';
import { mapSequence, tasksOf } from '../sequence.ts';
import { readTasks } from './tasks.ts';
import { readVariableFiles } from './variable-files.ts';
import type { MapNode, ScalarNode } from '../../yaml/document.ts';
import type { PlayDefinition, TaskDefinition } from '../definitions.ts';
import type { DeclaredVariables } from './fields.ts';
import type { Problems } from '../problems.ts';
import type { Reading } from './reading.ts';
import type { Surroundings, TaskDraft } from './surroundings.ts';
import type { Sequence } from '../types.ts';

/** What a play takes from the import_playbook entries above it, the outermost first. */
export interface ImportedBy {
  readonly tags: readonly string[];
  readonly conditions: readonly ScalarNode[];
  readonly declared: readonly DeclaredVariables[];
}

export interface PlaySetting {
  readonly index: number;
  /** The playbooks that are being read, each imported by the one before it. */
  readonly files: readonly string[];
  readonly importedBy: ImportedBy;
  /** The default of `become`. */
  readonly become: boolean;
  readonly reading: Reading;
}

const readPattern = (map: MapNode, problems: Problems): PlayDefinition['pattern'] => {
  if (!get(map, 'hosts')) {
    problems.error('missing-key', "a play needs 'hosts': the hosts or groups it is for", map.position);
    return undefined;
  }
  const words = wordsField(map, 'hosts', problems);
  const [first] = words;
  return first && { text: words.map(({ text }) => text).join(','), position: first.position };
};

const readMaxFail = (map: MapNode, problems: Problems): number | undefined => {
  const node = get(map, 'max_fail_percentage');
  if (!node) return undefined;
  if (node.kind === 'scalar' && typeof node.value === 'number' && node.value >= 0 && node.value <= 100)
    return node.value;
  return wrongType(problems, 'max_fail_percentage', 'a number from 0 to 100', node);
};

const checkPlayKeys = (map: MapNode, { modules, problems }: Reading): void => {
  for (const { key, keyPosition } of checkKeys(map, playKeywords, problems)) {
    const { message, hint } = unknownKey('play', key, playKeywords.known);
    const better = modules.has(key) ? `'${key}' is a module: write it in a task under tasks:` : hint;
    problems.error('unknown-key', message, keyPosition, better);
  }
};

const readRoles = (map: MapNode, around: Surroundings): Sequence<TaskDraft> => {
  const node = get(map, 'roles');
  if (!node || (node.kind === 'scalar' && node.value === null)) return [];
  if (node.kind !== 'sequence') return wrongType(around.reading.problems, 'roles', 'a list of roles', node) ?? [];
  return node.items.flatMap((item) => {
    const entry = readRoleEntry(item, around.inherited, around);
    const read = entry && readRole(entry, { around, parents: [], handlers: around.roles.handlers.named, readTasks });
    if (!read) return [];
    around.roles.named.push(read.role);
    return read.sequence;
  });
};

/** A play from its map. Everything wrong in it, its roles and its tasks goes to the problems. */
export const readPlay = (map: MapNode, setting: PlaySetting): PlayDefinition => {
  const { index, files, importedBy, become, reading } = setting;
  const { problems } = reading;
  checkPlayKeys(map, reading);
  booleanField(map, 'gather_facts', problems);
  const pattern = readPattern(map, problems);
  const folder = path.dirname(files.at(-1)!);
  const outer = { ...outermost(become), tags: importedBy.tags };
  const inherited = handDown(map, outer, problems);
  const roles = createPlayRoles();
  const around: Surroundings = {
    reading,
    section: 'tasks',
    inherited: { ...inherited, conditions: importedBy.conditions },
    files: [files.at(-1)!],
    role: undefined,
    turn: undefined,
    roles,
    folders: [folder],
    isRescue: false,
  };
  const section = (key: string, where = around, of = map): Sequence<TaskDraft> =>
    readTasks(mapsField(of, key, problems), where);
  const before = section('pre_tasks');
  const main = [...readRoles(map, around), ...section('tasks')];
  const after = section('post_tasks');
  const handlers = section('handlers', { ...around, section: 'handlers', inherited });

  const layers = layersOfAll(roles);
  const finish = (drafts: Sequence<TaskDraft>, prefix: string): Sequence<TaskDefinition> => {
    const done = new Map<TaskDraft, TaskDefinition>();
    return mapSequence(drafts, (draft) => {
      const made = done.get(draft) ?? draft({ id: `${index}.${prefix}${done.size}`, ...layers });
      done.set(draft, made);
      return made;
    });
  };
  const boot = readReboot(map, section, reading);
  const sequence = finish([...joinSections([before, main, after]), ...boot], '');
  const named = nameHandlers(tasksOf(finish(joinHandlers(roles, handlers), 'h')), problems);
  checkNotified([...tasksOf(sequence), ...named], named, problems);
  return {
    index,
    name: textField(map, 'name', problems)?.text ?? pattern?.text ?? '',
    position: map.position,
    pattern,
    serial: readSerial(get(map, 'serial'), problems),
    maxFailPercentage: readMaxFail(map, problems),
    onFailure: choiceField(map, 'on_failure', ['rollback'], problems),
    maxDown: readMaxDown(get(map, 'max_down'), problems),
    declared: mergeVariables([
      variablesField(map, 'play vars', problems),
      ...importedBy.declared,
      ...readVariableFiles(map, folder, reading),
    ]),
    sequence,
    handlers: named,
  };
};
