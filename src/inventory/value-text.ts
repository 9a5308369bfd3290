import { secretVariables } from './connection-names.ts';
import type { Value } from './types.ts';

/** What may be printed as JSON: a value, or Maps of such, whose order does not matter since keys are sorted. */
export type Json = Value | readonly string[] | ReadonlyMap<string, Json>;

const entriesOf = (map: ReadonlyMap<string, Json> | { readonly [key: string]: Value }): [string, Json][] =>
  (map instanceof Map ? [...map] : Object.entries(map)).sort(([left], [right]) => (left < right ? -1 : 1));

/** JSON of a text; what steers a terminal or hides is written `\uXXXX`. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );

/** Joins the parts of a list or map. */
type Wrap = (open: string, parts: readonly string[], close: string) => string;

const print = (value: Json, wrapAt: (depth: number) => Wrap, depth: number): string => {
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = (item: Json): string => print(item, wrapAt, depth + 1);
  if (Array.isArray(value)) return wrapAt(depth)('[', value.map(inner), ']');
  const entries = entriesOf(value as ReadonlyMap<string, Json>);
  const parts = entries.map(([key, item]) => `${quoted(key)}: ${inner(item)}`);
  return wrapAt(depth)('{', parts, '}');
};

const inLines =
  (depth: number): Wrap =>
  (open, parts, close) => {
    if (parts.length === 0) return open + close;
    const outer = '    '.repeat(depth);
    return `${open}\n${parts.map((part) => `${outer}    ${part}`).join(',\n')}\n${outer}${close}`;
  };

/** JSON as Python's `json.dumps(sort_keys=True, indent=4)` prints it, and as it prints `Infinity` and `NaN`. */
export const toJson = (value: Json): string => print(value, inLines, 0);

/** The same on one line. */
export const toJsonLine = (value: Value): string =>
  print(value, () => (open, parts, close) => open + parts.join(', ') + close, 0);

const mask = '********';

/** A variable's value as it may be shown: a password is a mask, at any depth. */
export const withoutSecrets = (name: string, value: Value): Value => {
  if (secretVariables.has(name)) return value === null || value === '' ? value : mask;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Value) => withoutSecrets('', item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(key, item)] as const));
};
