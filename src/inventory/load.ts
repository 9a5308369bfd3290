import { InputError } from '../diagnostics.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { Sources } from '../yaml/files.ts';
import { checkVariableName, connectionVariables, secretVariables } from './connection-names.ts';
import type { ConnectionProblem } from './connection-names.ts';
import { connectionSettings } from './connection.ts';
import { createDraft } from './draft.ts';
import type { Draft, DraftGroup, DraftHost } from './draft.ts';
import { settle } from './hierarchy.ts';
import { createPrecedence } from './precedence.ts';
import { readSource, sourceFolders } from './sources.ts';
import type { ConnectionSettings, Group, Host, Inventory, Value, Variable } from './types.ts';
import { variableWarnings } from './variables.ts';

/** Resolves the templates in a connection variable of a host. Throws InputError where it cannot. */
type Render = (value: Value, host: Omit<Host, 'connection'>) => Value;

export interface InventoryOptions {
  /** What `-i` names, in order: files, folders, lists of hosts with a comma. */
  readonly sources: readonly string[];
  /** `group_vars/` and `host_vars/` here win over those beside the inventory. */
  readonly playbookFolder?: string;
  /** `-e`: wins over everything. */
  readonly extraVars?: ReadonlyMap<string, Variable>;
  readonly files: Sources;
  /** Without it a template among the connection variables is an error. */
  readonly render?: Render;
}

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** Errors and warnings of all sources; with an error the inventory is what could be read. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every value that a variable of the host was given, lowest precedence first: the last is the winner. */
  readonly candidates: (host: string) => ReadonlyMap<string, readonly Variable[]>;
}

const isTemplate = (value: Value): boolean => typeof value === 'string' && /\{[{%]/.test(value);

const refuseTemplate: Render = () => {
  throw new InputError([
    { code: 'unrendered-template', severity: 'error', message: 'templates are not resolved here' },
  ]);
};

/** A problem at its variable's place. The line of a secret would be shown with it: its place is only named. */
const locate = ({ variable, severity, code, message, hint }: ConnectionProblem, { position }: Variable): Diagnostic => {
  const rest = { code, severity, ...(hint && { hint }) };
  return secretVariables.has(variable)
    ? { ...rest, message: `${message} (${position.file}:${position.line})` }
    : { ...rest, message, position };
};

/** The connection of one host; problems point to the variables they are about. */
const connect = (
  host: Omit<Host, 'connection'>,
  render: Render,
  report: (diagnostic: Diagnostic) => void,
): ConnectionSettings => {
  const values = new Map<string, Value>();
  for (const [name, variable] of host.variables) {
    if (!connectionVariables.has(name)) continue;
    const { value, position } = variable;
    if (!isTemplate(value)) {
      values.set(name, value);
      // A boolean means the same however it is spelled; the text of a secret is not shown.
      if (typeof value !== 'boolean' && !secretVariables.has(name)) variableWarnings(variable).forEach(report);
      continue;
    }
    try {
      values.set(name, render(value, host));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const diagnostic of error.diagnostics) report({ position, ...diagnostic });
    }
  }
  const { settings, problems } = connectionSettings(host.name, values);
  for (const problem of problems) report(locate(problem, host.variables.get(problem.variable)!));
  return settings;
};

const sameNames = (draft: Draft): readonly Diagnostic[] =>
  [...draft.hosts.values()]
    .filter(({ name }) => draft.groups.has(name))
    .map(({ name, position }) => ({
      code: 'same-name',
      severity: name === 'all' ? 'error' : 'warning',
      message: `"${name}" is a host and a group`,
      position,
      hint: name === 'all' ? 'all is every host' : 'in a pattern the name stands for the host',
    }));

/** What is wrong with the names of variables, each place once. */
const misnamed = (hosts: Iterable<Host>): readonly Diagnostic[] => {
  const places = new Map<Variable, string>();
  for (const host of hosts)
    for (const [name, variable] of host.variables) if (/^(?:ansible|perfplay)_/.test(name)) places.set(variable, name);
  const problems = new Map([...new Set(places.values())].map((name) => [name, checkVariableName(name)]));
  return [...places].flatMap(([variable, name]) => {
    const problem = problems.get(name);
    return problem ? [locate(problem, variable)] : [];
  });
};

/** Keeps the first of diagnostics that are alike: hosts share the variables of their groups. */
const deduplicate = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic])).values(),
];

const localhost = 'localhost';

/** What stands for a `localhost` that no source names. Rule: Ansible's inventory/data.py, _create_implicit_localhost. */
const implicitLocalhost: DraftHost = {
  name: localhost,
  position: { file: '(implicit)', line: 1, column: 1 },
  groups: new Set(),
  assignments: [],
};

/**
 * Reads inventories and the variables beside them and beside the playbook: hosts in the order of their first appearance,
 * variables by Ansible's precedence, connection settings validated. Never throws for bad input: it is in the diagnostics.
 */
export const loadInventory = ({
  sources,
  playbookFolder,
  extraVars = new Map(),
  files,
  render = refuseTemplate,
}: InventoryOptions): LoadedInventory => {
  const diagnostics: Diagnostic[] = [];
  const draft = createDraft();
  for (const source of sources) readSource(files, source, draft, diagnostics);
  const hierarchy = settle(draft, diagnostics);
  const folders = { inventory: sourceFolders(sources), playbook: playbookFolder };
  const precedence = createPrecedence(draft, hierarchy, folders, extraVars, files, diagnostics);

  const shared = new Map<readonly DraftGroup[], readonly string[]>();
  const namesOf = (groups: readonly DraftGroup[]): readonly string[] => {
    const known = shared.get(groups);
    if (known) return known;
    const names = groups.map(({ name }) => name).filter((name) => name !== 'ungrouped');
    shared.set(groups, names.sort());
    return names;
  };
  const bareHost = (drafted: DraftHost): Omit<Host, 'connection'> => ({
    name: drafted.name,
    groups: namesOf(hierarchy.groupsOf(drafted.groups)),
    variables: precedence.winners(drafted),
  });
  const host = (drafted: DraftHost): Host => {
    const bare = bareHost(drafted);
    return { ...bare, connection: connect(bare, render, (diagnostic) => diagnostics.push(diagnostic)) };
  };
  const hosts = new Map([...draft.hosts.values()].map((drafted) => [drafted.name, host(drafted)]));
  const implicit = new Map<string, Host>();
  if (!draft.hosts.has(localhost)) {
    const connection: ConnectionSettings = { connection: 'local', address: localhost, sshArguments: [] };
    implicit.set(localhost, { ...bareHost(implicitLocalhost), connection });
  }
  const groups = new Map<string, Group>(
    [...draft.groups.values()].map(({ name, children, hosts: members }) => [
      name,
      { name, children: [...children.keys()], hosts: [...members] },
    ]),
  );
  const problems = diagnostics.concat(misnamed(hosts.values()), sameNames(draft));

  return {
    inventory: { sources, hosts, groups, implicit },
    diagnostics: deduplicate(problems),
    candidates: (name) => {
      const drafted = draft.hosts.get(name);
      return drafted ? precedence.candidates(drafted) : new Map();
    },
  };
};
