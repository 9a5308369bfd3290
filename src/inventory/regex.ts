import { runInNewContext } from 'node:vm';

/** Longer than any honest expression needs for a whole inventory, in milliseconds. */
const patience = 1000;

const script = `
  const expression = new RegExp('^(?:' + source + ')');
  names.filter((name) => expression.test(name));
`;

/**
 * The names in which a regular expression matches from the start, as Python's `re.match`; or why it cannot be used.
 * An expression that takes too long is stopped.
 */
export const matchRegex = (
  source: string,
  names: readonly string[],
): readonly string[] | { readonly problem: string } => {
  if (/\\[AZ]|\(\?[PaiLmsux]/.test(source))
    return { problem: 'uses Python syntax: write ^ and $, no flags, and (?<name>…)' };
  try {
    new RegExp(`^(?:${source})`);
    return [...runInNewContext(script, { source, names }, { timeout: patience })];
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error.message };
    return { problem: 'takes too long: simplify its repetitions' };
  }
};
