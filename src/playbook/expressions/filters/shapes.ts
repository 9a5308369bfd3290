import { equal } from '../compare.ts';
import { badValue, defined, elements, isList, isMap, LazyMap, member, tupleOf, typeName, Undefined } from '../data.ts';
import { attributeOf, filter, listOf, sortBy } from './filter.ts';
import type { Datum } from '../data.ts';
import type { Given, Tools } from '../given.ts';
import type { Filter, NamedFilter } from './filter.ts';

const flatten = (list: readonly Datum[], levels: number, skipsNulls: boolean, tools: Tools): readonly Datum[] =>
  list.flatMap((item) => {
    tools.budget.spend(1);
    if (skipsNulls && (item === null || item === 'None' || item === 'null')) return [];
    return isList(item) && levels !== 0 ? flatten(item, levels - 1, skipsNulls, tools) : [item];
  });

const positive = (given: Given, name: string): number => {
  const value = given.integer(name, 1);
  if (value < 1) throw badValue(`'${name}' must be at least 1, not ${value}`);
  return value;
};

const batch = filter('linecount fill_with?', (value, given, { budget }) => {
  const list = elements(value, budget);
  const size = positive(given, 'linecount');
  const fill = given.get('fill_with');
  const rows = Array.from({ length: Math.ceil(list.length / size) }, (_, row) =>
    list.slice(row * size, (row + 1) * size),
  );
  const last = rows.at(-1);
  if (fill === null || !last) return rows;
  budget.spend(size - last.length);
  return [...rows.slice(0, -1), [...last, ...Array.from({ length: size - last.length }, () => fill)]];
});

/** Columns of nearly equal lengths, the longer ones first. Rule: Jinja's sync_do_slice. */
const slice = filter('slices fill_with?', (value, given, { budget }) => {
  const list = elements(value, budget);
  const count = positive(given, 'slices');
  budget.spend(count);
  const fill = given.get('fill_with');
  const [each, longer] = [Math.floor(list.length / count), list.length % count];
  return Array.from({ length: count }, (_, index) => {
    const start = index * each + Math.min(index, longer);
    const column = list.slice(start, start + each + (index < longer ? 1 : 0));
    return fill !== null && index >= longer ? [...column, fill] : column;
  });
});

/** Pairs of a value and the elements that have it, sorted by it; texts differ by more than case. Rule: Jinja's groupby. */
const groupBy = filter('attribute default? case_sensitive?', (value, given, tools) => {
  const valueOf = (item: Datum): Datum => {
    const found = attributeOf(item, given.get('attribute'));
    return found instanceof Undefined && given.get('default') !== null ? given.get('default') : defined(found);
  };
  const key = (item: Datum): Datum => {
    const found = valueOf(item);
    return typeof found === 'string' && !given.flag('case_sensitive') ? found.toLowerCase() : found;
  };
  const groups: Datum[][] = [];
  for (const item of sortBy(elements(value, tools.budget), key, false, tools)) {
    const last = groups.at(-1);
    if (last && equal(key(last[0]!), key(item), tools.budget)) last.push(item);
    else groups.push([item]);
  }
  return groups.map((group) => tupleOf([valueOf(group[0]!), group], ['grouper', 'list']));
});

const listsOf = (value: Datum, given: Given, { budget }: Tools): readonly (readonly Datum[])[] =>
  [value, ...given.rest].map((list) => elements(list, budget));

/** Only the option that a filter has. */
const option = (name: string, given: Given, known: string): Datum => {
  const foreign = [...given.more.keys()].find((one) => one !== known);
  if (foreign !== undefined) throw badValue(`${name} has no argument '${foreign}'; it takes lists and ${known}`);
  return given.more.get(known) ?? null;
};

const zip = (name: string, isLongest: boolean): Filter =>
  filter('*', (value, given, tools) => {
    const lists = listsOf(value, given, tools);
    const fill = option(name, given, isLongest ? 'fillvalue' : 'nothing else');
    const lengths = lists.map((list) => list.length);
    const length = isLongest ? Math.max(...lengths) : Math.min(...lengths);
    tools.budget.spend(length * lists.length);
    return Array.from({ length }, (_, index) =>
      tupleOf(lists.map((list) => (index < list.length ? list[index]! : fill))),
    );
  });

const product = filter('*', (value, given, tools) => {
  const repeat = option('product', given, 'repeat') ?? 1;
  if (typeof repeat !== 'number' || !Number.isInteger(repeat) || repeat < 0 || repeat > 100)
    throw badValue("'repeat' must be a small integer");
  const lists = listsOf(value, given, tools);
  const all = Array.from({ length: repeat }, () => lists).flat();
  const rows = all.reduce<readonly (readonly Datum[])[]>(
    (rows, list) => {
      tools.budget.spend(rows.length * list.length * (1 + (rows[0]?.length ?? 0)));
      return rows.flatMap((row) => list.map((item) => [...row, item]));
    },
    [[]],
  );
  return rows.map((row) => tupleOf(row));
});

/** Choices of `size` elements: in every order, or in the list's order only. */
const choices = (isOrdered: boolean): Filter =>
  filter('size?', (value, given, tools) => {
    const list = elements(value, tools.budget);
    const size = given.has('size') ? given.integer('size', 0) : list.length;
    if (size < 0 || (!isOrdered && !given.has('size'))) throw badValue('a size is wanted: how many at a time');
    const found: Datum[] = [];
    const extend = (chosen: readonly number[]): void => {
      tools.budget.spend(1 + chosen.length);
      if (chosen.length === size) {
        found.push(tupleOf(chosen.map((index) => list[index]!)));
        return;
      }
      for (let index = isOrdered ? 0 : (chosen.at(-1) ?? -1) + 1; index < list.length; index++)
        if (!chosen.includes(index)) extend([...chosen, index]);
    };
    if (size <= list.length) extend([]);
    return found;
  });

/** Pairs of an element and each item of a list inside it. Rule: Ansible's plugins/filter/core.py, subelements. */
const subelements = filter('subelements skip_missing?', (value, given, tools) => {
  if (!isList(value) && !(isMap(value) || value instanceof LazyMap))
    throw badValue(`subelements works on lists and maps, not on ${typeName(value)}`);
  const path = given.get('subelements');
  const keys = isList(path) ? path : String(defined(path)).split('.');
  const owners = isList(value) ? value : elements(value, tools.budget).map((key) => member(value, key));
  return owners.flatMap((owner) => {
    const inner = keys.reduce((found: Datum, key) => member(found, key), owner);
    if (inner instanceof Undefined && given.flag('skip_missing')) return [];
    return listOf(inner, 'subelements', tools).map((item) => tupleOf([owner, item]));
  });
});

const extract: Filter = {
  ...filter('container morekeys?', (value, given) => {
    const more = given.get('morekeys');
    const keys = [value, ...(more === null ? [] : isList(more) ? more : [more])];
    return keys.reduce((found: Datum, key) => member(found, key), given.get('container'));
  }),
  takesUndefined: true,
};

/** Filters that give lists another shape. */
export const shapeFilters: readonly NamedFilter[] = [
  [
    'flatten',
    filter('levels? skip_nulls?', (value, given, tools) => {
      const levels = given.get('levels') === null ? -1 : given.integer('levels', -1);
      return flatten(elements(value, tools.budget), levels, given.flag('skip_nulls', true), tools);
    }),
  ],
  ['batch', batch],
  ['slice', slice],
  ['groupby', groupBy],
  ['zip', zip('zip', false)],
  ['zip_longest', zip('zip_longest', true)],
  ['product', product],
  ['permutations', choices(true)],
  ['combinations', choices(false)],
  ['subelements', subelements],
  ['extract', extract],
];
