import { ExpressionError } from './errors.ts';
import { filters } from './filters.ts';
import { misuse } from './given.ts';
import { tests } from './tests.ts';
import { walk } from './walk.ts';
import { nearest } from '../../diagnostics.ts';
import type { Expression } from './syntax.ts';

/** Throws where an expression names a filter or test that does not exist, or gives it arguments that it does not take. */
export const checkNames = (expression: Expression): void => {
  walk(expression, (node) => {
    if (node.kind !== 'filter' && node.kind !== 'test') return;
    const { kind, name, offset } = node;
    const table = kind === 'filter' ? filters : tests;
    const found = table.get(name);
    const place = { offset, length: name.length };
    if (!found) {
      const near = nearest(name, table.keys());
      const hint = near === undefined ? `there are ${[...table.keys()].join(', ')}` : `did you mean '${near}'?`;
      throw new ExpressionError(`unknown-${kind}`, `there is no ${kind} '${name}'`, { ...place, hint });
    }
    const { positional, named } = node.arguments;
    const wrong = misuse(
      `${kind} ${name}`,
      found.signature,
      positional.length,
      named.map(([key]) => key),
    );
    if (wrong !== undefined) throw new ExpressionError('bad-expression', `the ${wrong}`, place);
  });
};
