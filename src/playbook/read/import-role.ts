import { get } from '../../yaml/document.ts';
import { booleanField, noVariables, textField, variablesField, wrongType } from './fields.ts';
import { handDown, withVariables } from './inherited.ts';
import { checkKeys, importKeywords, refuseUnknown } from './keywords.ts';
import { readRole } from './read-role.ts';
import type { Keywords } from './keywords.ts';
import type { MapNode } from '../../yaml/document.ts';
import type { Word } from './fields.ts';
import type { ReadTasks } from './read-role.ts';
import type { RoleFiles } from './role-files.ts';
import type { RoleHandlers } from './role.ts';
import type { Surroundings, TaskDraft } from './surroundings.ts';
import type { Sequence } from '../types.ts';

const fileKeys = ['tasks', 'vars', 'defaults', 'handlers'] as const;

const parameterKeywords: Keywords = {
  what: 'import_role',
  known: new Set(['name', 'role', ...fileKeys.map((key) => `${key}_from`), 'allow_duplicates']),
  foreign: new Map([
    ['apply', 'write its keys beside import_role'],
    ['public', 'what an imported role declares is seen by the whole play; leave it out'],
    ['rolespec_validate', 'leave it out'],
    ['vars', 'write it beside import_role'],
  ]),
};

const readFiles = (map: MapNode, { reading: { problems } }: Surroundings): RoleFiles =>
  Object.fromEntries(
    fileKeys.flatMap((kind): readonly (readonly [string, Word])[] => {
      const word = textField(map, `${kind}_from`, problems);
      if (!word) return [];
      if (!word.text.includes('/')) return [[kind, word]];
      problems.error(
        'bad-value',
        `'${kind}_from' is the name of a file in ${kind}/ of the role, not a path`,
        word.position,
        `write ${word.text.slice(word.text.lastIndexOf('/') + 1)}, and let that file import the other`,
      );
      return [];
    }),
  );

/** `import_role`: the role's tasks in place of the task. */
export const readImportRole = (map: MapNode, around: Surroundings, readTasks: ReadTasks): Sequence<TaskDraft> => {
  const { reading, role: caller, roles } = around;
  const { problems } = reading;
  refuseUnknown(checkKeys(map, importKeywords, problems), importKeywords, problems);
  const node = get(map, 'import_role')!;
  const declared = variablesField(map, 'vars of import_role', problems);
  const inherited = withVariables(handDown(map, around.inherited, problems), declared);
  if (node.kind !== 'map') {
    wrongType(problems, 'import_role', 'a map', node, 'write import_role: {name: ROLE}');
    return [];
  }
  refuseUnknown(checkKeys(node, parameterKeywords, problems), parameterKeywords, problems);
  const key = get(node, 'name') ? 'name' : 'role';
  if (!get(node, key)) problems.error('missing-key', 'import_role needs the name of a role', node.position);
  const word = textField(node, key, problems);
  const files = readFiles(node, around);
  const allowsDuplicates = booleanField(node, 'allow_duplicates', problems) ?? true;
  const text = word && reading.fixed(word, "a role's name");
  if (text === undefined) return [];
  const entry = {
    name: { ...word!, text },
    inherited,
    asked: { tags: [], when: [] },
    parameters: noVariables,
    declared,
    files,
    imported: { allowsDuplicates },
  };
  const handlers: RoleHandlers[] = [];
  roles.handlers.imported.push(handlers);
  const read = readRole(entry, {
    around,
    parents: caller ? [caller.role, ...caller.parents] : [],
    handlers,
    readTasks,
  });
  if (!read) return [];
  roles.imported.push(read.role);
  return read.sequence;
};
