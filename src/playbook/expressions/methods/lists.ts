import { equal } from '../compare.ts';
import { badValue, defined, elements } from '../data.ts';
import { checkOwned, method } from './method.ts';
import type { Datum } from '../data.ts';
import type { Given, Tools } from '../given.ts';
import type { Method, Methods } from './method.ts';

type List = readonly Datum[];

const indexOf = (self: List, given: Given, { budget }: Tools): number => {
  const index = self.findIndex((item) => equal(item, given.get('value'), budget));
  if (index === -1) throw badValue('the list has no such element');
  return index;
};

/** A method that changes a list made by the expression. */
const changing = (parameters: string, change: (self: Datum[], given: Given, tools: Tools) => Datum): Method<List> =>
  method<List>(parameters, (self, given, tools) => {
    checkOwned(self, tools);
    return change(self as Datum[], given, tools);
  });

/** Methods of Python's tuple. */
export const tupleMethods: Methods<List> = new Map([
  [
    'count',
    method<List>(
      'value',
      (self, given, { budget }) => self.filter((item) => equal(item, given.get('value'), budget)).length,
    ),
  ],
  ['index', method<List>('value', indexOf)],
]);

/** Methods of Python's list. */
export const listMethods: Methods<List> = new Map([
  ...tupleMethods,
  ['copy', method<List>('', (self, _, tools) => tools.own([...elements(self, tools.budget)]))],
  [
    'append',
    changing('value', (self, given) => {
      self.push(defined(given.get('value')));
      return null;
    }),
  ],
  [
    'extend',
    changing('values', (self, given, { budget }) => {
      const added = elements(given.get('values'), budget).slice();
      for (const item of added) self.push(item);
      return null;
    }),
  ],
  [
    'insert',
    changing('index value', (self, given) => {
      self.splice(given.integer('index', 0), 0, defined(given.get('value')));
      return null;
    }),
  ],
  [
    'pop',
    changing('index?', (self, given) => {
      const index = given.integer('index', -1);
      const found = self.at(index);
      if (found === undefined) throw badValue(`the list has no element ${index}: it has ${self.length}`);
      self.splice(index, 1);
      return found;
    }),
  ],
  [
    'remove',
    changing('value', (self, given, tools) => {
      self.splice(indexOf(self, given, tools), 1);
      return null;
    }),
  ],
]);
