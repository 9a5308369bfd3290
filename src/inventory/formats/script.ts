import type { Diagnostic, Position } from '../../diagnostics.ts';
import { get } from '../../yaml/nodes.ts';
import type { Entry, MapNode, Node } from '../../yaml/nodes.ts';
import { addChild, addGroup, addGroupVariable, addHost } from '../draft.ts';
import type { Draft, DraftGroup } from '../draft.ts';
import { variableOf } from '../variables.ts';
import { callScript, defaultLimits } from './script-call.ts';
import type { ScriptLimits } from './script-call.ts';

const sections = ['hosts', 'vars', 'children'];

/**
 * Runs an executable inventory (`--list`, and `--host NAME` for each host where `_meta.hostvars` is missing) and reads what it
 * prints into the draft. Throws InputError where it fails. Rule: Ansible's plugins/inventory/script.py.
 */
export const readScriptInventory = (
  file: string,
  draft: Draft,
  diagnostics: Diagnostic[],
  limits: ScriptLimits = defaultLimits,
): void => {
  const position: Position = { file, line: 1, column: 1 };
  const problem = (message: string): void => {
    diagnostics.push({ code: 'script-output', severity: 'error', message: `${file} --list: ${message}`, position });
  };

  const entriesOf = (node: Node, what: string): readonly Entry[] => {
    if (node.kind === 'map') return node.entries;
    problem(`${what} must be a map`);
    return [];
  };
  const namesOf = (node: Node, what: string): readonly string[] => {
    const items = node.kind === 'sequence' ? node.items : [];
    const names = items.flatMap((item) => (item.kind === 'scalar' && typeof item.value === 'string' ? item.value : []));
    if (node.kind !== 'sequence' || names.length < items.length || names.includes(''))
      problem(`${what} must be a list of names`);
    return names.filter(Boolean);
  };

  const members = new Set<string>();
  const addMember = (group: DraftGroup, name: string): void => {
    members.add(name);
    addHost(draft, group, name, position);
  };
  const addVariables = (group: DraftGroup, entries: readonly Entry[]): void => {
    for (const { key, value } of entries) {
      const wrong = addGroupVariable(group, key, variableOf(value, `group ${group.name}`));
      if (wrong) diagnostics.push(wrong);
    }
  };

  const readSections = (group: DraftGroup, map: MapNode): void => {
    const [hosts, vars, children] = sections.map((section) => get(map, section));
    if (hosts) for (const name of namesOf(hosts, `the hosts of group ${group.name}`)) addMember(group, name);
    if (vars) addVariables(group, entriesOf(vars, `the vars of group ${group.name}`));
    for (const child of children ? namesOf(children, `the children of group ${group.name}`) : []) {
      addGroup(draft, child);
      addChild(group, child, position);
    }
  };
  const readGroup = ({ key, value }: Entry): void => {
    if (key === '') return problem('a group needs a name');
    const group = addGroup(draft, key);
    if (value.kind !== 'map') {
      for (const name of namesOf(value, `the hosts of group ${key}`)) addMember(group, name);
      return undefined;
    }
    if (sections.some((section) => get(value, section))) return readSections(group, value);
    // A map without sections is a host by itself with its variables.
    addMember(group, key);
    return addVariables(group, value.entries);
  };

  const list = callScript(position, ['--list'], limits);
  diagnostics.push(...list.diagnostics);
  if (list.said !== '')
    diagnostics.push({ code: 'script-said', severity: 'warning', message: `${file} says: ${list.said}`, position });
  for (const entry of list.map.entries) if (entry.key !== '_meta') readGroup(entry);

  const meta = get(list.map, '_meta');
  const hostvars = meta?.kind === 'map' ? get(meta, 'hostvars') : undefined;
  const known = new Map(hostvars && entriesOf(hostvars, '_meta.hostvars').map(({ key, value }) => [key, value]));
  const ask = (name: string): Node => {
    const { map, diagnostics: found } = callScript(position, ['--host', name], limits);
    diagnostics.push(...found);
    return map;
  };
  for (const name of members) {
    const variables = hostvars ? known.get(name) : ask(name);
    for (const { key, value } of variables ? entriesOf(variables, `the variables of host ${name}`) : [])
      draft.hosts.get(name)!.assignments.push([key, variableOf(value, 'host')]);
  }
};
