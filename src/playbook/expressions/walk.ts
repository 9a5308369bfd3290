import type { Arguments, Expression } from './syntax.ts';

const argumentsOf = ({ positional, named, spread, spreadNamed }: Arguments): readonly Expression[] => [
  ...positional,
  ...named.map(([, value]) => value),
  ...[spread, spreadNamed].filter((one) => one !== undefined),
];

/** The expressions directly inside one, in the order in which they are written. */
export const children = (node: Expression): readonly Expression[] => {
  switch (node.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'list':
    case 'tuple':
      return node.items;
    case 'map':
      return node.entries.flat();
    case 'member':
      return [node.object, node.key];
    case 'slice':
      return [node.object, node.start, node.stop, node.step].filter((part) => part !== undefined);
    case 'method':
      return [node.object, ...argumentsOf(node.arguments)];
    case 'call':
      return argumentsOf(node.arguments);
    case 'sign':
    case 'not':
      return [node.operand];
    case 'logic':
    case 'arithmetic':
      return [node.left, node.right];
    case 'comparison':
      return [node.first, ...node.rest.map(({ operand }) => operand)];
    case 'filter':
    case 'test':
      return [node.operand, ...argumentsOf(node.arguments)];
    case 'choice':
      return [node.yes, node.condition, ...(node.no ? [node.no] : [])];
  }
};

/** Visits an expression and all inside it, outermost first. */
export const walk = (node: Expression, visit: (node: Expression) => void): void => {
  visit(node);
  for (const child of children(node)) walk(child, visit);
};
