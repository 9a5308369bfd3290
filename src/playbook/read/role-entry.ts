import { get } from '../../yaml/document.ts';
import { conditionsField, declare, noVariables, textField, variablesField, wordsField, wrongType } from './fields.ts';
import { handDown } from './inherited.ts';
import { checkKeys, roleKeywords } from './keywords.ts';
import { parameterOrigin } from './role.ts';
import type { Node } from '../../yaml/document.ts';
import type { DeclaredVariables, Word } from './fields.ts';
import type { Inherited } from './inherited.ts';
import type { RoleFiles } from './role-files.ts';
import type { Surroundings } from './surroundings.ts';

/** One occurrence of a role: what is asked for, and what its tasks take from where it stands. */
export interface RoleEntry {
  readonly name: Word;
  readonly inherited: Inherited;
  /** Its own tags and conditions. */
  readonly asked: { readonly tags: readonly string[]; readonly when: readonly string[] };
  readonly parameters: DeclaredVariables;
  readonly declared: DeclaredVariables;
  readonly files: RoleFiles;
  /** By import_role: it may run several times, unless that says otherwise. */
  readonly imported: { readonly allowsDuplicates: boolean } | undefined;
}

/** What makes a role the same as another. Rule: Ansible's playbook/role/__init__.py (Role.load). */
export const keyOf = ({ name, asked, parameters, declared, files, imported }: RoleEntry, folder: string): string => {
  const values = ({ variables }: DeclaredVariables) =>
    [...variables].map(([key, { value }]) => [key, value] as const).sort(([left], [right]) => (left < right ? -1 : 1));
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
    asked: { tags: [], when: [] },
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
    asked: {
      tags: wordsField(node, 'tags', problems, ',').map(({ text }) => text),
      when: conditionsField(node, 'when', problems).map(({ source }) => source),
    },
    declared: variablesField(node, 'vars of a role', problems),
    parameters: declare(parameters, parameterOrigin, problems),
  };
  const name = word && fixed(word);
  return name && { ...entry, name };
};
