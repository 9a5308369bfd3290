import path from 'node:path';
import { get } from '../../yaml/document.ts';
import { conditionsField, textField, variablesField, wordsField } from './fields.ts';
import { isCircle, openIn } from './find-files.ts';
import { checkKeys, importPlaybookKeywords, refuseUnknown } from './keywords.ts';
import { readPlay } from './play.ts';
import { mapsOf } from './reading.ts';
import type { MapNode } from '../../yaml/document.ts';
import type { PlayDefinition } from '../definitions.ts';
import type { ImportedBy } from './play.ts';
import type { ReadFile, Reading } from './reading.ts';

const hint = 'begin with "- name: …" and "hosts: …" below it';

interface PlaybookSetting {
  /** The default of `become`. */
  readonly become: boolean;
  readonly reading: Reading;
  /** The number of the next play. */
  readonly nextIndex: () => number;
}

const readPlaybook = (
  opened: ReadFile,
  files: readonly string[],
  importedBy: ImportedBy,
  setting: PlaybookSetting,
): readonly PlayDefinition[] => {
  const { file, document } = opened;
  const { reading, become, nextIndex } = setting;
  if (document === undefined || (document.kind === 'sequence' && document.items.length === 0))
    reading.problems.error(
      'empty-playbook',
      'a playbook is a list of plays; there is none here',
      document?.position ?? { file, line: 1, column: 1 },
      hint,
    );
  const chain = [...files, file];
  return mapsOf(opened, 'play', hint, reading.problems).flatMap((map) =>
    get(map, 'import_playbook')
      ? readImport(map, chain, importedBy, setting)
      : [readPlay(map, { index: nextIndex(), files: chain, importedBy, become, reading })],
  );
};

/** `import_playbook`: the plays of another file, with tags, conditions and variables over theirs. Relative to the importing file. */
const readImport = (
  map: MapNode,
  files: readonly string[],
  importedBy: ImportedBy,
  setting: PlaybookSetting,
): readonly PlayDefinition[] => {
  const { reading } = setting;
  const { problems } = reading;
  refuseUnknown(checkKeys(map, importPlaybookKeywords, problems), importPlaybookKeywords, problems);
  textField(map, 'name', problems);
  const tags = wordsField(map, 'tags', problems, ',').map(({ text }) => text);
  const inner: ImportedBy = {
    tags: [...new Set([...importedBy.tags, ...tags])],
    conditions: [...importedBy.conditions, ...conditionsField(map, 'when', problems)],
    declared: [variablesField(map, 'vars of import_playbook', problems), ...importedBy.declared],
  };
  const word = textField(map, 'import_playbook', problems);
  const name = word && reading.fixed(word, 'an imported playbook');
  if (name === undefined) return [];
  const opened = openIn([path.dirname(files.at(-1)!)], name, word!.position, reading);
  if (!opened || isCircle(opened, files, word!.position, problems)) return [];
  return readPlaybook(opened, files, inner, setting);
};

/** The plays of several playbooks, those that they import included, numbered in the order in which they run. */
export const readPlaybooks = (
  files: readonly string[],
  reading: Reading,
  become: boolean,
): readonly PlayDefinition[] => {
  let count = 0;
  const setting = { reading, become, nextIndex: () => count++ };
  const nothing: ImportedBy = { tags: [], conditions: [], declared: [] };
  return files.flatMap((file) => {
    const opened = reading.open(file, undefined);
    return opened ? readPlaybook(opened, [], nothing, setting) : [];
  });
};
