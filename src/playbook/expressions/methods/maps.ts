import { badValue, defined, elements, isSomeMap, LazyMap, numeric, tupleOf, typeName } from '../data.ts';
import { checkOwned, method } from './method.ts';
import { plainMap, text } from '../spelling.ts';
import type { Datum, DatumMap } from '../data.ts';
import type { Given, Tools } from '../given.ts';
import type { Method, Methods } from './method.ts';

type AnyMap = DatumMap | LazyMap;

const keyOf = (given: Given, { budget }: Tools): string => {
  const key = defined(given.get('key'));
  if (typeof key === 'object' && key !== null && numeric(key) === undefined)
    throw badValue(`${typeName(key)} is no key of a map`);
  return text(key, budget);
};
const valueAt = (self: AnyMap, key: string): Datum | undefined => {
  if (self instanceof LazyMap) return self.keys.includes(key) ? self.get(key) : undefined;
  return Object.hasOwn(self, key) ? self[key] : undefined;
};

/** A method that changes a map made by the expression. */
const changing = (
  parameters: string,
  change: (self: Record<string, Datum>, given: Given, tools: Tools) => Datum,
): Method<AnyMap> =>
  method<AnyMap>(parameters, (self, given, tools) => {
    checkOwned(self, tools);
    return change(self as Record<string, Datum>, given, tools);
  });

/** Methods of Python's dict. */
export const mapMethods: Methods<AnyMap> = new Map([
  ['keys', method<AnyMap>('', (self, _, { budget }) => elements(self, budget))],
  ['values', method<AnyMap>('', (self) => Object.values(plainMap(self)))],
  ['items', method<AnyMap>('', (self) => Object.entries(plainMap(self)).map((entry) => tupleOf(entry)))],
  [
    'get',
    method<AnyMap>('key default?', (self, given, tools) => {
      const found = valueAt(self, keyOf(given, tools));
      return found === undefined ? given.get('default') : found;
    }),
  ],
  [
    'copy',
    method<AnyMap>('', (self, _, tools) => tools.own(Object.assign(Object.create(null), plainMap(self)) as DatumMap)),
  ],
  [
    'update',
    changing('other? **', (self, given) => {
      const other = given.get('other');
      if (other !== null && !isSomeMap(defined(other))) throw badValue(`update() takes a map, not ${typeName(other)}`);
      if (isSomeMap(other)) Object.assign(self, plainMap(other));
      for (const [key, value] of given.more) self[key] = value;
      return null;
    }),
  ],
  [
    'setdefault',
    changing('key default?', (self, given, tools) => {
      const key = keyOf(given, tools);
      if (!Object.hasOwn(self, key)) self[key] = given.get('default');
      return self[key]!;
    }),
  ],
  [
    'pop',
    changing('key default?', (self, given, tools) => {
      const key = keyOf(given, tools);
      const found = valueAt(self, key);
      if (found === undefined && !given.has('default')) throw badValue(`the map has no key '${key}'`);
      delete self[key];
      return found === undefined ? given.get('default') : found;
    }),
  ],
]);
