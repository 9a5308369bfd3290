import { get } from '../../yaml/document.ts';
import { mapsField, textField, variablesField, wordsField } from './fields.ts';
import { readImportRole } from './import-role.ts';
import { readImportTasks } from './import-tasks.ts';
import { handDown, withVariables } from './inherited.ts';
import { blockKeywords, checkKeys, metaKeywords, refuseUnknown } from './keywords.ts';
import { readTask } from './task.ts';
import type { MapNode } from '../../yaml/document.ts';
import type { Surroundings, TaskDraft } from './surroundings.ts';
import type { Part, Sequence } from '../types.ts';

const readBlock = (map: MapNode, around: Surroundings): Sequence<TaskDraft> => {
  const { problems } = around.reading;
  refuseUnknown(checkKeys(map, blockKeywords, problems), blockKeywords, problems);
  const name = textField(map, 'name', problems);
  if (!get(map, 'block'))
    problems.error('missing-key', "'rescue' and 'always' need 'block': the tasks that they are for", map.position);
  const declared = variablesField(map, 'block vars', problems);
  const inside = { ...around, inherited: withVariables(handDown(map, around.inherited, problems), declared) };
  const read = (key: string, where: Surroundings): Sequence<TaskDraft> =>
    readTasks(mapsField(map, key, problems), where);
  const block = read('block', inside);
  const rescue = read('rescue', { ...inside, isRescue: true });
  const always = read('always', inside);
  if (rescue.length === 0 && always.length === 0) return block;
  return [{ kind: 'block', name: name?.text ?? '', position: map.position, block, rescue, always }];
};

/** Other actions of Ansible's `meta`, each with what to do instead. */
const metaForms = new Map([
  ['noop', 'leave it out'],
  ['clear_facts', 'facts are read in every run; leave it out'],
  ['clear_host_errors', 'a failed host ends its play; ignore_errors on a task lets it go on'],
  ['refresh_inventory', 'the inventory is read before the run; leave it out'],
  ['reset_connection', 'leave it out'],
  ['end_play', 'write when: on the tasks that follow, or make them a block with when:'],
  ['end_batch', 'write when: on the tasks that follow, or make them a block with when:'],
  ['end_host', 'write when: on the tasks that follow, or make them a block with when:'],
  ['role_complete', 'leave it out'],
]);

const readMetaTask = (
  map: MapNode,
  { reading: { problems }, inherited, section }: Surroundings,
): Sequence<TaskDraft> => {
  const action = textField(map, 'meta', problems);
  const tags = wordsField(map, 'tags', problems, ',').map(({ text }) => text);
  refuseUnknown(checkKeys(map, metaKeywords, problems), metaKeywords, problems);
  if (!action) return [];
  if (action.text !== 'flush_handlers') {
    const hint = metaForms.get(action.text) ?? 'the one action is flush_handlers';
    problems.error('not-supported', `there is no 'meta: ${action.text}' here`, action.position, hint);
  } else if (section === 'handlers')
    problems.error('not-supported', 'a handler cannot flush handlers', action.position, 'leave it out');
  return [{ kind: 'flush-handlers', tags: [...new Set([...inherited.tags, ...tags])] }];
};

const isBlock = (map: MapNode): boolean => ['block', 'rescue', 'always'].some((key) => get(map, key) !== undefined);

const readPart = (map: MapNode, around: Surroundings): Sequence<TaskDraft> => {
  const { reading, section } = around;
  const refuse = (what: string): readonly Part<TaskDraft>[] => {
    reading.problems.error(
      'not-supported',
      `a handler cannot be ${what}`,
      map.position,
      'write each as a handler, and notify them all by one listen: topic',
    );
    return [];
  };
  if (isBlock(map)) return section === 'handlers' ? refuse('a block') : readBlock(map, around);
  if (get(map, 'import_tasks')) return readImportTasks(map, around, readTasks);
  if (get(map, 'import_role'))
    return section === 'handlers' ? refuse('an import of a role') : readImportRole(map, around, readTasks);
  if (get(map, 'meta')) return readMetaTask(map, around);
  const task = readTask(map, around);
  return task ? [{ kind: 'task', task }] : [];
};

/** Tasks, blocks and imports as they stand in a list; imports are replaced by what they import. */
export const readTasks = (maps: readonly MapNode[], around: Surroundings): Sequence<TaskDraft> =>
  maps.flatMap((map) => readPart(map, around));
