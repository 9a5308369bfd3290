import type { DiagnosticCode } from '../../diagnostics.ts';
import { nearest } from '../../diagnostics.ts';
import type { Diagnostic, Position } from '../../diagnostics.ts';
import { get } from '../../yaml/document.ts';
import type { Entry, MapNode, Node } from '../../yaml/document.ts';
import { addChild, addGroup, addGroupVariable, addHosts } from '../draft.ts';
import type { Assignment, Draft, DraftGroup } from '../draft.ts';
import { expandHostNames } from '../host-names.ts';
import { variableOf } from '../variables.ts';

const sections = ['hosts', 'children', 'vars'];

/**
 * Ansible's YAML inventory: a map of groups, each with `hosts`, `children` and `vars`, in the order in which they stand.
 * Rule: Ansible's plugins/inventory/yaml.py; what it skips with a warning is an error here.
 */
export const readYamlInventory = (top: MapNode, draft: Draft, diagnostics: Diagnostic[]): void => {
  const problem = (code: DiagnosticCode, message: string, position: Position, hint?: string): void => {
    diagnostics.push({ code, severity: 'error', message, position, ...(hint && { hint }) });
  };
  const isNull = (node: Node): boolean => node.kind === 'scalar' && node.value === null;

  /** The entries of a map that may be left empty. */
  const entriesOf = (node: Node, what: string, hint?: string): readonly Entry[] => {
    if (node.kind === 'map') return node.entries;
    if (!isNull(node)) problem('wrong-type', `${what} must be a map`, node.position, hint);
    return [];
  };
  /** As `entriesOf`, and a single name stands for itself. */
  const namesOf = (node: Node, what: string): readonly Entry[] =>
    node.kind === 'scalar' && typeof node.value === 'string'
      ? [{ key: node.value, keyPosition: node.position, value: { ...node, value: null, source: '' } }]
      : entriesOf(node, what, 'write each name as a key, with a colon behind it and no dash before it');

  const readHosts = (node: Node, group: DraftGroup): void => {
    for (const { key, keyPosition, value } of namesOf(node, 'hosts')) {
      const expanded = expandHostNames(key);
      const assignments = entriesOf(value, `the variables of host ${key}`).map((entry): Assignment => [
        entry.key,
        variableOf(entry.value, 'host'),
      ]);
      if ('problem' in expanded) {
        problem('bad-host-name', expanded.problem, keyPosition, expanded.hint);
        continue;
      }
      addHosts(draft, group, expanded, keyPosition, assignments);
    }
  };

  const readVariables = (node: Node, group: DraftGroup): void => {
    for (const { key, value } of entriesOf(node, `the vars of group ${group.name}`)) {
      const wrong = addGroupVariable(group, key, variableOf(value, `group ${group.name}`));
      if (wrong) diagnostics.push(wrong);
    }
  };

  const readChildren = (node: Node, group: DraftGroup): void => {
    for (const entry of namesOf(node, 'children')) {
      readGroup(entry);
      if (entry.key === 'all') problem('group-cycle', 'all holds every group and cannot be a child', entry.keyPosition);
      else addChild(group, entry.key, entry.keyPosition);
    }
  };

  const readGroup = ({ key, keyPosition, value }: Entry): void => {
    if (key === '') return problem('bad-group-name', 'a group needs a name', keyPosition);
    const group = addGroup(draft, key);
    for (const section of entriesOf(value, `group ${key}`, 'a group holds hosts, children and vars')) {
      if (section.key === 'hosts') readHosts(section.value, group);
      else if (section.key === 'children') readChildren(section.value, group);
      else if (section.key === 'vars') readVariables(section.value, group);
      else {
        const near = nearest(section.key, sections);
        const hint = near ? `did you mean ${near}?` : `a child group goes under children, a variable under vars`;
        problem(
          'unknown-key',
          `a group holds hosts, children and vars, not "${section.key}"`,
          section.keyPosition,
          hint,
        );
      }
    }
  };

  const plugin = get(top, 'plugin');
  if (plugin?.kind === 'scalar')
    return problem(
      'unsupported-inventory',
      `inventory plugins (${plugin.source}) are not supported`,
      plugin.position,
      'give the output of ansible-inventory --list --yaml as a file',
    );
  for (const entry of top.entries) readGroup(entry);
};
