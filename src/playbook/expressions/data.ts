import { nearest } from '../../diagnostics.ts';
import { ExpressionError } from './errors.ts';
import type { Budget } from './budget.ts';

/** What expressions compute with: values, and what Python keeps apart from them. */
export type Datum =
  null | boolean | number | string | Float | Undefined | LazyMap | Macro | readonly Datum[] | DatumMap;
export interface DatumMap {
  readonly [key: string]: Datum;
}

/** A Python float that happens to be whole: prints as `2.0`. Fractions are plain numbers. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A Python tuple: a list that prints in round brackets and is never equal to one. What is made from it is a list. */
export class Tuple extends Array<Datum> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  /** Names of its elements, where they have some. */
  names: readonly string[] = [];
}
export const tupleOf = (items: Iterable<Datum>, names: readonly string[] = []): readonly Datum[] =>
  Object.assign(Tuple.from(items) as Tuple, { names });

/** The value of a name or key that does not exist: an error as soon as it is used. */
export class Undefined {
  readonly #describe: () => ExpressionError;
  constructor(describe: () => ExpressionError) {
    this.#describe = describe;
  }
  get error(): ExpressionError {
    return this.#describe();
  }
}

/** What an `if` without `else` gives when its condition is false: nothing in text, and undefined for all else. */
export class Blank extends Undefined {}

/** A map whose values are computed when asked for: `hostvars`. */
export class LazyMap {
  readonly #keys: () => readonly string[];
  readonly get: (key: string) => Datum | undefined;
  constructor(keys: () => readonly string[], get: (key: string) => Datum | undefined) {
    this.#keys = keys;
    this.get = get;
  }
  get keys(): readonly string[] {
    return this.#keys();
  }
}

/** What `namespace()` gives: the one map whose values `{% set %}` can change from inside a loop. */
export class Namespace extends LazyMap {
  readonly values: Map<string, Datum>;
  constructor(values: Map<string, Datum>) {
    super(
      () => [...values.keys()],
      (key) => values.get(key),
    );
    this.values = values;
  }
}

/** What `{% macro %}` defines. */
export class Macro {
  readonly call: (positional: readonly Datum[], named: ReadonlyMap<string, Datum>) => Datum;
  constructor(call: Macro['call']) {
    this.call = call;
  }
}

export const isList = (datum: Datum): datum is readonly Datum[] => Array.isArray(datum);
export const isMap = (datum: Datum): datum is DatumMap =>
  typeof datum === 'object' &&
  datum !== null &&
  !Array.isArray(datum) &&
  !(datum instanceof Float || datum instanceof Undefined || datum instanceof LazyMap || datum instanceof Macro);
export const isSomeMap = (datum: Datum): datum is DatumMap | LazyMap => datum instanceof LazyMap || isMap(datum);

/** A map without a prototype, in the order of its entries; a later entry wins. */
export const mapOf = (entries: Iterable<readonly [string, Datum]>): DatumMap => {
  const map: Record<string, Datum> = Object.create(null);
  for (const [key, value] of entries) map[key] = value;
  return map;
};

export const float = (value: number): number | Float => (Number.isInteger(value) ? new Float(value) : value);
export const isFloat = (datum: Datum): boolean =>
  datum instanceof Float || (typeof datum === 'number' && !Number.isInteger(datum));

/** The number that Python would calculate with; undefined for what is none. */
export const numeric = (datum: Datum): number | undefined => {
  if (typeof datum === 'number') return datum;
  if (typeof datum === 'boolean') return Number(datum);
  return datum instanceof Float ? datum.value : undefined;
};

/** Throws where an integer would no longer be exact. */
export const exact = (value: number): number => {
  if (!Number.isSafeInteger(value)) throw badValue('this number is too large to be exact', 'integers end at 2 ** 53');
  return value + 0;
};

/** Throws where the value does not exist. */
export const defined = <T extends Datum>(datum: T): Exclude<T, Undefined> => {
  if (datum instanceof Undefined) throw datum.error;
  return datum as Exclude<T, Undefined>;
};

/** What people call it. */
export const typeName = (datum: Datum): string => {
  if (datum === null) return 'none';
  if (typeof datum === 'boolean') return 'a boolean';
  if (typeof datum === 'string') return 'a string';
  if (isFloat(datum)) return 'a float';
  if (typeof datum === 'number') return 'an integer';
  if (datum instanceof Macro) return 'a macro';
  if (datum instanceof Undefined) return 'nothing';
  return isList(datum) ? (datum instanceof Tuple ? 'a tuple' : 'a list') : 'a map';
};

export const badValue = (message: string, hint?: string): ExpressionError =>
  new ExpressionError('bad-value', message, { hint });

/** Python's truth: empty text, list and map, zero and None are false. */
export const truthy = (datum: Datum): boolean => {
  if (datum instanceof Blank) return false;
  defined(datum);
  if (isList(datum)) return datum.length > 0;
  if (datum instanceof LazyMap) return datum.keys.length > 0;
  if (isMap(datum)) return Object.keys(datum).length > 0;
  const number = numeric(datum);
  return number === undefined ? Boolean(datum) : number !== 0;
};

/** The elements that Python's `for` would see: a map's keys, a text's characters. */
export const elements = (datum: Datum, budget: Budget): readonly Datum[] => {
  if (datum instanceof Blank) return [];
  defined(datum);
  const list =
    typeof datum === 'string'
      ? [...datum]
      : isList(datum)
        ? datum
        : datum instanceof LazyMap
          ? datum.keys
          : isMap(datum)
            ? Object.keys(datum)
            : undefined;
  if (!list) throw badValue(`${typeName(datum)} has no elements; a list is wanted`);
  budget.spend(list.length);
  return list;
};

/** `name` is not among `names`; `shown` is how people wrote it. */
export const missing = (
  name: string,
  names: () => Iterable<string>,
  offset: number | undefined,
  shown: string = name,
): Undefined =>
  new Undefined(() => {
    const near = nearest(name, names());
    const hint = near === undefined || near === name ? undefined : `did you mean '${near}'?`;
    return new ExpressionError('undefined-variable', `'${shown}' is undefined`, { offset, length: name.length, hint });
  });

/**
 * `object.key` or `object[key]`: own keys of maps, and positions in lists and texts (negative: from the end).
 * What does not exist is Undefined, and so is any member of Undefined.
 */
export const member = (object: Datum, key: Datum, offset?: number, shown?: string): Datum => {
  if (object instanceof Undefined) return object;
  defined(key);
  if (typeof key === 'object' && key !== null && numeric(key) === undefined)
    throw badValue(`${typeName(key)} is no key and no position`);
  const name = String(numeric(key) ?? key);
  if (object instanceof LazyMap) {
    const value = object.get(name);
    return value === undefined ? missing(name, () => object.keys, offset, shown) : value;
  }
  if (isMap(object))
    return Object.hasOwn(object, name) ? object[name]! : missing(name, () => Object.keys(object), offset, shown);
  if (object instanceof Tuple && object.names.includes(name)) return object[object.names.indexOf(name)]!;
  const position = isFloat(key) ? undefined : numeric(key);
  if ((isList(object) || typeof object === 'string') && position !== undefined) {
    const list = isList(object) ? object : [...object];
    const found = list.at(position);
    if (found !== undefined) return found;
    const message = `there is no element ${position}: there are ${list.length}`;
    return new Undefined(() => new ExpressionError('undefined-variable', message, { offset }));
  }
  return missing(name, () => [], offset, shown);
};
