import { get } from '../../yaml/document.ts';
import { booleanField, choiceField, conditionsField, numberField, textField, wordsField, wrongType } from './fields.ts';
import { hasTemplate } from '../expressions/render.ts';
import type { MapNode, Node, ScalarNode } from '../../yaml/document.ts';
import type { DeclaredVariables, Word } from './fields.ts';
import type { Problems } from '../problems.ts';
import type { Task } from '../types.ts';

/** What a task takes from what it stands in: its play, roles, imports and blocks. */
export interface Inherited {
  readonly tags: readonly string[];
  /** The outermost first. */
  readonly conditions: readonly ScalarNode[];
  /** Of blocks and imports, the innermost first. */
  readonly variables: readonly DeclaredVariables[];
  /** Maps and templates of maps, the outermost first. */
  readonly environment: readonly Node[];
  readonly delegateTo: Node | undefined;
  readonly notify: readonly Word[];
  readonly become: boolean;
  readonly becomeUser: string;
  readonly ignoreErrors: boolean;
  readonly ignoreUnreachable: boolean;
  readonly anyErrorsFatal: boolean;
  readonly noLog: boolean;
  readonly runOnce: boolean;
  readonly timeout: number | undefined;
  readonly unsupported: Task['unsupported'];
  readonly apply: Task['apply'];
}

/** What holds where nothing is said. `become`: what the command line says. */
export const outermost = (become: boolean): Inherited => ({
  tags: [],
  conditions: [],
  variables: [],
  environment: [],
  delegateTo: undefined,
  notify: [],
  become,
  becomeUser: 'root',
  ignoreErrors: false,
  ignoreUnreachable: false,
  anyErrorsFatal: false,
  noLog: false,
  runOnce: false,
  timeout: undefined,
  unsupported: 'fail',
  apply: 'both',
});

const isText = (node: Node): node is ScalarNode => node.kind === 'scalar' && typeof node.value === 'string';

const readEnvironment = (map: MapNode, problems: Problems): readonly Node[] => {
  const node = get(map, 'environment');
  if (!node || (node.kind === 'scalar' && node.value === null)) return [];
  return (node.kind === 'sequence' ? node.items : [node]).filter((layer) => {
    const isLayer = layer.kind === 'map' || (isText(layer) && hasTemplate(layer.value));
    if (!isLayer) wrongType(problems, 'environment', 'a map of names and values', layer);
    return isLayer;
  });
};

const readDelegate = (map: MapNode, problems: Problems): Node | undefined =>
  textField(map, 'delegate_to', problems) && get(map, 'delegate_to');

/**
 * What the tasks in a play, role, import or block take from it, given what it takes itself: conditions, tags and environments
 * are added to the outer ones, the rest replaces them. Rule: Ansible's playbook/base.py, block.py (_get_parent_attribute).
 * `vars` are the caller's: whose they are decides how strong they are.
 */
export const handDown = (map: MapNode, outer: Inherited, problems: Problems): Inherited => {
  const timeout = numberField(map, 'timeout', 0, problems);
  const tags = wordsField(map, 'tags', problems, ',').map(({ text }) => text);
  const notify = wordsField(map, 'notify', problems);
  return {
    tags: [...new Set([...outer.tags, ...tags])],
    conditions: [...outer.conditions, ...conditionsField(map, 'when', problems)],
    variables: outer.variables,
    environment: [...outer.environment, ...readEnvironment(map, problems)],
    delegateTo: readDelegate(map, problems) ?? outer.delegateTo,
    notify: get(map, 'notify') ? notify : outer.notify,
    become: booleanField(map, 'become', problems) ?? outer.become,
    becomeUser: textField(map, 'become_user', problems)?.text ?? outer.becomeUser,
    ignoreErrors: booleanField(map, 'ignore_errors', problems) ?? outer.ignoreErrors,
    ignoreUnreachable: booleanField(map, 'ignore_unreachable', problems) ?? outer.ignoreUnreachable,
    anyErrorsFatal: booleanField(map, 'any_errors_fatal', problems) ?? outer.anyErrorsFatal,
    noLog: booleanField(map, 'no_log', problems) ?? outer.noLog,
    runOnce: booleanField(map, 'run_once', problems) ?? outer.runOnce,
    timeout: timeout === 0 ? undefined : (timeout ?? outer.timeout),
    unsupported: choiceField(map, 'unsupported', ['fail', 'warn', 'skip'], problems) ?? outer.unsupported,
    apply: choiceField(map, 'apply', ['both', 'running', 'boot'], problems) ?? outer.apply,
  };
};

/** The same with variables of an import or block over those it takes. */
export const withVariables = (inherited: Inherited, declared: DeclaredVariables): Inherited =>
  declared.variables.size === 0 ? inherited : { ...inherited, variables: [declared, ...inherited.variables] };

/** The environments of a task as one tree: a map where all are maps, else the list of them. */
export const environmentOf = (layers: readonly Node[]): Node | undefined => {
  const [first, ...more] = layers;
  if (!first || more.length === 0) return first;
  const maps = layers.filter((layer) => layer.kind === 'map');
  if (maps.length < layers.length) return { kind: 'sequence', items: layers, position: layers.at(-1)!.position };
  const entries = new Map(maps.flatMap((map) => map.entries.map((entry) => [entry.key, entry] as const)));
  return { kind: 'map', entries: [...entries.values()], position: maps.at(-1)!.position };
};
