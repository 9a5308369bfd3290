import { badValue, exact, float, Float, isFloat, numeric, typeName } from '../data.ts';
import { roundHalfEven } from '../number-text.ts';
import { text } from '../spelling.ts';
import { filter } from './filter.ts';
import type { Datum } from '../data.ts';
import type { Given } from '../given.ts';
import type { Filter, NamedFilter } from './filter.ts';

const toInteger = (value: Datum, given: Given): Datum => {
  const fallback = given.has('default') ? given.get('default') : 0;
  const number = numeric(value);
  if (number !== undefined) return exact(Math.trunc(number));
  if (typeof value !== 'string') return fallback;
  const base = given.integer('base', 10);
  const trimmed = value.trim().replaceAll(/(?<=\w)_(?=\w)/g, '');
  const isDecimal = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(trimmed);
  if (base === 10 && isDecimal) return exact(Math.trunc(Number(trimmed)));
  const prefix = { 2: /^([+-]?)0b/i, 8: /^([+-]?)0o/i, 16: /^([+-]?)0x/i, 0: /^(?!)/ }[base];
  const digits = prefix ? trimmed.replace(prefix, '$1') : trimmed;
  const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, Math.max(2, Math.min(36, base)));
  if (base !== 10 && new RegExp(`^[+-]?[${alphabet}]+$`, 'i').test(digits)) return exact(Number.parseInt(digits, base));
  return isDecimal ? exact(Math.trunc(Number(trimmed))) : fallback;
};

const toFloat = (value: Datum, given: Given): Datum => {
  const isNumber = typeof value === 'string' && /^\s*[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value);
  const number = numeric(value) ?? (isNumber ? Number(value) : undefined);
  if (number !== undefined) return float(finite(number));
  return given.has('default') ? given.get('default') : new Float(0);
};
const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw badValue('the result is no finite number');
  return value;
};

const numberOf = (value: Datum, name: string): number => {
  const number = numeric(value);
  if (number !== undefined) return number;
  const hint = typeof value === 'string' ? 'turn the text into a number with | int or | float' : undefined;
  throw badValue(`${name} works on numbers, not on ${typeName(value)}`, hint);
};

const round = (value: Datum, given: Given): Datum => {
  const number = numberOf(value, 'round');
  const digits = Math.max(-15, Math.min(15, given.integer('precision', 0)));
  const method = given.text('method', 'common');
  if (!['common', 'ceil', 'floor'].includes(method))
    throw badValue(`round has the methods common, ceil and floor, not '${method}'`);
  if (method === 'common') return isFloat(value) ? float(roundHalfEven(number, digits)) : roundHalfEven(number, digits);
  return float(Math[method as 'ceil' | 'floor'](number * 10 ** digits) / 10 ** digits);
};

const logarithm = (value: number, base: number): number => {
  if (value <= 0 || base <= 0 || base === 1) throw badValue('there is no such logarithm');
  if (base === 10) return Math.log10(value);
  if (base === 2) return Math.log2(value);
  return base === Math.E ? Math.log(value) : Math.log(value) / Math.log(base);
};

const units = 'YZEPTGMKB';
/** Bytes of a unit by its first letter: 1 for B, 1024 for K and so on. */
const sizeOf = (letter: string): number | undefined => {
  const index = units.indexOf(letter.toUpperCase());
  return index === -1 ? undefined : 1024 ** (units.length - 1 - index);
};

/** Rule: Ansible's module_utils/common/text/formatters.py, human_to_bytes. */
const toBytes = (source: string, unitGiven: string | undefined, isBits: boolean): number => {
  const [, digits = '', unitFound] = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?/.exec(source)!;
  if (!/\d/.test(digits)) throw badValue(`'${source}' is no size`, 'write a number and a unit, such as 2G or 512 MB');
  const unit = unitFound ?? unitGiven;
  if (unit === undefined) return exact(roundHalfEven(Number(digits), 0));
  const size = sizeOf(unit[0]!);
  if (size === undefined) throw badValue(`'${unit}' is no unit`, `units begin with one of ${[...units].join(', ')}`);
  const [letter, word] = isBits ? ['b', 'bit'] : ['B', 'byte'];
  if (unit.length > 1 && !unit.toLowerCase().includes(word) && unit[1] !== letter)
    throw badValue(`'${unit}' is no unit`, `write ${unit[0]!.toUpperCase()}${letter} or ${unit[0]!.toUpperCase()}`);
  return exact(roundHalfEven(Number(digits) * size, 0));
};

/** Rule: the same file, bytes_to_human. */
const toHuman = (size: number, isBits: boolean, unit: string | undefined): string => {
  const letter = [...units].find((one) => (unit === undefined ? size >= sizeOf(one)! : unit.toUpperCase() === one));
  const suffix = letter ?? 'B';
  const base = isBits ? 'bits' : 'Bytes';
  return `${(size / sizeOf(suffix)!).toFixed(2)} ${suffix === 'B' ? base : suffix + base[0]}`;
};

const power: Filter = filter('y', (value, given) =>
  float(finite(numberOf(value, 'pow') ** numberOf(given.get('y'), 'pow'))),
);

/** Filters of numbers, and between numbers and texts. */
export const numberFilters: readonly NamedFilter[] = [
  ['int', filter('default? base?', toInteger)],
  ['float', filter('default?', toFloat)],
  [
    'abs',
    filter('', (value) => {
      const number = Math.abs(numberOf(value, 'abs'));
      return value instanceof Float ? new Float(number) : number;
    }),
  ],
  ['round', filter('precision? method?', round)],
  ['pow', power],
  [
    'root',
    filter('base?', (value, given) => {
      const base = given.has('base') ? numberOf(given.get('base'), 'root') : 2;
      const number = numberOf(value, 'root');
      if (number < 0 || base === 0) throw badValue('there is no such root');
      return float(finite(base === 2 ? Math.sqrt(number) : number ** (1 / base)));
    }),
  ],
  [
    'log',
    filter('base?', (value, given) =>
      float(logarithm(numberOf(value, 'log'), given.has('base') ? numberOf(given.get('base'), 'log') : Math.E)),
    ),
  ],
  [
    'human_to_bytes',
    filter('default_unit? isbits?', (value, given, { budget }) =>
      toBytes(
        text(value, budget),
        given.get('default_unit') === null ? undefined : given.text('default_unit', ''),
        given.flag('isbits'),
      ),
    ),
  ],
  [
    'human_readable',
    filter('isbits? unit?', (value, given) =>
      toHuman(
        numberOf(value, 'human_readable'),
        given.flag('isbits'),
        given.get('unit') === null ? undefined : given.text('unit', ''),
      ),
    ),
  ],
];
