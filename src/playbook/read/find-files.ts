import { readdirSync } from 'node:fs';
import path from 'node:path';
import { nearest } from '../../diagnostics.ts';
import { isFolder } from '../../yaml/files.ts';
import type { Position } from '../../diagnostics.ts';
import type { Problems } from '../problems.ts';
import type { ReadFile, Reading } from './reading.ts';

/** The names in a folder; none where it cannot be read. */
export const namesIn = (folder: string): readonly string[] => (isFolder(folder) ? readdirSync(folder).sort() : []);

/** A hint with the file that is nearest to the one that is missing in all of these folders; its name may have folders in it. */
export const nearestIn = (folders: readonly string[], name: string): string | undefined => {
  const within = path.dirname(name);
  const near = nearest(
    path.basename(name),
    folders.flatMap((folder) => namesIn(path.join(folder, within))),
  );
  return near === undefined ? undefined : `did you mean '${path.join(within, near)}'?`;
};

/** Folders as people read them in a message. */
export const nameFolders = (folders: readonly string[]): string => [...new Set(folders)].join(', ');

/** A file that stands in one of these folders, unless its path is absolute; undefined, and reported, where it cannot be used. */
export const openIn = (
  folders: readonly string[],
  name: string,
  position: Position,
  reading: Reading,
): ReadFile | undefined => {
  const [where, base] = path.isAbsolute(name) ? [[path.dirname(name)], path.basename(name)] : [folders, name];
  const opened = reading.openFirst([...new Set(where.map((folder) => path.join(folder, base)))], position);
  if (opened === undefined)
    reading.problems.error(
      'missing-file',
      `${name} was not found in ${nameFolders(where)}`,
      position,
      nearestIn(where, base),
    );
  return opened === 'unusable' ? undefined : opened;
};

/** Whether a file is among those that are being read: it would import itself. */
export const isBeingRead = (file: string, files: readonly string[]): boolean =>
  files.some((one) => path.resolve(one) === path.resolve(file));

/** Whether a file that is imported is being read already, which is reported. */
export const isCircle = (
  { file }: ReadFile,
  files: readonly string[],
  position: Position,
  problems: Problems,
): boolean => {
  if (!isBeingRead(file, files)) return false;
  const way = [...files, file].join(' → ');
  problems.error('import-circle', `files import one another in a circle: ${way}`, position);
  return true;
};

/**
 * Where the tasks of a file look for files and templates, in order: in their role and the roles that called it, beside the file
 * itself, beside the playbook. Rule: Ansible's playbook/base.py (get_search_path).
 */
export const foldersFor = (
  file: string,
  roles: readonly { readonly folder: string }[],
  playbookFolder: string,
): readonly string[] => [...new Set([...roles.map(({ folder }) => folder), path.dirname(file), playbookFolder])];
