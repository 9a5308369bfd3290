import { badValue, elements, isList, isSomeMap, Tuple } from '../data.ts';
import { createSeen } from '../identity.ts';
import { filter, listOf, sortKey } from './filter.ts';
import type { Datum } from '../data.ts';
import type { Tools } from '../given.ts';
import type { Filter, NamedFilter } from './filter.ts';

/** Elements that differ, each once, in the order of their first appearance. */
const distinct = (list: readonly Datum[], key: (value: Datum) => Datum, { budget }: Tools): readonly Datum[] => {
  const seen = createSeen(budget);
  return list.filter((item) => {
    const itemKey = key(item);
    if (seen.has(itemKey)) return false;
    seen.add(itemKey);
    return true;
  });
};
const itself = (value: Datum): Datum => value;

/** Lists and maps, which have no place in a Python set. */
const isUnhashable = (value: Datum): boolean => (isList(value) && !(value instanceof Tuple)) || isSomeMap(value);

/** Case counts where lists or maps are among the elements. Rule: Ansible's plugins/filter/mathstuff.py, unique. */
const unique = filter('case_sensitive? attribute?', (value, given, tools) => {
  const list = elements(value, tools.budget);
  const key = sortKey(given);
  if (!list.some((item) => isUnhashable(key(item)))) return distinct(list, key, tools);
  if (given.get('attribute') !== null || given.get('case_sensitive') === false)
    throw badValue('unique compares lists and maps whole: attribute and case_sensitive are for texts and numbers');
  return distinct(list, itself, tools);
});

const set = (
  name: string,
  combine: (left: readonly Datum[], right: readonly Datum[], tools: Tools) => readonly Datum[],
): Filter =>
  filter('other', (value, given, tools) => {
    const [left, right] = [listOf(value, name, tools), listOf(given.get('other'), name, tools)];
    return distinct(combine(left, right, tools), itself, tools);
  });

const inBoth = (left: readonly Datum[], right: readonly Datum[], { budget }: Tools): readonly Datum[] => {
  const seen = createSeen(budget, right);
  return left.filter((item) => seen.has(item));
};
const inFirst = (left: readonly Datum[], right: readonly Datum[], { budget }: Tools): readonly Datum[] => {
  const seen = createSeen(budget, right);
  return left.filter((item) => !seen.has(item));
};

/** Filters that take lists for sets; the order of elements is kept. */
export const setFilters: readonly NamedFilter[] = [
  ['unique', unique],
  ['union', set('union', (left, right) => [...left, ...right])],
  ['intersect', set('intersect', inBoth)],
  ['difference', set('difference', inFirst)],
  [
    'symmetric_difference',
    set('symmetric_difference', (left, right, tools) => [
      ...inFirst(left, right, tools),
      ...inFirst(right, left, tools),
    ]),
  ],
];
