import path from 'node:path';
import { get } from '../yaml/document.ts';
import { textField, variablesField } from './fields.ts';
import { handDown, withVariables } from './inherited.ts';
import { checkKeys, importKeywords, refuseUnknown } from './keywords.ts';
import { isBeingRead, mapsOf } from './reading.ts';
import { nameFolders, nearestIn } from './variable-files.ts';
import type { MapNode } from '../yaml/document.ts';
import type { Word } from './fields.ts';
import type { ReadTasks } from './read-role.ts';
import type { Surroundings, TaskDraft } from './surroundings.ts';
import type { Sequence } from './types.ts';

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
  const candidates = path.isAbsolute(name) ? [name] : folders.map((folder) => path.join(folder, name));
  const opened = reading.openFirst([...new Set(candidates)], word!.position);
  if (opened === 'unusable') return [];
  if (opened === undefined) {
    const where = path.isAbsolute(name) ? [path.dirname(name)] : folders;
    const hint = nearestIn(where, path.basename(name));
    problems.error('missing-file', `${name} was not found in ${nameFolders(where)}`, word!.position, hint);
    return [];
  }
  if (isBeingRead(opened.file, files)) {
    const way = [...files, opened.file].join(' → ');
    problems.error('import-circle', `files import one another in a circle: ${way}`, word!.position);
    return [];
  }
  const tasks = mapsOf(opened, 'task', 'begin each task with "- name: …"', problems);
  const folder = path.dirname(opened.file);
  return readTasks(tasks, {
    ...around,
    inherited,
    files: [...files, opened.file],
    folders: [...(role ? [role.folder, ...role.parents.map((parent) => parent.folder)] : []), folder, playbook],
  });
};
