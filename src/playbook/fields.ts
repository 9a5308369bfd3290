import { get, toValue } from '../yaml/document.ts';
import { nearest } from '../diagnostics.ts';
import { variableNameProblem } from './variable-names.ts';
import type { Position } from '../diagnostics.ts';
import type { Variable } from '../inventory/types.ts';
import type { MapNode, Node } from '../yaml/document.ts';
import type { Problems } from './problems.ts';

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

export const textField = (
  map: MapNode,
  key: string,
  problems: Problems,
): { text: string; position: Position } | undefined => {
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
  return wrongType(problems, key, 'true or false', node);
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
export const wordsField = (
  map: MapNode,
  key: string,
  problems: Problems,
  separator?: string,
): readonly { readonly text: string; readonly position: Position }[] => {
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

/** `vars`: a map of names and values. */
export const variablesField = (map: MapNode, origin: string, problems: Problems): DeclaredVariables => {
  const node = get(map, 'vars');
  const none = { variables: new Map(), nodes: new Map() };
  if (!node || (node.kind === 'scalar' && node.value === null)) return none;
  if (node.kind !== 'map') return wrongType(problems, 'vars', 'a map of names and values', node) ?? none;
  const good = node.entries.filter(({ key, keyPosition }) => {
    const wrong = variableNameProblem(key);
    if (wrong !== undefined) problems.error('bad-name', wrong, keyPosition);
    return wrong === undefined;
  });
  return {
    variables: new Map(
      good.map(({ key, value }) => [key, { value: toValue(value), position: value.position, origin }]),
    ),
    nodes: new Map(good.map(({ key, value }) => [key, value])),
  };
};
