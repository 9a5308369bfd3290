import { get } from '../../yaml/document.ts';
import { textField, wrongType } from './fields.ts';
import { checkKeys, refuseUnknown } from './keywords.ts';
import { variableNameProblem } from './variable-names.ts';
import type { MapNode, Node } from '../../yaml/document.ts';
import type { Keywords } from './keywords.ts';
import type { Problems } from '../problems.ts';

const keywords: Keywords = {
  what: 'loop_control',
  known: new Set(['loop_var', 'index_var', 'label']),
  foreign: new Map([
    ['pause', 'items wait for nothing; a task with pause: waits'],
    ['extended', 'write index_var for the number of the turn; the length is the list | length'],
    ['extended_allitems', 'leave it out'],
    ['break_when', 'choose the items before: with | selectattr or when'],
  ]),
};

export interface LoopControl {
  readonly variable: string;
  readonly index: string | undefined;
  readonly label: Node | undefined;
}

/** `loop_control`: the name of the item, of its number, and what is shown of it. */
export const readLoopControl = (map: MapNode, problems: Problems): LoopControl => {
  const none = { variable: 'item', index: undefined, label: undefined };
  const node = get(map, 'loop_control');
  if (!node) return none;
  if (node.kind !== 'map') return wrongType(problems, 'loop_control', 'a map', node) ?? none;
  const isForeign = map.entries.some(({ key }) => key.startsWith('with_'));
  if (!get(map, 'loop') && !isForeign)
    problems.error('missing-key', "'loop_control' needs 'loop': the list to go through", node.position);
  refuseUnknown(checkKeys(node, keywords, problems), keywords, problems);
  const nameOf = (key: string): string | undefined => {
    const field = textField(node, key, problems);
    if (!field || field.text === 'item') return field?.text;
    const wrong = variableNameProblem(field.text);
    if (wrong !== undefined) problems.error('bad-name', wrong, field.position);
    return wrong === undefined ? field.text : undefined;
  };
  const label = get(node, 'label');
  return { variable: nameOf('loop_var') ?? 'item', index: nameOf('index_var'), label };
};
