import { badValue, defined, elements, isList, isSomeMap, member, typeName } from '../data.ts';
import { order } from '../compare.ts';
import { signature } from '../given.ts';
import { plainMap } from '../spelling.ts';
import type { Datum, DatumMap } from '../data.ts';
import type { Given, Signature, Tools } from '../given.ts';

export interface Filter {
  readonly signature: Signature;
  /** Gets an undefined value instead of failing on it. */
  readonly takesUndefined?: true;
  readonly apply: (value: Datum, given: Given, tools: Tools) => Datum;
}
export type NamedFilter = readonly [name: string, filter: Filter];

/** A pure function of its value and arguments; `parameters` as `signature` reads them. */
export const filter = (parameters: string, apply: Filter['apply']): Filter => ({
  signature: signature(parameters),
  apply,
});

/** The value at `a.b.0` inside an element; undefined where it does not exist. */
export const attributeOf = (value: Datum, path: Datum): Datum => {
  defined(path);
  if (typeof path === 'number') return member(value, path);
  if (typeof path !== 'string') throw badValue(`an attribute is a text or a number, not ${typeName(path)}`);
  return path.split('.').reduce((found: Datum, key) => member(found, /^\d+$/.test(key) ? Number(key) : key), value);
};

const folded = (key: Datum, isCaseSensitive: boolean): Datum =>
  typeof key === 'string' && !isCaseSensitive ? key.toLowerCase() : key;

/** What elements are compared by: an attribute of theirs, and texts in lower case unless case counts (Jinja's rule). */
export const sortKey = (given: Given): ((value: Datum) => Datum) => {
  const isCaseSensitive = given.flag('case_sensitive');
  const attribute = given.get('attribute');
  return (value) => folded(attribute === null ? value : attributeOf(value, attribute), isCaseSensitive);
};

/** Stable, as Python's sort; reversed, equal elements keep their order too. */
export const sortBy = <T>(
  list: readonly T[],
  key: (item: T) => Datum,
  isReversed: boolean,
  { budget }: Tools,
): readonly T[] => {
  const direction = isReversed ? -1 : 1;
  const keyed = list.map((item) => ({ item, key: key(item) }));
  return keyed.sort((left, right) => direction * order(left.key, right.key, budget)).map(({ item }) => item);
};

/** A list that a filter works on. Throws for anything else. */
export const listOf = (value: Datum, name: string, { budget }: Tools): readonly Datum[] => {
  if (!isList(defined(value))) throw badValue(`${name} works on lists, not on ${typeName(value)}`);
  return elements(value, budget);
};

/** A map that a filter works on. Throws for anything else. */
export const mapFrom = (value: Datum, name: string): DatumMap => {
  defined(value);
  if (isSomeMap(value)) return plainMap(value);
  throw badValue(`${name} works on maps, not on ${typeName(value)}`);
};
