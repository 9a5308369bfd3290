import { Float, isList, Macro, numeric, Tuple, truthy, Undefined } from '../data.ts';
import { ExpressionError } from '../errors.ts';
import { text } from '../spelling.ts';
import { filter } from './filter.ts';
import type { Datum } from '../data.ts';
import type { Filter, NamedFilter } from './filter.ts';

/** `default`: for what is undefined, and with a second argument for what is empty or false as well. */
const otherwise: Filter = {
  ...filter('default_value? boolean?', (value, given) => {
    const isUnset = value instanceof Undefined || (given.flag('boolean') && !truthy(value));
    if (!isUnset) return value;
    return given.has('default_value') ? given.get('default_value') : '';
  }),
  takesUndefined: true,
};

const mandatory: Filter = {
  ...filter('msg?', (value, given) => {
    if (!(value instanceof Undefined)) return value;
    throw given.get('msg') === null ? value.error : new ExpressionError('undefined-variable', given.text('msg', ''));
  }),
  takesUndefined: true,
};

const yes = new Set(['yes', 'on', '1', 'true']);

/** The name of the type in Python. */
const pythonType = (value: Datum): string => {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (value instanceof Float) return 'float';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Macro) return 'Macro';
  return isList(value) ? 'list' : 'dict';
};

/** Filters of any value: whether there is one, what it is, and which of two. */
export const scalarFilters: readonly NamedFilter[] = [
  ['default', otherwise],
  ['d', otherwise],
  ['mandatory', mandatory],
  [
    'bool',
    filter('', (value) => {
      if (value === null || typeof value === 'boolean') return value;
      return yes.has(String(numeric(value) ?? (typeof value === 'string' ? value : '')).toLowerCase());
    }),
  ],
  ['string', filter('', (value, _, { budget }) => text(value, budget))],
  ['type_debug', filter('', pythonType)],
  [
    'ternary',
    filter('true_val false_val none_val?', (value, given) => {
      if (value === null && given.get('none_val') !== null) return given.get('none_val');
      return given.get(truthy(value) ? 'true_val' : 'false_val');
    }),
  ],
];
