import { resolvePlain } from '../../yaml/scalars.ts';
import type { Value } from '../types.ts';
import { readPythonString } from './python-string.ts';

/** A value, or why Python's value has no place here. */
export type Literal = { readonly value: Value } | { readonly problem: string };

/** Python's own limits: on nested brackets, and on the digits of a decimal integer. */
const deepest = 200;
const mostDigits = 4300;

const digits = '[0-9](?:_?[0-9])*';
const notInName = String.raw`(?![\p{L}\p{N}_.])`;
const float = new RegExp(
  `(?:(?:(?:${digits})?\\.${digits}|${digits}\\.)(?:[eE][-+]?${digits})?|${digits}[eE][-+]?${digits})${notInName}`,
  'yu',
);
const integer = new RegExp(
  `(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*)${notInName}`,
  'yu',
);
const name = new RegExp(`(?:None|True|False)${notInName}`, 'yu');
const constants: ReadonlyMap<string, Value> = new Map([
  ['None', null],
  ['True', true],
  ['False', false],
]);
const gap = /[ \t\f]*(?:#.*)?/sy;
const pollution = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A text that is a Python literal as its value: numbers, strings, lists, tuples (lists here), dicts, True, False, None.
 * Undefined for every other text, which Ansible keeps as it is. Rule: Python's ast.literal_eval, as Ansible's
 * plugins/inventory/ini.py uses it; complex numbers and `...` stay text here.
 */
export const parseLiteral = (text: string): Literal | undefined => {
  let at = 0;
  let depth = 0;
  let problem: string | undefined;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  /** The character after blanks, taken where it is the wanted one. */
  const next = (wanted: string | undefined): boolean => {
    take(gap);
    if (text[at] !== wanted) return false;
    at++;
    return true;
  };

  const number = (sign: string): Value | undefined => {
    const real = take(float)?.replaceAll('_', '');
    if (real !== undefined) return Number(sign + real);
    const whole = take(integer)?.replaceAll('_', '');
    if (whole === undefined || (!/^0[xob]/i.test(whole) && whole.length > mostDigits)) return undefined;
    return resolvePlain(`${sign}${BigInt(whole)}`);
  };

  const string = (): Value | undefined => {
    const found = readPythonString(text, at);
    if (!found) return undefined;
    at = found.end;
    problem ??= found.problem;
    return found.text;
  };

  /** The values before `close`, commas between them. */
  const sequence = (close: string | undefined): { readonly values: Value[]; readonly commas: number } | undefined => {
    const values: Value[] = [];
    for (let commas = 0; ; commas++) {
      if (next(close)) return { values, commas };
      const item = value();
      if (item === undefined) return undefined;
      values.push(item);
      if (next(',')) continue;
      return next(close) ? { values, commas } : undefined;
    }
  };

  const addEntry = (map: Record<string, Value>, key: Value, item: Value): void => {
    if (key !== null && typeof key === 'object') problem ??= 'the key of a dict must be text or a number';
    const word = String(key);
    if (pollution.has(word)) problem ??= `"${word}" cannot be a key`;
    else if (word in map) problem ??= `the key "${word}" stands twice in this dict`;
    map[word] = item;
  };

  const braces = (): Value | undefined => {
    const map: Record<string, Value> = Object.create(null);
    for (let first = true; !next('}'); first = false) {
      const key = value();
      if (key === undefined) return undefined;
      if (!next(':')) return first ? set() : undefined;
      const item = value();
      if (item === undefined) return undefined;
      addEntry(map, key, item);
      if (!next(',')) return next('}') ? map : undefined;
    }
    return map;
  };
  /** The rest of a set, behind its first value. */
  const set = (): Value | undefined => {
    if (next(',') ? !sequence('}') : !next('}')) return undefined;
    problem ??= 'a set is no value here: write a list';
    return [];
  };

  const brackets = (): Value | undefined => {
    if (next('{')) return braces();
    if (next('[')) return sequence(']')?.values;
    at++;
    const tuple = sequence(')');
    return tuple?.values.length === 1 && tuple.commas === 0 ? tuple.values[0] : tuple?.values;
  };

  const value = (): Value | undefined => {
    take(gap);
    if (/[[({]/.test(text[at] ?? '')) {
      if (depth === deepest) return undefined;
      depth++;
      const made = brackets();
      depth--;
      return made;
    }
    const sign = take(/[-+]/y);
    if (sign === undefined) {
      const word = take(name);
      return word === undefined ? (string() ?? number('')) : constants.get(word);
    }
    take(gap);
    return number(sign);
  };

  const all = sequence(undefined);
  const found = all?.commas === 0 ? all.values[0] : all?.values;
  if (found === undefined) return undefined;
  return problem === undefined ? { value: found } : { problem };
};
