import { runInNewContext } from 'node:vm';
import { fromPython, RegexSyntaxError } from './regex-syntax.ts';

/** Longer than any honest expression needs for a whole inventory, in milliseconds. */
const patience = 1000;

const script = `
  const expression = new RegExp('^(?:' + source + ')', flags);
  names.filter((name) => expression.test(name));
`;

/**
 * The names in which a Python regular expression matches from the start, as `re.match`; or why it cannot be used.
 * An expression that takes too long is stopped.
 */
export const matchRegex = (
  expression: string,
  names: readonly string[],
): readonly string[] | { readonly problem: string } => {
  try {
    const { source, flags } = fromPython(expression);
    new RegExp(`^(?:${source})`, flags);
    return [...runInNewContext(script, { source, flags, names }, { timeout: patience })];
  } catch (error) {
    if (error instanceof RegexSyntaxError) return { problem: error.message };
    if (error instanceof SyntaxError) return { problem: `is wrong: ${error.message.split(': ').at(-1)}` };
    return { problem: 'takes too long: simplify its repetitions' };
  }
};
