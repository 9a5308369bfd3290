import { badValue, tupleOf } from '../data.ts';
import { expand, findMatches } from '../regex.ts';
import { text } from '../spelling.ts';
import { join } from '../text.ts';
import { filter } from './filter.ts';
import type { Given } from '../given.ts';
import type { NamedFilter } from './filter.ts';

const flags = (given: Given) => ({ ignoreCase: given.flag('ignorecase'), multiline: given.flag('multiline') });

const replace = filter('pattern replacement? ignorecase? multiline?', (value, given, { budget }) => {
  const source = text(value, budget);
  const replacement = given.text('replacement', '');
  let end = 0;
  const pieces = findMatches(given.text('pattern', ''), source, flags(given), budget, 'all').flatMap((match) => {
    const before = source.slice(end, match.index);
    end = match.index + match.text.length;
    const expanded = expand(replacement, match);
    budget.spendText(expanded.length);
    return [before, expanded];
  });
  return join([...pieces, source.slice(end)], '', budget);
});

const search = filter('pattern ignorecase? multiline? *', (value, given, { budget }) => {
  const groups = [given.get('ignorecase'), given.get('multiline'), ...given.rest].filter(
    (group) => typeof group === 'string',
  );
  const foreign = groups.find((group) => !/^\\(?:\d+|g<\w+>)$/.test(group));
  if (foreign !== undefined) throw badValue(`'${foreign}' names no group`, String.raw`write '\1' or '\g<name>'`);
  const isFlag = (name: string): boolean => typeof given.get(name) !== 'string' && given.flag(name);
  const [match] = findMatches(
    given.text('pattern', ''),
    text(value, budget),
    { ignoreCase: isFlag('ignorecase'), multiline: isFlag('multiline') },
    budget,
    'first',
  );
  if (!match) return null;
  return groups.length === 0 ? match.text : groups.map((group) => expand(group, match));
});

/** The whole matches, or their groups where the pattern has some. Rule: Python's re.findall. */
const findAll = filter('pattern multiline? ignorecase?', (value, given, { budget }) =>
  findMatches(given.text('pattern', ''), text(value, budget), flags(given), budget, 'all').map((match) => {
    const groups = match.groups.map((group) => group ?? '');
    if (groups.length === 0) return match.text;
    return groups.length === 1 ? groups[0]! : tupleOf(groups);
  }),
);

const escape = filter('re_type?', (value, given, { budget }) => {
  const source = text(value, budget);
  const kind = given.text('re_type', 'python');
  if (kind === 'python') return source.replaceAll(/[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, String.raw`\$&`);
  if (kind === 'posix_basic') return source.replaceAll(/[\].[^$*\\]/g, String.raw`\$&`);
  throw badValue(`patterns are escaped for python or posix_basic, not for '${kind}'`);
});

/** Filters with regular expressions, in Python's spelling. */
export const patternFilters: readonly NamedFilter[] = [
  ['regex_replace', replace],
  ['regex_search', search],
  ['regex_findall', findAll],
  ['regex_escape', escape],
];
