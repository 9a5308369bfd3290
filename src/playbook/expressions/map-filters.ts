import {
  badValue,
  defined,
  elements,
  Float,
  isList,
  isMap,
  LazyMap,
  mapOf,
  member,
  typeName,
  Undefined,
} from './data.ts';
import { filter } from './filter.ts';
import { plainMap, text } from './spelling.ts';
import type { Datum, DatumMap } from './data.ts';
import type { Filter } from './filter.ts';
import type { Budget } from './budget.ts';

const mapArgument = (value: Datum, name: string): DatumMap => {
  defined(value);
  if (isMap(value) || value instanceof LazyMap) return plainMap(value);
  throw badValue(`${name} works on maps, not on ${typeName(value)}`);
};

/** Later keys win; with `isDeep` maps inside maps are merged as well. */
const merge = (left: DatumMap, right: DatumMap, isDeep: boolean, budget: Budget): DatumMap => {
  const [leftKeys, rightKeys] = [Object.keys(left), Object.keys(right)];
  budget.spend(leftKeys.length + rightKeys.length);
  const merged = new Map<string, Datum>(leftKeys.map((key) => [key, left[key]!]));
  for (const key of rightKeys) {
    const [old, value] = [merged.get(key), right[key]!];
    merged.set(
      key,
      isDeep && old !== undefined && isMap(old) && isMap(value) ? merge(old, value, true, budget) : value,
    );
  }
  return mapOf(merged);
};

/** JSON as Python's json.dumps writes it: a space after commas and colons, ASCII only. */
const json = (value: Datum, budget: Budget): string => {
  budget.spend(1);
  if (value instanceof Undefined) throw value.error;
  if (typeof value === 'string') {
    budget.spendText(value.length);
    return JSON.stringify(value).replaceAll(
      /[\u007f-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || value instanceof Float) return text(value, budget);
  if (isList(value)) return `[${value.map((item) => json(item, budget)).join(', ')}]`;
  return `{${Object.entries(plainMap(value))
    .map(([key, item]) => `${json(key, budget)}: ${json(item, budget)}`)
    .join(', ')}}`;
};

/** A parsed JSON tree with maps that have no prototype. */
const fromJson = (value: unknown, budget: Budget): Datum => {
  budget.spend(1);
  if (Array.isArray(value)) return value.map((item) => fromJson(item, budget));
  if (typeof value === 'object' && value !== null)
    return mapOf(Object.entries(value).map(([key, item]) => [key, fromJson(item, budget)]));
  return value as null | boolean | number | string;
};

const parseJson = filter('', (value, _, { budget }) => {
  if (typeof value !== 'string') throw badValue(`from_json works on strings, not on ${typeName(value)}`);
  budget.spendText(value.length);
  try {
    return fromJson(JSON.parse(value), budget);
  } catch (error) {
    if (error instanceof SyntaxError) throw badValue(`this text is no JSON: ${error.message}`);
    throw error;
  }
});

/** Filters of maps, and JSON. */
export const mapFilters: readonly (readonly [string, Filter])[] = [
  [
    'dict2items',
    filter('key_name? value_name?', (value, given) =>
      Object.entries(mapArgument(value, 'dict2items')).map(([key, item]) =>
        mapOf([
          [given.text('key_name', 'key'), key],
          [given.text('value_name', 'value'), item],
        ]),
      ),
    ),
  ],
  [
    'items2dict',
    filter('key_name? value_name?', (value, given, { budget }) => {
      if (!isList(value)) throw badValue(`items2dict works on lists of maps, not on ${typeName(value)}`);
      return mapOf(
        elements(value, budget).map((item) => [
          text(member(item, given.text('key_name', 'key')), budget),
          defined(member(item, given.text('value_name', 'value'))),
        ]),
      );
    }),
  ],
  [
    'combine',
    filter('*', (value, given, { budget }) => {
      const foreign = [...given.more.keys()].find((name) => name !== 'recursive');
      if (foreign !== undefined) throw badValue(`combine has no argument '${foreign}'; it takes maps and recursive`);
      const isDeep = given.more.get('recursive') === true;
      return given.rest
        .flatMap((argument) => (isList(argument) ? argument : [argument]))
        .reduce(
          (merged: DatumMap, argument) => merge(merged, mapArgument(argument, 'combine'), isDeep, budget),
          mapArgument(value, 'combine'),
        );
    }),
  ],
  ['to_json', filter('', (value, _, { budget }) => json(value, budget))],
  ['from_json', parseJson],
];
