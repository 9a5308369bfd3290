import type { DeclaredVariables } from './fields.ts';
import type { TaskDraft } from './surroundings.ts';
import type { Sequence } from '../types.ts';

/** Where variables come from that are further keys of a role's entry. */
export const parameterOrigin = 'parameters of a role';

/** A role with what it was given. */
export interface Role {
  readonly name: string;
  readonly folder: string;
  /** Name, place and all that it was given: equal keys are the same role. */
  readonly key: string;
  /** Keys of its entry that are no keywords. */
  readonly parameters: DeclaredVariables;
  /** `vars` of its entry. */
  readonly declared: DeclaredVariables;
  /** vars/main.yml. */
  readonly vars: DeclaredVariables;
  /** defaults/main.yml. */
  readonly defaults: DeclaredVariables;
  readonly dependencies: readonly Role[];
  readonly allowsDuplicates: boolean;
}

/** A role as its own tasks see it: what it is in comes after itself. The strongest layers come first. */
export interface RoleScope {
  readonly name: string;
  readonly folder: string;
  /** The roles that it was called by, the nearest first. */
  readonly parents: readonly Role[];
  readonly role: Role;
  readonly parameters: readonly DeclaredVariables[];
  readonly variables: readonly DeclaredVariables[];
  readonly defaults: readonly DeclaredVariables[];
}

/** The handlers of one role, as it was called. */
export interface RoleHandlers {
  readonly key: string;
  readonly read: () => Sequence<TaskDraft>;
}

/** The roles of a play, filled while it is read: those under `roles:`, and those that tasks import, in the order of reading. */
export interface PlayRoles {
  readonly named: Role[];
  readonly imported: Role[];
  /** Those of dependencies included; of the imported ones a list for each import. */
  readonly handlers: { readonly named: RoleHandlers[]; readonly imported: RoleHandlers[][] };
}

export const createPlayRoles = (): PlayRoles => ({ named: [], imported: [], handlers: { named: [], imported: [] } });

/**
 * The handlers of a play: of the named roles, its own, of the imported roles. Those of a role that is called several times are
 * the same ones each time: as it was imported last, or else named first. Rule: Ansible's playbook/play.py
 * (compile_roles_handlers), role_include.py, where imports are compiled before the roles.
 */
export const joinHandlers = ({ handlers }: PlayRoles, own: Sequence<TaskDraft>): Sequence<TaskDraft> => {
  const read = new Map<string, Sequence<TaskDraft>>();
  for (const one of [...handlers.imported.toReversed().flat(), ...handlers.named])
    if (!read.has(one.key)) read.set(one.key, one.read());
  const take = (all: readonly RoleHandlers[]): Sequence<TaskDraft> => all.flatMap(({ key }) => read.get(key)!);
  return [...take(handlers.named), ...own, ...take(handlers.imported.flat())];
};

const filled = (layers: readonly DeclaredVariables[]): readonly DeclaredVariables[] =>
  layers.filter(({ variables }) => variables.size > 0);

/** What a role's vars are to others: its own, then those of its dependencies, of which the last is the strongest. */
const varsOf = ({ vars, declared, dependencies }: Role): readonly DeclaredVariables[] => [
  vars,
  declared,
  ...dependencies.toReversed().flatMap(varsOf),
];

const defaultsOf = ({ defaults, dependencies }: Role): readonly DeclaredVariables[] => [
  defaults,
  ...dependencies.toReversed().flatMap(defaultsOf),
];

/**
 * What the tasks of a role see. Rule: Ansible's playbook/role/__init__.py (get_vars, get_default_vars, get_role_params), 2.14:
 * a role's vars are above those of its dependencies, and these above those of its parents; defaults of parents are above
 * those of dependencies.
 */
export const scopeOf = (role: Role, parents: readonly Role[]): RoleScope => ({
  name: role.name,
  folder: role.folder,
  parents,
  role,
  parameters: filled([role, ...parents].map(({ parameters }) => parameters)),
  variables: filled([...varsOf(role), ...parents.flatMap(({ vars, declared }) => [vars, declared])]),
  defaults: filled([
    role.defaults,
    ...parents.map(({ defaults }) => defaults),
    ...role.dependencies.toReversed().flatMap(defaultsOf),
  ]),
});

/** What every task of a play sees of its roles: the last role is the strongest. */
export const layersOfAll = ({ named, imported }: PlayRoles) => {
  const roles = [...named, ...imported].toReversed();
  return { variables: filled(roles.flatMap(varsOf)), defaults: filled(roles.flatMap(defaultsOf)) };
};
