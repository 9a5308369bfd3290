import { get, toValue } from '../../yaml/document.ts';
import { nearest } from '../../diagnostics.ts';
import { variableNameProblem } from './variable-names.ts';
import type { Position } from '../../diagnostics.ts';
import type { Variable } from '../../inventory/types.ts';
import type { Entry, MapNode, Node, ScalarNode } from '../../yaml/document.ts';
import type { Problems } from '../problems.ts';

/** A word of a playbook and where it stands. */
export interface Word {
  readonly text: string;
  readonly position: Position;
}

/** Readers of a play's or task's keys: each gives the value, or undefined after it has reported what is wrong. */

const kindOf = (node: Node): string => {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'sequence') return 'a list';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string'
    ? `the text ${JSON.stringify(node.value)}`
    : `the ${typeof node.value} ${node.value}`;
};

export const wrongType = (problems: Problems, key: string, wanted: string, node: Node, hint?: string): undefined => {
  problems.error('wrong-type', `'${key}' must be ${wanted}, not ${kindOf(node)}`, node.position, hint);
  return undefined;
};

const hasBraces = (value: unknown): boolean => typeof value === 'string' && value.includes('{{');

export const textField = (map: MapNode, key: string, problems: Problems): Word | undefined => {
  const node = get(map, key);
  if (!node) return undefined;
  if (node.kind === 'scalar' && node.value !== null && typeof node.value !== 'boolean' && node.source !== '')
    return { text: String(node.value), position: node.position };
  const hint = node.kind === 'scalar' && typeof node.value === 'boolean' ? `quote it: "${node.source}"` : undefined;
  return wrongType(problems, key, 'a text', node, hint);
};

export const booleanField = (map: MapNode, key: string, problems: Problems): boolean | undefined => {
  const node = get(map, key);
  if (!node) return undefined;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  const hint = node.kind === 'scalar' && hasBraces(node.value) ? 'templates do not work here' : undefined;
  return wrongType(problems, key, 'true or false', node, hint);
};

/** A number of at least `least`. */
export const numberField = (map: MapNode, key: string, least: number, problems: Problems): number | undefined => {
  const node = get(map, key);
  if (!node) return undefined;
  if (node.kind === 'scalar' && typeof node.value === 'number' && node.value >= least) return node.value;
  const hint = node.kind === 'scalar' && hasBraces(node.value) ? 'templates do not work here' : undefined;
  return wrongType(problems, key, `a number of ${least} or more`, node, hint);
};

/** A condition or a list of them, ANDed. */
export const conditionsField = (map: MapNode, key: string, problems: Problems): readonly ScalarNode[] => {
  const node = get(map, key);
  if (!node) return [];
  return (node.kind === 'sequence' ? node.items : [node]).filter((item): item is ScalarNode => {
    const isCondition = item.kind === 'scalar' && item.value !== null;
    if (!isCondition) wrongType(problems, key, 'a condition or a list of conditions', item);
    return isCondition;
  });
};

export const choiceField = <T extends string>(
  map: MapNode,
  key: string,
  choices: readonly T[],
  problems: Problems,
): T | undefined => {
  const field = textField(map, key, problems);
  if (!field) return undefined;
  const choice = choices.find((choice) => choice === field.text);
  if (choice !== undefined) return choice;
  const near = nearest(field.text, choices);
  const message = `'${key}' must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)!}, not '${field.text}'`;
  problems.error('not-allowed', message, field.position, near && `did you mean '${near}'?`);
  return undefined;
};

/** One word or a list of them, each with its place. `separator` cuts a single text into several. */
export const wordsField = (map: MapNode, key: string, problems: Problems, separator?: string): readonly Word[] => {
  const node = get(map, key);
  if (!node) return [];
  return (node.kind === 'sequence' ? node.items : [node]).flatMap((item) => {
    if (item.kind !== 'scalar' || item.value === null || typeof item.value === 'boolean') {
      wrongType(problems, key, 'a word or a list of words', item);
      return [];
    }
    const texts = separator === undefined ? [String(item.value)] : String(item.value).split(separator);
    return texts.map((text) => ({ text: text.trim(), position: item.position })).filter(({ text }) => text !== '');
  });
};

/** The entries of a list of maps. */
export const mapsField = (map: MapNode, key: string, problems: Problems): readonly MapNode[] => {
  const node = get(map, key);
  if (!node || (node.kind === 'scalar' && node.value === null)) return [];
  if (node.kind !== 'sequence') {
    wrongType(problems, key, 'a list', node);
    return [];
  }
  return node.items.filter((item): item is MapNode => {
    if (item.kind !== 'map')
      wrongType(problems, key, 'a list of maps', item, 'write each as "- name: …" with its keys below');
    return item.kind === 'map';
  });
};

export interface DeclaredVariables {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly nodes: ReadonlyMap<string, Node>;
}

export const noVariables: DeclaredVariables = { variables: new Map(), nodes: new Map() };

/** The entries of a map as variables; names that cannot be are reported and left out. */
export const declare = (entries: readonly Entry[], origin: string, problems: Problems): DeclaredVariables => {
  const good = entries.filter(({ key, keyPosition }) => {
    const wrong = variableNameProblem(key);
    if (wrong !== undefined) problems.error('bad-name', wrong, keyPosition);
    return wrong === undefined;
  });
  if (good.length === 0) return noVariables;
  return {
    variables: new Map(
      good.map(({ key, value }) => [key, { value: toValue(value), position: value.position, origin }]),
    ),
    nodes: new Map(good.map(({ key, value }) => [key, value])),
  };
};

/** Variables of several places as one; later ones win. */
export const mergeVariables = (layers: readonly DeclaredVariables[]): DeclaredVariables => ({
  variables: new Map(layers.flatMap(({ variables }) => [...variables])),
  nodes: new Map(layers.flatMap(({ nodes }) => [...nodes])),
});

/** `vars`: a map of names and values. */
export const variablesField = (map: MapNode, origin: string, problems: Problems): DeclaredVariables => {
  const node = get(map, 'vars');
  if (!node || (node.kind === 'scalar' && node.value === null)) return noVariables;
  if (node.kind === 'map') return declare(node.entries, origin, problems);
  return wrongType(problems, 'vars', 'a map of names and values', node) ?? noVariables;
};
