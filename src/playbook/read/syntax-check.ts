import { ExpressionError } from '../expressions/errors.ts';
import { parseCondition, parseTemplate } from '../expressions/template.ts';
import { placeIn } from '../bind/places.ts';
import { textsOf } from '../bind/texts.ts';
import type { Node, ScalarNode } from '../../yaml/document.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { Problems } from '../problems.ts';

const check = (node: ScalarNode, parse: () => unknown, problems: Problems): void => {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    problems.error(error.code, error.message, placeIn(node, error.offset, error.length), error.hint);
  }
};

/** Reports every malformed template in a tree. */
const checkTemplates = (node: Node, problems: Problems): void => {
  if (node.kind === 'sequence') for (const item of node.items) checkTemplates(item, problems);
  else if (node.kind === 'map') for (const { value } of node.entries) checkTemplates(value, problems);
  else if (typeof node.value === 'string') check(node, () => parseTemplate(node.source), problems);
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

/** Reports what is malformed in a task's own texts, whether or not a host comes to them. */
export const checkTaskTexts = (definition: TaskDefinition, problems: Problems): void => {
  const { name, params, notify } = definition;
  checkTemplateKeys(params, problems);
  for (const { text, position } of notify)
    if (text.includes('{{'))
      problems.error('not-supported', "a handler's name is no template here", position, 'write the name itself');
  if (name) checkTemplates(name, problems);
  for (const { kind, text, node } of Object.values(textsOf(definition)).flat())
    check(node, () => (kind === 'template' ? parseTemplate(text) : parseCondition(text)), problems);
};

/** The same for `vars`. */
export const checkVariables = (nodes: ReadonlyMap<string, Node>, problems: Problems): void => {
  for (const node of nodes.values()) checkTemplates(node, problems);
};
