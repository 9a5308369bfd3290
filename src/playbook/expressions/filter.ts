import { defined, member } from './data.ts';
import { order } from './compare.ts';
import { signature } from './given.ts';
import type { Datum } from './data.ts';
import type { Given, Signature, Tools } from './given.ts';

export interface Filter {
  readonly signature: Signature;
  /** Gets an undefined value instead of failing on it. */
  readonly takesUndefined?: true;
  readonly apply: (value: Datum, given: Given, tools: Tools) => Datum;
}

/** A pure function of its value and arguments; `parameters` as `signature` reads them. */
export const filter = (parameters: string, apply: Filter['apply']): Filter => ({
  signature: signature(parameters),
  apply,
});

/** The value at `a.b.0` inside an element; undefined where it does not exist. */
export const attributeOf = (value: Datum, path: Datum): Datum =>
  String(defined(path))
    .split('.')
    .reduce((found: Datum, key) => member(found, /^\d+$/.test(key) ? Number(key) : key), value);

/** What elements are compared by: an attribute of theirs, and texts in lower case unless case counts (Jinja's rule). */
export const sortKey = (given: Given): ((value: Datum) => Datum) => {
  const isCaseSensitive = given.flag('case_sensitive');
  const attribute = given.get('attribute');
  return (value) => {
    const key = attribute === null ? value : attributeOf(value, attribute);
    return typeof key === 'string' && !isCaseSensitive ? key.toLowerCase() : key;
  };
};

/** Stable, as Python's sort. */
export const sorted = (list: readonly Datum[], given: Given, { budget }: Tools): readonly Datum[] => {
  const key = sortKey(given);
  return [...list].sort((left, right) => order(key(left), key(right), budget));
};
