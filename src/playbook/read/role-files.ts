import path from 'node:path';
import { get } from '../../yaml/document.ts';
import { isFolder } from '../../yaml/files.ts';
import { booleanField, mergeVariables, noVariables, wrongType } from './fields.ts';
import { checkKeys, refuseUnknown } from './keywords.ts';
import { nameFolders, namesIn, nearestIn } from './find-files.ts';
import { variablesOf } from './variable-files.ts';
import type { Node } from '../../yaml/document.ts';
import type { DeclaredVariables, Word } from './fields.ts';
import type { Keywords } from './keywords.ts';
import type { ReadFile, Reading } from './reading.ts';

/** The files of a role other than main.yml, by folder: `tasks_from` and the like. */
export interface RoleFiles {
  readonly tasks?: Word;
  readonly vars?: Word;
  readonly defaults?: Word;
  readonly handlers?: Word;
}

const endings = ['.yml', '.yaml', '.json'];

/** The folders in which a role may lie, those of Ansible's playbook/role/definition.py. `beside`: of the role that depends on it. */
const searched = (playbookFolder: string, beside: string | undefined): readonly string[] => [
  path.join(playbookFolder, 'roles'),
  ...(beside === undefined ? [] : [path.dirname(beside)]),
  playbookFolder,
];

/** The folder of a role; undefined, and reported, where there is none. */
export const findRole = (
  name: Word,
  playbookFolder: string,
  beside: string | undefined,
  { problems }: Reading,
): string | undefined => {
  const folders = searched(playbookFolder, beside);
  const found = folders.map((folder) => join(folder, name.text)).find(isFolder);
  if (found !== undefined) return found;
  const ownFolder = path.join(folders[0]!, path.basename(name.text));
  problems.error(
    'missing-role',
    `the role '${name.text}' was not found in ${nameFolders(folders)}`,
    name.position,
    nearestIn(folders, name.text) ?? `roles are folders: put it into ${ownFolder}`,
  );
  return undefined;
};

const join = (folder: string, name: string): string => (path.isAbsolute(name) ? name : path.join(folder, name));

/**
 * One of a role's files: main, or the one that is named, with one of the usual endings. Undefined where it is not there, which
 * is an error for one that is named.
 */
export const openRoleFile = (
  folder: string,
  kind: keyof RoleFiles | 'meta',
  named: Word | undefined,
  reading: Reading,
): ReadFile | undefined => {
  const base = path.join(folder, kind, named?.text ?? 'main');
  const candidates = (named ? ['', ...endings] : [...endings, '']).map((ending) => base + ending);
  const found = reading.openFirst(
    candidates.filter((file) => !isFolder(file)),
    named?.position,
  );
  if (found === undefined && named)
    reading.problems.error(
      'missing-file',
      `${named.text} was not found in ${path.join(folder, kind)}`,
      named.position,
      nearestIn([path.join(folder, kind)], named.text),
    );
  return found === 'unusable' ? undefined : found;
};

/** The files of a folder that stands for one file of variables, folders in it included. */
const filesBelow = (folder: string): readonly string[] =>
  namesIn(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .map((name) => path.join(folder, name))
    .flatMap((file) => (isFolder(file) ? filesBelow(file) : endings.includes(path.extname(file)) ? [file] : []));

/** A role's defaults or vars: from a file, or from all files of a folder `main`. */
export const readRoleVariables = (
  folder: string,
  kind: 'vars' | 'defaults',
  named: Word | undefined,
  reading: Reading,
): DeclaredVariables => {
  const whole = path.join(folder, kind, named?.text ?? 'main');
  const isWhole =
    isFolder(whole) && !endings.some((ending) => namesIn(path.dirname(whole)).includes(path.basename(whole) + ending));
  if (isWhole) {
    const opened = filesBelow(whole).flatMap((file) => reading.open(file, undefined) ?? []);
    return mergeVariables(opened.map((file) => variablesOf(file, reading.problems)));
  }
  const opened = openRoleFile(folder, kind, named, reading);
  return opened ? variablesOf(opened, reading.problems) : noVariables;
};

const metaKeywords: Keywords = {
  what: "role's meta",
  known: new Set(['dependencies', 'allow_duplicates', 'galaxy_info', 'standalone']),
  foreign: new Map([
    ['argument_specs', 'write a task assert: {that: […]} at the head of its tasks'],
    ['collections', 'modules and roles have one word here; leave it out'],
  ]),
};

/** What meta/main.yml says: the roles that come before it, and whether it may run several times. */
export const readMeta = (
  folder: string,
  reading: Reading,
): { readonly dependencies: readonly Node[]; readonly allowsDuplicates: boolean } => {
  const { problems } = reading;
  const nothing = { dependencies: [], allowsDuplicates: false };
  for (const name of namesIn(path.join(folder, 'meta')).filter((one) => one.startsWith('argument_specs.')))
    problems.error(
      'not-supported',
      `a role's ${name} is not read here`,
      { file: path.join(folder, 'meta', name), line: 1, column: 1 },
      metaKeywords.foreign.get('argument_specs'),
    );
  const document = openRoleFile(folder, 'meta', undefined, reading)?.document;
  if (document === undefined || (document.kind === 'scalar' && document.value === null)) return nothing;
  if (document.kind !== 'map') return wrongType(problems, 'meta/main.yml', 'a map', document) ?? nothing;
  refuseUnknown(checkKeys(document, metaKeywords, problems), metaKeywords, problems);
  const list = get(document, 'dependencies');
  const isNothing = !list || (list.kind === 'scalar' && list.value === null);
  if (!isNothing && list.kind !== 'sequence') wrongType(problems, 'dependencies', 'a list of roles', list);
  return {
    dependencies: list?.kind === 'sequence' ? list.items : [],
    allowsDuplicates: booleanField(document, 'allow_duplicates', problems) ?? false,
  };
};
