import path from 'node:path';
import { get } from '../../yaml/document.ts';
import { declare, noVariables, wrongType } from './fields.ts';
import { nameFolders, nearestIn } from './find-files.ts';
import type { MapNode, Node } from '../../yaml/document.ts';
import type { DeclaredVariables, Word } from './fields.ts';
import type { ReadFile, Reading } from './reading.ts';
import type { Problems } from '../problems.ts';

/** The variables of a file that is a map of them. */
export const variablesOf = ({ file, document }: ReadFile, problems: Problems): DeclaredVariables => {
  if (document === undefined || (document.kind === 'scalar' && document.value === null)) return noVariables;
  if (document.kind === 'map') return declare(document.entries, file, problems);
  const kind = document.kind === 'sequence' ? 'a list' : 'a single value';
  problems.error('wrong-type', `a file of variables is a map of names and values; this is ${kind}`, document.position);
  return noVariables;
};

const textOf = (node: Node, problems: Problems): Word | undefined => {
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '')
    return { text: node.value, position: node.position };
  return wrongType(problems, 'vars_files', 'a list of files, where a list in it means the first that exists', node);
};

/**
 * `vars_files`: later files win; of a list in the list the first file that exists is taken. Relative to the playbook's folder, or
 * to `vars` in it. Rule: Ansible's vars/manager.py, parsing/dataloader.py (path_dwim_relative_stack).
 */
export const readVariableFiles = (map: MapNode, folder: string, reading: Reading): readonly DeclaredVariables[] => {
  const { problems } = reading;
  const node = get(map, 'vars_files');
  if (!node || (node.kind === 'scalar' && node.value === null)) return [];
  return (node.kind === 'sequence' ? node.items : [node]).flatMap((item) => {
    const choices = (item.kind === 'sequence' ? item.items : [item]).flatMap((one) => textOf(one, problems) ?? []);
    const names = choices.flatMap((choice) => reading.fixed(choice, "a file of 'vars_files'") ?? []);
    if (names.length < choices.length || names.length === 0) return [];
    const folders = [path.join(folder, 'vars'), folder];
    const candidates = names.flatMap((name) =>
      path.isAbsolute(name) ? [name] : folders.map((one) => path.join(one, name)),
    );
    const found = reading.openFirst(candidates, item.position);
    if (found === undefined)
      problems.error(
        'missing-file',
        `${names.join(' and ')} ${names.length > 1 ? 'were' : 'was'} not found in ${nameFolders(folders)}`,
        item.position,
        nearestIn(folders, names[0]!),
      );
    return found === undefined || found === 'unusable' ? [] : [variablesOf(found, problems)];
  });
};
