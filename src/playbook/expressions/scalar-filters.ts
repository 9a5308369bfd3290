import { badValue, float, Float, isFloat, numeric, truthy, typeName, Undefined } from './data.ts';
import { filter } from './filter.ts';
import { expand, findMatches } from './regex.ts';
import { text } from './spelling.ts';
import { join, quoteWord, replace, split, strip } from './text.ts';
import type { Datum } from './data.ts';
import type { Filter } from './filter.ts';
import type { Given } from './given.ts';

/** `default`: for what is undefined, and with a second argument for what is empty or false as well. */
const otherwise: Filter = {
  ...filter('default_value? boolean?', (value, given) => {
    const isUnset = value instanceof Undefined || (given.flag('boolean') && !truthy(value));
    if (!isUnset) return value;
    return given.has('default_value') ? given.get('default_value') : '';
  }),
  takesUndefined: true,
};

const yes = new Set(['yes', 'on', '1', 'true']);

const toInteger = (value: Datum, given: Given): Datum => {
  const fallback = given.has('default') ? given.get('default') : 0;
  const number = numeric(value);
  if (number !== undefined) return Math.trunc(number);
  if (typeof value !== 'string') return fallback;
  const base = given.integer('base', 10);
  const trimmed = value.trim().replaceAll(/(?<=\w)_(?=\w)/g, '');
  const digits = trimmed.replace(/^([+-]?)0[xob]/i, '$1');
  if (base === 10 && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return safe(Math.trunc(Number(trimmed)));
  const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, Math.max(2, Math.min(36, base)));
  if (base !== 10 && new RegExp(`^[+-]?[${alphabet}]+$`, 'i').test(digits)) return safe(Number.parseInt(digits, base));
  return fallback;
};
const safe = (value: number): number => {
  if (!Number.isSafeInteger(value)) throw badValue('this number is too large to be exact', 'integers end at 2 ** 53');
  return value;
};

const toFloat = (value: Datum, given: Given): Datum => {
  const number =
    numeric(value) ??
    (typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)
      ? Number(value)
      : undefined);
  if (number !== undefined) return float(number);
  return given.has('default') ? given.get('default') : new Float(0);
};

/** Halves go to the even neighbour, judged on the exact binary value, as Python rounds. */
const roundHalfEven = (value: number, digits: number): number => {
  if (digits < 0) return roundHalfEven(value / 10 ** -digits, 0) * 10 ** -digits;
  const rounded = Number(Math.abs(value).toFixed(digits));
  const [, fraction = ''] = Math.abs(value)
    .toFixed(Math.min(100, digits + 60))
    .split('.');
  const isTie = /^50*$/.test(fraction.slice(digits));
  const unit = 10 ** -digits;
  const isOdd = Math.round(rounded / unit) % 2 === 1;
  const result = isTie && isOdd ? Number((rounded - unit).toFixed(digits)) : rounded;
  return value < 0 ? -result : result;
};

const round = (value: Datum, given: Given): Datum => {
  const number = numeric(value);
  if (number === undefined)
    throw badValue(`round works on numbers, not on ${typeName(value)}`, 'turn the text into a number with | float');
  const digits = Math.max(-15, Math.min(15, given.integer('precision', 0)));
  const method = given.text('method', 'common');
  if (!['common', 'ceil', 'floor'].includes(method))
    throw badValue(`round has the methods common, ceil and floor, not '${method}'`);
  if (method === 'common') return isFloat(value) ? float(roundHalfEven(number, digits)) : roundHalfEven(number, digits);
  return float(Math[method as 'ceil' | 'floor'](number * 10 ** digits) / 10 ** digits);
};

const flags = (given: Given) => ({ ignoreCase: given.flag('ignorecase'), multiline: given.flag('multiline') });

const regexReplace = filter('pattern replacement? ignorecase? multiline?', (value, given, { budget }) => {
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

const regexSearch = filter('pattern ignorecase? multiline? *', (value, given, { budget }) => {
  const groups = [given.get('ignorecase'), given.get('multiline'), ...given.rest].filter(
    (group) => typeof group === 'string',
  );
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

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const directoryName = (path: string): string => {
  const head = path.slice(0, path.lastIndexOf('/') + 1);
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '');
};

/** Filters of one value: texts, numbers, truth. */
export const scalarFilters: readonly (readonly [string, Filter])[] = [
  ['default', otherwise],
  ['d', otherwise],
  [
    'bool',
    filter('', (value) =>
      value === null || typeof value === 'boolean' ? value : yes.has(String(numeric(value) ?? value).toLowerCase()),
    ),
  ],
  ['int', filter('default? base?', toInteger)],
  ['float', filter('default?', toFloat)],
  ['string', filter('', (value, _, { budget }) => text(value, budget))],
  ['lower', filter('', (value, _, { budget }) => text(value, budget).toLowerCase())],
  ['upper', filter('', (value, _, { budget }) => text(value, budget).toUpperCase())],
  [
    'trim',
    filter('chars?', (value, given, { budget }) =>
      strip(text(value, budget), given.get('chars') === null ? undefined : given.text('chars', '')),
    ),
  ],
  [
    'replace',
    filter('old new count?', (value, given, { budget }) =>
      replace(
        text(value, budget),
        given.text('old', ''),
        given.text('new', ''),
        given.get('count') === null ? -1 : given.integer('count', -1),
        budget,
      ),
    ),
  ],
  [
    'split',
    filter('sep? maxsplit?', (value, given, { budget }) => {
      if (typeof value !== 'string') throw badValue(`split works on strings, not on ${typeName(value)}`);
      return split(
        value,
        given.get('sep') === null ? undefined : given.text('sep', ''),
        given.integer('maxsplit', -1),
        budget,
      );
    }),
  ],
  ['regex_replace', regexReplace],
  ['regex_search', regexSearch],
  ['quote', filter('', (value, _, { budget }) => quoteWord(value === null ? '' : text(value, budget)))],
  ['basename', filter('', (value, _, { budget }) => baseName(text(value, budget)))],
  ['dirname', filter('', (value, _, { budget }) => directoryName(text(value, budget)))],
  [
    'ternary',
    filter('true_val false_val none_val?', (value, given) => {
      if (value === null && given.get('none_val') !== null) return given.get('none_val');
      return given.get(truthy(value) ? 'true_val' : 'false_val');
    }),
  ],
  [
    'abs',
    filter('', (value) => {
      const number = numeric(value);
      if (number === undefined) throw badValue(`abs works on numbers, not on ${typeName(value)}`);
      return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
    }),
  ],
  ['round', filter('precision? method?', round)],
];
