import { ExpressionError } from './expressions/errors.ts';
import { conditionExpression, templateParts } from './expressions/template.ts';
import { placeIn } from './places.ts';
import type { Node, ScalarNode } from '../yaml/document.ts';
import type { TaskDefinition } from './definitions.ts';
import type { Problems } from './problems.ts';

const report = (node: ScalarNode, parse: () => unknown, problems: Problems): boolean => {
  try {
    parse();
    return true;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    problems.error(error.code, error.message, placeIn(node, error.offset, error.length), error.hint);
    return false;
  }
};

/** Reports every malformed template in a tree; true where there is none. */
export const checkTemplates = (node: Node, problems: Problems): boolean => {
  if (node.kind === 'scalar') {
    const { value } = node;
    return typeof value !== 'string' || report(node, () => templateParts(value), problems);
  }
  const children = node.kind === 'sequence' ? node.items : node.entries.map(({ value }) => value);
  return children.map((child) => checkTemplates(child, problems)).every(Boolean);
};

const checkTemplateKeys = (node: Node, problems: Problems): void => {
  if (node.kind === 'sequence') for (const item of node.items) checkTemplateKeys(item, problems);
  if (node.kind !== 'map') return;
  for (const { key, keyPosition, value } of node.entries) {
    if (key.includes('{{'))
      problems.error('template-key', 'a key is taken as it is: templates work in values only', keyPosition);
    checkTemplateKeys(value, problems);
  }
};

/** Reports what is malformed in a task's own texts, before any host is looked at; false where it cannot be bound. */
export const checkTaskTexts = (
  { task, params, conditions, loop, declared, notify }: TaskDefinition,
  problems: Problems,
): boolean => {
  checkTemplateKeys(params, problems);
  for (const { text, position } of notify)
    if (text.includes('{{'))
      problems.error('not-supported', "a handler's name is no template here", position, 'write the name itself');
  const trees: readonly Node[] = [params, ...(loop ? [loop] : []), ...declared.nodes.values()];
  const isGood = [
    ...trees.map((node) => checkTemplates(node, problems)),
    ...conditions.map((node, index) => report(node, () => conditionExpression(task.when[index]!.text), problems)),
  ];
  return isGood.every(Boolean);
};

/** `vars` of a play. */
export const checkVariables = (nodes: ReadonlyMap<string, Node>, problems: Problems): boolean =>
  [...nodes.values()].map((node) => checkTemplates(node, problems)).every(Boolean);
