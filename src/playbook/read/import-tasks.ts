import path from 'node:path';
import { get } from '../../yaml/document.ts';
import { textField, variablesField } from './fields.ts';
import { foldersFor, isCircle, openIn } from './find-files.ts';
import { handDown, withVariables } from './inherited.ts';
import { checkKeys, importKeywords, refuseUnknown } from './keywords.ts';
import { mapsOf } from './reading.ts';
import type { MapNode } from '../../yaml/document.ts';
import type { Word } from './fields.ts';
import type { ReadTasks } from './read-role.ts';
import type { Surroundings, TaskDraft } from './surroundings.ts';
import type { Sequence } from '../types.ts';

/** The file's name: the text itself, or `file` of a map. */
const readName = (map: MapNode, { problems }: Surroundings['reading']): Word | undefined => {
  const node = get(map, 'import_tasks')!;
  if (node.kind !== 'map') return textField(map, 'import_tasks', problems);
  for (const { key, keyPosition } of node.entries.filter((entry) => entry.key !== 'file'))
    problems.error('unknown-key', `import_tasks has no key '${key}'`, keyPosition, 'write import_tasks: FILE');
  if (!get(node, 'file')) problems.error('missing-key', 'import_tasks needs the name of a file', node.position);
  return textField(node, 'file', problems);
};

/**
 * `import_tasks`: the tasks of another file in place of the task. It is looked for beside the importing file, then in the
 * role's folder of tasks (or handlers), then beside the playbook.
 */
export const readImportTasks = (map: MapNode, around: Surroundings, readTasks: ReadTasks): Sequence<TaskDraft> => {
  const { reading, files, role, section } = around;
  const { problems } = reading;
  refuseUnknown(checkKeys(map, importKeywords, problems), importKeywords, problems);
  const declared = variablesField(map, 'vars of import_tasks', problems);
  const inherited = withVariables(handDown(map, around.inherited, problems), declared);
  const word = readName(map, reading);
  const name = word && reading.fixed(word, 'an imported file');
  if (name === undefined) return [];

  const playbook = path.dirname(files[0]!);
  const folders = [path.dirname(files.at(-1)!), ...(role ? [path.join(role.folder, section)] : []), playbook];
  const opened = openIn(folders, name, word!.position, reading);
  if (!opened || isCircle(opened, files, word!.position, problems)) return [];
  const tasks = mapsOf(opened, 'task', 'begin each task with "- name: …"', problems);
  return readTasks(tasks, {
    ...around,
    inherited,
    files: [...files, opened.file],
    folders: foldersFor(opened.file, role ? [role, ...role.parents] : [], playbook),
  });
};
