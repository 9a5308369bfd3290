import { badValue, defined, isFloat, member, numeric, typeName } from './data.ts';
import { floatDigits, integerDigits } from './number-text.ts';
import { repr, text } from './spelling.ts';
import type { Datum } from './data.ts';
import type { Budget } from './budget.ts';

const widest = 1_000;
const field = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const specification = /^(?:([\s\S])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u;

const grouped = (digits: string, separator: string): string => {
  const [whole = '', ...rest] = digits.split(/(?=[.e])/);
  return whole.replaceAll(/\B(?=(?:\d{3})+$)/g, separator) + rest.join('');
};

/** The number as the letter wants it; without a letter, as text. */
const numberText = (value: Datum, number: number, letter: string, precision: number | undefined, budget: Budget) => {
  if (letter === '%') return `${floatDigits(number * 100, 'f', precision ?? 6)}%`;
  if (/^[eEfFgG]$/.test(letter)) return floatDigits(number, letter, precision ?? 6);
  if (letter === '' && isFloat(value))
    return precision === undefined
      ? text(value, budget).replace(/^-/, '')
      : floatDigits(number, 'g', precision).replace(/^\d+$/, '$&.0');
  if (isFloat(value) || precision !== undefined) throw badValue(`'${letter}' does not format ${typeName(value)} so`);
  if (/^[dnxXob]?$/.test(letter)) return integerDigits(number, letter || 'd', false);
  throw badValue(`'${letter}' is no format of a number`);
};

/** Rule: Python's format specification mini-language, without nested fields. */
const apply = (value: Datum, spec: string, budget: Budget): string => {
  if (spec === '') return text(value, budget);
  const match = specification.exec(spec);
  if (!match)
    throw badValue(`'${spec}' is no format`, 'a format is [fill][<>^=][sign][0][width][,][.precision][letter]');
  const [, fillGiven, alignGiven, signs = '', alternate, zero, widthGiven = '0', separator, digits, letter = ''] =
    match;
  const width = Number(widthGiven);
  const precision = digits === undefined ? undefined : Number(digits);
  if (width > widest || (precision ?? 0) > widest) throw badValue(`a width or precision goes up to ${widest}`);
  const number = numeric(value);
  const isNumber = number !== undefined;
  if (!isNumber && (signs || alternate || separator || alignGiven === '=' || !/^s?$/.test(letter)))
    throw badValue(`'${spec}' does not format ${typeName(value)}`);
  const fill = fillGiven ?? (zero ? '0' : ' ');
  const align = alignGiven ?? (isNumber ? (zero ? '=' : '>') : '<');
  let [sign, body] = ['', ''];
  if (isNumber) {
    sign = number < 0 || Object.is(number, -0) ? '-' : signs === '-' ? '' : signs;
    if (alternate && /^[xXob]$/.test(letter)) sign += `0${letter}`;
    body = numberText(value, number, letter, precision, budget);
    if (separator) body = grouped(body, separator);
  } else {
    const whole = text(value, budget);
    body = precision === undefined ? whole : [...whole].slice(0, precision).join('');
  }
  const missing = Math.max(0, width - [...sign, ...body].length);
  budget.spendText(width + body.length);
  const left = { '<': 0, '=': 0, '>': missing, '^': Math.floor(missing / 2) }[align]!;
  const between = align === '=' ? missing : 0;
  return fill.repeat(left) + sign + fill.repeat(between) + body + fill.repeat(missing - left - between);
};

/** `pattern.format(…)`. Throws ExpressionError where values and fields do not fit. */
export const formatMethod = (
  pattern: string,
  positional: readonly Datum[],
  named: ReadonlyMap<string, Datum>,
  budget: Budget,
): string => {
  let next = 0;
  budget.spendText(pattern.length);
  const found = (path: string): Datum => {
    const parts = /^([^.[]*)((?:\.\w+|\[[^\]]+\])*)$/.exec(path);
    if (!parts) throw badValue(`'{${path}}' is no field`);
    const [, first = '', rest = ''] = parts;
    const value = /^\d*$/.test(first) ? positional[first === '' ? next++ : Number(first)] : named.get(first);
    if (value === undefined) throw badValue(`there is no value for '{${path}}'`);
    return [...rest.matchAll(/\.(\w+)|\[([^\]]+)\]/g)].reduce(
      (object: Datum, [, name, key]) => member(object, /^\d+$/.test(key ?? '') ? Number(key) : (name ?? key)!),
      value,
    );
  };
  return pattern.replaceAll(field, (whole, inside: string | undefined) => {
    if (whole === '{{' || whole === '}}') return whole[0]!;
    if (inside === undefined) throw badValue(`a lone '${whole}' in a format`, `write ${whole}${whole}`);
    const [, path = '', shape, spec = ''] = /^([^!:]*)(?:!([rs]))?(?::([\s\S]*))?$/.exec(inside) ?? [];
    if (path === '' && /^[^:]*!/.test(inside) && shape === undefined) throw badValue(`'${whole}' is no field`);
    const value = defined(found(path));
    const made = apply(shape === 'r' ? repr(value, budget) : shape === 's' ? text(value, budget) : value, spec, budget);
    budget.spendText(made.length);
    return made;
  });
};
