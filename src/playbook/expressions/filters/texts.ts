import { badValue, isList, isSomeMap, mapOf, typeName } from '../data.ts';
import { format } from '../format.ts';
import { plainMap, text } from '../spelling.ts';
import { capitalize, center, lines, quoteWord, replace, split, strip } from '../text.ts';
import { comment } from './comment.ts';
import { filter } from './filter.ts';
import type { Datum } from '../data.ts';
import type { Given, Tools } from '../given.ts';
import type { NamedFilter } from './filter.ts';

const textOr = (given: Given, name: string): string | undefined =>
  given.get(name) === null ? undefined : given.text(name, '');

/** Words begin after white space, hyphens and opening brackets. Rule: Jinja's do_title. */
const title = (source: string): string =>
  source
    .split(/([-\s({[<]+)/)
    .map((part) => capitalize(part))
    .join('');

/** Rule: Jinja's do_indent: blank lines and the first stay as they are unless asked for. */
const indent = filter('width? first? blank?', (value, given, { budget }) => {
  if (typeof value !== 'string') throw badValue(`indent works on texts, not on ${typeName(value)}`);
  const source = text(value, budget);
  const width = given.has('width') ? given.get('width') : 4;
  if (typeof width === 'number') budget.spendText(width);
  const space = typeof width === 'string' ? width : ' '.repeat(Math.max(0, given.integer('width', 4)));
  const all = lines(`${source}\n`);
  budget.spendText(space.length * all.length + source.length);
  const indented = all.map((line, index) => {
    const isIndented = index === 0 ? given.flag('first') : line !== '' || given.flag('blank');
    return isIndented ? space + line : line;
  });
  return indented.join('\n');
});

const truncate = filter('length? killwords? end? leeway?', (value, given, { budget }) => {
  const characters = [...text(value, budget)];
  const length = given.integer('length', 255);
  const end = given.text('end', '...');
  const leeway = given.get('leeway') === null ? 5 : given.integer('leeway', 5);
  if (length < end.length) throw badValue(`truncate cannot cut to fewer than ${end.length} characters`);
  if (characters.length <= length + leeway) return characters.join('');
  const kept = characters.slice(0, length - end.length).join('');
  if (given.flag('killwords')) return kept + end;
  const space = kept.lastIndexOf(' ');
  return (space === -1 ? kept : kept.slice(0, space)) + end;
});

/** Rule: Python's urllib.parse.quote; in a query `/` is quoted and a space is `+`. */
const urlWord = (source: string, isQuery: boolean): string => {
  const word = encodeURIComponent(Buffer.from(source).toString()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return isQuery ? word.replaceAll('%20', '+') : word.replaceAll('%2F', '/');
};

const urlEncode = (value: Datum, _: Given, { budget }: Tools): Datum => {
  const pairs = isSomeMap(value)
    ? Object.entries(plainMap(value))
    : isList(value)
      ? value.map((pair) => {
          if (isList(pair) && pair.length === 2) return [text(pair[0]!, budget), pair[1]!] as const;
          throw badValue('urlencode takes a text, a map or a list of pairs');
        })
      : undefined;
  if (!pairs) return urlWord(text(value, budget), false);
  return pairs.map(([key, item]) => `${urlWord(key, true)}=${urlWord(text(item, budget), true)}`).join('&');
};

const urlDecode = (source: string): string => {
  try {
    return decodeURIComponent(source.replaceAll('+', ' '));
  } catch {
    throw badValue('this text is not URL-encoded');
  }
};

const applyFormat = filter('*', (value, given, { budget }) => {
  const pattern = text(value, budget);
  if (given.more.size > 0 && given.rest.length > 0) throw badValue('format takes arguments by position or by name');
  return format(pattern, given.more.size > 0 ? { map: mapOf(given.more) } : { tuple: given.rest }, budget);
});

/** Filters of texts. */
export const textFilters: readonly NamedFilter[] = [
  ['lower', filter('', (value, _, { budget }) => text(value, budget).toLowerCase())],
  ['upper', filter('', (value, _, { budget }) => text(value, budget).toUpperCase())],
  ['capitalize', filter('', (value, _, { budget }) => capitalize(text(value, budget)))],
  ['title', filter('', (value, _, { budget }) => title(text(value, budget)))],
  ['trim', filter('chars?', (value, given, { budget }) => strip(text(value, budget), textOr(given, 'chars')))],
  [
    'replace',
    filter('old new count?', (value, given, { budget }) =>
      replace(
        text(value, budget),
        text(given.get('old'), budget),
        text(given.get('new'), budget),
        given.get('count') === null ? -1 : given.integer('count', -1),
        budget,
      ),
    ),
  ],
  [
    'split',
    filter('sep? maxsplit?', (value, given, { budget }) => {
      if (typeof value !== 'string') throw badValue(`split works on strings, not on ${typeName(value)}`);
      return split(value, textOr(given, 'sep'), given.integer('maxsplit', -1), budget);
    }),
  ],
  ['format', applyFormat],
  ['indent', indent],
  [
    'center',
    filter('width?', (value, given, { budget }) =>
      center(text(value, budget), given.integer('width', 80), ' ', budget),
    ),
  ],
  ['truncate', truncate],
  ['wordcount', filter('', (value, _, { budget }) => (text(value, budget).match(/[\p{L}\p{N}_]+/gu) ?? []).length)],
  ['comment', comment],
  ['quote', filter('', (value, _, { budget }) => quoteWord(value === null ? '' : text(value, budget)))],
  ['urlencode', filter('', urlEncode)],
  ['urldecode', filter('', (value, _, { budget }) => urlDecode(text(value, budget)))],
];
