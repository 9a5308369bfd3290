import { badValue, defined, elements, isList, tupleOf, typeName } from '../data.ts';
import { formatMethod } from '../format-method.ts';
import { method } from './method.ts';
import { text } from '../spelling.ts';
import { capitalize, center, isLower, isUpper, join, lines, replace, split, splitFromEnd, strip } from '../text.ts';
import type { Datum } from '../data.ts';
import type { Given, Tools } from '../given.ts';
import type { Method, Methods } from './method.ts';

const textOr = (given: Given, name: string): string | undefined =>
  given.get(name) === null ? undefined : given.text(name, '');

const affixes = (given: Given, name: string): readonly string[] => {
  const wanted = given.get(name);
  return (isList(wanted) ? wanted : [wanted]).map((affix) => {
    if (typeof affix !== 'string') throw badValue(`'${name}' must be a string, not ${typeName(defined(affix))}`);
    return affix;
  });
};

/** A position that must be there, as Python's index() wants it. */
const found = (position: number): number => {
  if (position === -1) throw badValue('the text has no such part');
  return position;
};

const fillOf = (given: Given): string => {
  const fill = given.text('fillchar', ' ');
  if ([...fill].length !== 1) throw badValue('one character fills, no more');
  return fill;
};
const pad = (side: 'left' | 'right'): Method<string> =>
  method<string>('width fillchar?', (self, given, { budget }) => {
    const missing = Math.max(0, given.integer('width', 0) - [...self].length);
    budget.spendText(missing);
    const fill = fillOf(given).repeat(missing);
    return side === 'left' ? fill + self : self + fill;
  });

const parted = (from: 'start' | 'end'): Method<string> =>
  method<string>('sep', (self, given) => {
    const separator = given.text('sep', '');
    if (separator === '') throw badValue('an empty separator cannot divide a text');
    const at = from === 'start' ? self.indexOf(separator) : self.lastIndexOf(separator);
    if (at === -1) return tupleOf(from === 'start' ? [self, '', ''] : ['', '', self]);
    return tupleOf([self.slice(0, at), separator, self.slice(at + separator.length)]);
  });

const joined = (self: string, given: Given, { budget }: Tools): Datum => {
  const parts = elements(given.get('iterable'), budget).map((part) => {
    if (typeof defined(part) !== 'string')
      throw badValue(`join() of a string takes strings, not ${typeName(part)}`, 'use the filter: list | join(", ")');
    return text(part, budget);
  });
  return join(parts, self, budget);
};

const all = (pattern: RegExp): Method<string> => method<string>('', (self) => pattern.test(self));

/** Methods of Python's str. */
export const textMethods: Methods<string> = new Map([
  ['upper', method<string>('', (self) => self.toUpperCase())],
  ['lower', method<string>('', (self) => self.toLowerCase())],
  ['casefold', method<string>('', (self) => self.toLowerCase())],
  ['capitalize', method<string>('', (self) => capitalize(self))],
  [
    'title',
    method<string>('', (self) =>
      self.toLowerCase().replace(/\p{L}+/gu, (word) => word[0]!.toUpperCase() + word.slice(1)),
    ),
  ],
  [
    'swapcase',
    method<string>('', (self) =>
      [...self].map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase())).join(''),
    ),
  ],
  ['strip', method<string>('chars?', (self, given) => strip(self, textOr(given, 'chars')))],
  ['lstrip', method<string>('chars?', (self, given) => strip(self, textOr(given, 'chars'), 'start'))],
  ['rstrip', method<string>('chars?', (self, given) => strip(self, textOr(given, 'chars'), 'end'))],
  [
    'split',
    method<string>('sep? maxsplit?', (self, given, { budget }) =>
      split(self, textOr(given, 'sep'), given.integer('maxsplit', -1), budget),
    ),
  ],
  [
    'rsplit',
    method<string>('sep? maxsplit?', (self, given, { budget }) =>
      splitFromEnd(self, textOr(given, 'sep'), given.integer('maxsplit', -1), budget),
    ),
  ],
  ['splitlines', method<string>('', (self) => lines(self))],
  ['partition', parted('start')],
  ['rpartition', parted('end')],
  [
    'replace',
    method<string>('old new count?', (self, given, { budget }) =>
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
  [
    'removeprefix',
    method<string>('prefix', (self, given) => {
      const prefix = given.text('prefix', '');
      return self.startsWith(prefix) ? self.slice(prefix.length) : self;
    }),
  ],
  [
    'removesuffix',
    method<string>('suffix', (self, given) => {
      const suffix = given.text('suffix', '');
      return suffix !== '' && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
    }),
  ],
  ['find', method<string>('sub', (self, given) => self.indexOf(given.text('sub', '')))],
  ['rfind', method<string>('sub', (self, given) => self.lastIndexOf(given.text('sub', '')))],
  ['index', method<string>('sub', (self, given) => found(self.indexOf(given.text('sub', ''))))],
  ['rindex', method<string>('sub', (self, given) => found(self.lastIndexOf(given.text('sub', ''))))],
  [
    'count',
    method<string>('sub', (self, given) => {
      const part = given.text('sub', '');
      return part === '' ? [...self].length + 1 : self.split(part).length - 1;
    }),
  ],
  ['isdigit', all(/^\p{Nd}+$/u)],
  ['isdecimal', all(/^\p{Nd}+$/u)],
  ['isnumeric', all(/^\p{N}+$/u)],
  ['isalpha', all(/^\p{L}+$/u)],
  ['isalnum', all(/^[\p{L}\p{N}]+$/u)],
  ['isspace', all(/^\s+$/)],
  ['islower', method<string>('', (self) => isLower(self))],
  ['isupper', method<string>('', (self) => isUpper(self))],
  [
    'zfill',
    method<string>('width', (self, given, { budget }) => {
      const missing = Math.max(0, given.integer('width', 0) - [...self].length);
      budget.spendText(missing);
      const sign = /^[+-]/.exec(self)?.[0] ?? '';
      return sign + '0'.repeat(missing) + self.slice(sign.length);
    }),
  ],
  ['ljust', pad('right')],
  ['rjust', pad('left')],
  [
    'center',
    method<string>('width fillchar?', (self, given, { budget }) =>
      center(self, given.integer('width', 0), fillOf(given), budget),
    ),
  ],
  ['join', method<string>('iterable', joined)],
  ['format', method<string>('*', (self, given, { budget }) => formatMethod(self, given.rest, given.more, budget))],
]);
