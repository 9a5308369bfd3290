import { badValue, defined, elements, isList, isMap, LazyMap, typeName } from './data.ts';
import { equal } from './compare.ts';
import { bindArguments, signature } from './given.ts';
import { plainMap, text } from './spelling.ts';
import { join, replace, split, strip } from './text.ts';
import { nearest } from '../../diagnostics.ts';
import type { Datum } from './data.ts';
import type { Given, Signature, Tools } from './given.ts';
import type { Budget } from './budget.ts';

interface Method<T> {
  readonly signature: Signature;
  readonly call: (self: T, given: Given, budget: Budget) => Datum;
}
const method = <T>(parameters: string, call: Method<T>['call']): Method<T> => ({
  signature: signature(parameters),
  call,
});

const separatorOf = (given: Given): string | undefined =>
  given.get('sep') === null ? undefined : given.text('sep', '');
const charactersOf = (given: Given): string | undefined =>
  given.get('chars') === null ? undefined : given.text('chars', '');

const affixes = (given: Given, name: string): readonly string[] => {
  const wanted = given.get(name);
  return (isList(wanted) ? wanted : [wanted]).map((affix) => {
    if (typeof affix !== 'string') throw badValue(`'${name}' must be a string, not ${typeName(defined(affix))}`);
    return affix;
  });
};

/** Methods of Python's str. */
const stringMethods: ReadonlyMap<string, Method<string>> = new Map([
  ['upper', method<string>('', (self) => self.toUpperCase())],
  ['lower', method<string>('', (self) => self.toLowerCase())],
  ['capitalize', method<string>('', (self) => self.slice(0, 1).toUpperCase() + self.slice(1).toLowerCase())],
  [
    'title',
    method<string>('', (self) =>
      self.toLowerCase().replace(/\p{L}+/gu, (word) => word[0]!.toUpperCase() + word.slice(1)),
    ),
  ],
  ['strip', method<string>('chars?', (self, given) => strip(self, charactersOf(given)))],
  ['lstrip', method<string>('chars?', (self, given) => strip(self, charactersOf(given), 'start'))],
  ['rstrip', method<string>('chars?', (self, given) => strip(self, charactersOf(given), 'end'))],
  [
    'split',
    method<string>('sep? maxsplit?', (self, given, budget) =>
      split(self, separatorOf(given), given.integer('maxsplit', -1), budget),
    ),
  ],
  [
    'splitlines',
    method<string>('', (self) =>
      self.split(/\r\n|\n|\r/).filter((line, index, all) => line !== '' || index < all.length - 1),
    ),
  ],
  [
    'replace',
    method<string>('old new count?', (self, given, budget) =>
      replace(self, given.text('old', ''), given.text('new', ''), given.integer('count', -1), budget),
    ),
  ],
  [
    'startswith',
    method<string>('prefix', (self, given) => affixes(given, 'prefix').some((affix) => self.startsWith(affix))),
  ],
  [
    'endswith',
    method<string>('suffix', (self, given) => affixes(given, 'suffix').some((affix) => self.endsWith(affix))),
  ],
  ['find', method<string>('sub', (self, given) => self.indexOf(given.text('sub', '')))],
  ['count', method<string>('sub', (self, given) => self.split(given.text('sub', '')).length - 1)],
  ['isdigit', method<string>('', (self) => /^\d+$/.test(self))],
  [
    'join',
    method<string>('iterable', (self, given, budget) => {
      const parts = elements(given.get('iterable'), budget).map((part) => {
        if (typeof defined(part) !== 'string')
          throw badValue(
            `join() of a string takes strings, not ${typeName(part)}`,
            'use the filter: list | join(", ")',
          );
        return text(part, budget);
      });
      return join(parts, self, budget);
    }),
  ],
]);

/** Methods of Python's list that change nothing. */
const listMethods: ReadonlyMap<string, Method<readonly Datum[]>> = new Map([
  [
    'count',
    method<readonly Datum[]>(
      'value',
      (self, given, budget) => self.filter((item) => equal(item, given.get('value'), budget)).length,
    ),
  ],
  [
    'index',
    method<readonly Datum[]>('value', (self, given, budget) => {
      const index = self.findIndex((item) => equal(item, given.get('value'), budget));
      if (index === -1) throw badValue('the list has no such element');
      return index;
    }),
  ],
]);

type AnyMap = Parameters<typeof plainMap>[0];

/** Methods of Python's dict that change nothing. */
const mapMethods: ReadonlyMap<string, Method<AnyMap>> = new Map([
  ['keys', method<AnyMap>('', (self, _, budget) => elements(self, budget))],
  ['values', method<AnyMap>('', (self) => Object.values(plainMap(self)))],
  ['items', method<AnyMap>('', (self) => Object.entries(plainMap(self)).map(([key, value]) => [key, value]))],
  [
    'get',
    method<AnyMap>('key default?', (self, given) => {
      const key = String(defined(given.get('key')));
      if (self instanceof LazyMap) return self.keys.includes(key) ? self.get(key)! : given.get('default');
      return Object.hasOwn(self, key) ? self[key]! : given.get('default');
    }),
  ],
]);

/** `self.name(…)`. Throws where the type has no such method. */
export const callMethod = (
  self: Datum,
  name: string,
  positional: readonly Datum[],
  named: ReadonlyMap<string, Datum>,
  tools: Tools,
): Datum => {
  const { budget } = tools;
  defined(self);
  const run = <T>(table: ReadonlyMap<string, Method<T>>, self: T & Datum): Datum => {
    const found = table.get(name);
    if (!found) {
      const near = nearest(name, table.keys());
      throw badValue(
        `${typeName(self)} has no method '${name}'`,
        near === undefined ? `it has ${[...table.keys()].join(', ')}` : `did you mean '${near}'?`,
      );
    }
    const result = found.call(self, bindArguments(`${name}()`, found.signature, positional, named, budget), budget);
    budget.spend(isList(result) ? result.length : 1);
    return result;
  };
  if (typeof self === 'string') {
    budget.spendText(self.length);
    return run(stringMethods, self);
  }
  if (isList(self)) return run(listMethods, self);
  if (self instanceof LazyMap || isMap(self)) return run(mapMethods, self);
  throw badValue(`${typeName(self)} has no methods`);
};
