import { arithmetic } from './arithmetic.ts';
import { contains, equal, order } from './compare.ts';
import { badValue, defined, elements, isList, isMap, LazyMap, truthy, typeName, Undefined } from './data.ts';
import { ExpressionError } from './errors.ts';
import { attributeOf, filter, sorted, sortKey } from './filter.ts';
import { text } from './spelling.ts';
import { join } from './text.ts';
import type { Datum } from './data.ts';
import type { Filter } from './filter.ts';
import type { Given, Tools } from './given.ts';

const noElement = (): Undefined =>
  new Undefined(
    () =>
      new ExpressionError('undefined-variable', 'the list is empty: it has no such element', {
        hint: 'give a value for that case with | default(…)',
      }),
  );

const length = filter('', (value, _, { budget }) => {
  if (typeof value === 'string') return [...value].length;
  if (isList(value) || isMap(value) || value instanceof LazyMap) return elements(value, budget).length;
  throw badValue(`${typeName(value)} has no length`);
});

/** Elements that differ, each once, in the order of their first appearance. */
const distinct = (list: readonly Datum[], key: (value: Datum) => Datum, { budget }: Tools): readonly Datum[] => {
  const seen: Datum[] = [];
  return list.filter((item) => {
    const itemKey = key(item);
    if (seen.some((other) => equal(other, itemKey, budget))) return false;
    seen.push(itemKey);
    return true;
  });
};
const itself = (value: Datum): Datum => value;

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

/** The elements of which a test holds, or that are true; `wanted` false keeps the others. */
const selection = (wanted: boolean) =>
  filter('*', (value, given, tools) => {
    const [name, ...positional] = given.rest;
    return elements(value, tools.budget).filter((item) => holds(name, item, positional, tools) === wanted);
  });
const attributeSelection = (wanted: boolean) =>
  filter('attribute *', (value, given, tools) => {
    const [name, ...positional] = given.rest;
    return elements(value, tools.budget).filter(
      (item) => holds(name, attributeOf(item, given.get('attribute')), positional, tools) === wanted,
    );
  });
const holds = (name: Datum | undefined, item: Datum, positional: readonly Datum[], tools: Tools): boolean => {
  if (name === undefined) return truthy(item);
  return tools.test(text(name, tools.budget), item, positional);
};

const extreme = (direction: 1 | -1): Filter =>
  filter('case_sensitive? attribute?', (value, given, { budget }) => {
    const [first, ...others] = elements(value, budget);
    if (first === undefined) return noElement();
    const key = sortKey(given);
    return others.reduce((best, item) => (order(key(item), key(best), budget) * direction > 0 ? item : best), first);
  });

const flatten = (list: readonly Datum[], levels: number, { budget }: Tools): readonly Datum[] =>
  list.flatMap((item) => {
    budget.spend(1);
    if (item === null || item === 'None' || item === 'null') return [];
    return isList(item) && levels !== 0 ? flatten(item, levels - 1, { budget } as Tools) : [item];
  });

const listOf = (value: Datum, name: string, { budget }: Tools): readonly Datum[] => {
  if (!isList(defined(value))) throw badValue(`${name} works on lists, not on ${typeName(value)}`);
  return elements(value, budget);
};

const set = (
  name: string,
  combine: (left: readonly Datum[], right: readonly Datum[], tools: Tools) => readonly Datum[],
): Filter =>
  filter('other', (value, given, tools) => {
    const [left, right] = [listOf(value, name, tools), listOf(given.get('other'), name, tools)];
    return distinct(combine(left, right, tools), itself, tools);
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

const ordered = filter('reverse? case_sensitive? attribute?', (value, given: Given, tools) => {
  const list = sorted(elements(value, tools.budget), given, tools);
  // A reversed sort of Python keeps equal elements in their order.
  return given.flag('reverse') ? sorted([...elements(value, tools.budget)].reverse(), given, tools).toReversed() : list;
});

/** Filters of lists. */
export const listFilters: readonly (readonly [string, Filter])[] = [
  ['length', length],
  ['count', length],
  ['list', filter('', (value, _, { budget }) => elements(value, budget))],
  [
    'join',
    filter('d? attribute?', (value, given, { budget }) => {
      const attribute = given.get('attribute');
      const parts = elements(value, budget).map((item) =>
        text(attribute === null ? item : attributeOf(item, attribute), budget),
      );
      return join(parts, given.text('d', ''), budget);
    }),
  ],
  ['map', map],
  ['select', selection(true)],
  ['reject', selection(false)],
  ['selectattr', attributeSelection(true)],
  ['rejectattr', attributeSelection(false)],
  ['first', filter('', (value, _, { budget }) => elements(value, budget)[0] ?? noElement())],
  ['last', filter('', (value, _, { budget }) => elements(value, budget).at(-1) ?? noElement())],
  ['min', extreme(-1)],
  ['max', extreme(1)],
  ['sum', sum],
  ['sort', ordered],
  [
    'unique',
    filter('case_sensitive? attribute?', (value, given, tools) =>
      distinct(elements(value, tools.budget), sortKey(given), tools),
    ),
  ],
  [
    'flatten',
    filter('levels?', (value, given, tools) =>
      flatten(listOf(value, 'flatten', tools), given.get('levels') === null ? -1 : given.integer('levels', -1), tools),
    ),
  ],
  ['union', set('union', (left, right) => [...left, ...right])],
  ['intersect', set('intersect', (left, right, { budget }) => left.filter((item) => contains(right, item, budget)))],
  ['difference', set('difference', (left, right, { budget }) => left.filter((item) => !contains(right, item, budget)))],
];
