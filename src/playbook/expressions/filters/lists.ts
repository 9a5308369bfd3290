import { arithmetic } from '../arithmetic.ts';
import { order } from '../compare.ts';
import { badValue, Blank, defined, elements, isList, isSomeMap, truthy, typeName, Undefined } from '../data.ts';
import { ExpressionError } from '../errors.ts';
import { attributeOf, filter, sortBy, sortKey } from './filter.ts';
import { text } from '../spelling.ts';
import { join } from '../text.ts';
import type { Datum } from '../data.ts';
import type { Given, Tools } from '../given.ts';
import type { Filter, NamedFilter } from './filter.ts';

const noElement = (): Undefined =>
  new Undefined(
    () =>
      new ExpressionError('undefined-variable', 'the list is empty: it has no such element', {
        hint: 'give a value for that case with | default(…)',
      }),
  );

/** The element at one end; undefined where there is none. */
const endOf = (at: 0 | -1): Filter =>
  filter('', (value, _, { budget }) => {
    const list = elements(value, budget);
    return list.length === 0 ? noElement() : list.at(at)!;
  });

const length = filter('', (value, _, { budget }) => {
  if (typeof value === 'string') return [...value].length;
  if (isList(value) || isSomeMap(value) || value instanceof Blank) return elements(value, budget).length;
  throw badValue(`${typeName(value)} has no length`);
});

/** `map('filter', arguments…)`, or `map(attribute='a.b', default=…)`. */
const map = filter('*', (value, given, tools) => {
  const [name, ...positional] = given.rest;
  return elements(value, tools.budget).map((item) => {
    const attribute = given.more.get('attribute');
    if (attribute !== undefined) {
      const found = attributeOf(item, attribute);
      return found instanceof Undefined ? (given.more.get('default') ?? found) : found;
    }
    if (typeof name !== 'string') throw badValue("map needs a filter's name or attribute=…");
    return tools.filter(name, item, positional, given.more);
  });
});

const holds = (item: Datum, given: Given, tools: Tools): boolean => {
  const [name, ...positional] = given.rest;
  return name === undefined ? truthy(item) : tools.test(text(name, tools.budget), item, positional, given.more);
};
/** The elements of which a test holds, or that are true; `wanted` false keeps the others. */
const selection = (wanted: boolean): Filter =>
  filter('*', (value, given, tools) =>
    elements(value, tools.budget).filter((item) => holds(item, given, tools) === wanted),
  );
const attributeSelection = (wanted: boolean): Filter =>
  filter('attribute *', (value, given, tools) =>
    elements(value, tools.budget).filter(
      (item) => holds(attributeOf(item, given.get('attribute')), given, tools) === wanted,
    ),
  );

const extreme = (direction: 1 | -1): Filter =>
  filter('case_sensitive? attribute?', (value, given, { budget }) => {
    const [first, ...others] = elements(value, budget);
    if (first === undefined) return noElement();
    const key = sortKey(given);
    return others.reduce((best, item) => (order(key(item), key(best), budget) * direction > 0 ? item : best), first);
  });

const sum = filter('attribute? start?', (value, given, { budget }) => {
  const attribute = given.get('attribute');
  return elements(value, budget)
    .map((item) => (attribute === null ? item : attributeOf(item, attribute)))
    .reduce(
      (total, item) => {
        if (typeof defined(item) === 'string')
          throw badValue('sum works on numbers, not on strings', "turn them into numbers with | map('int')");
        return arithmetic('+', total, item, budget);
      },
      given.has('start') ? given.get('start') : 0,
    );
});

/** `attribute='a,b'` sorts by a, then by b. */
const sort = filter('reverse? case_sensitive? attribute?', (value, given, tools) => {
  const attributes = given.get('attribute') === null ? [null] : text(given.get('attribute'), tools.budget).split(',');
  const keys = attributes.map((attribute) =>
    sortKey({ ...given, get: (name) => (name === 'attribute' ? attribute : given.get(name)) }),
  );
  const key = keys.length === 1 ? keys[0]! : (item: Datum): Datum => keys.map((one) => one(item));
  return sortBy(elements(value, tools.budget), key, given.flag('reverse'), tools);
});

const reverse = filter('', (value, _, { budget }) => {
  const items = elements(value, budget).toReversed();
  return typeof value === 'string' ? items.join('') : items;
});

/** Filters of lists that choose, order or sum up elements. */
export const listFilters: readonly NamedFilter[] = [
  ['length', length],
  ['count', length],
  ['list', filter('', (value, _, { budget, own }) => own([...elements(value, budget)]))],
  [
    'join',
    filter('d? attribute?', (value, given, { budget }) => {
      const attribute = given.get('attribute');
      const parts = elements(value, budget).map((item) =>
        text(attribute === null ? item : attributeOf(item, attribute), budget),
      );
      return join(parts, given.has('d') ? text(given.get('d'), budget) : '', budget);
    }),
  ],
  ['map', map],
  ['select', selection(true)],
  ['reject', selection(false)],
  ['selectattr', attributeSelection(true)],
  ['rejectattr', attributeSelection(false)],
  ['first', endOf(0)],
  ['last', endOf(-1)],
  ['min', extreme(-1)],
  ['max', extreme(1)],
  ['sum', sum],
  ['sort', sort],
  ['reverse', reverse],
];
