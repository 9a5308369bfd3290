import { badValue, defined, isList, member, numeric, typeName } from './data.ts';
import { floatDigits, integerDigits } from './number-text.ts';
import { repr, text } from './spelling.ts';
import type { Datum, DatumMap, LazyMap } from './data.ts';
import type { Budget } from './budget.ts';

const widest = 1_000;
const conversion = /%(?:\(([^)]{0,200})\))?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?([\s\S]|$)/g;

/** What stands between `%` and its letter. */
interface Spec {
  readonly letter: string;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

const pad = (sign: string, digits: string, { flags, width }: Spec, isNumber: boolean): string => {
  const missing = Math.max(0, width - [...sign, ...digits].length);
  if (flags.includes('-')) return sign + digits + ' '.repeat(missing);
  return isNumber && flags.includes('0') ? sign + '0'.repeat(missing) + digits : ' '.repeat(missing) + sign + digits;
};

const characterOf = (value: Datum): string => {
  const number = numeric(value);
  if (typeof value === 'string' && [...value].length === 1) return value;
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= 0x10ffff)
    return String.fromCodePoint(number);
  throw badValue(`%c takes one character, not ${typeName(value)}`);
};

const convert = (value: Datum, spec: Spec, budget: Budget): string => {
  const { letter, flags, precision } = spec;
  if (letter === 'c') return pad('', characterOf(value), spec, false);
  if (letter === 's' || letter === 'r') {
    const spelled = letter === 's' ? text(value, budget) : repr(value, budget);
    return pad('', precision === undefined ? spelled : [...spelled].slice(0, precision).join(''), spec, false);
  }
  if (!/^[diuxXoeEfFgG]$/.test(letter))
    throw badValue(`'%${letter}' is no conversion`, 'write %% for the character itself');
  const number = numeric(value);
  const needsInteger = /[xXo]/.test(letter);
  if (number === undefined || (needsInteger && typeof value !== 'boolean' && !Number.isInteger(value)))
    throw badValue(`%${letter} needs ${needsInteger ? 'an integer' : 'a number'}, not ${typeName(value)}`);
  const isAlternate = flags.includes('#');
  const isInteger = /[diuxXo]/.test(letter);
  const written = isInteger ? Math.trunc(number) + 0 : number;
  const digits = isInteger
    ? integerDigits(written, letter, isAlternate).padStart(precision ?? 0, '0')
    : floatDigits(written, letter, precision ?? 6, isAlternate);
  const positive = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return pad(written < 0 || Object.is(written, -0) ? '-' : positive, digits, spec, true);
};

/** What a pattern is filled with: values one by one, a map for `%(name)s`, or one value. */
export type Filling =
  { readonly tuple: readonly Datum[] } | { readonly map: DatumMap | LazyMap } | { readonly value: Datum };

/** `pattern % filling`: printf's conversions as Python knows them. Throws ExpressionError where they do not fit. */
export const format = (pattern: string, filling: Filling, budget: Budget): string => {
  const named = 'map' in filling ? filling.map : undefined;
  const values = 'tuple' in filling ? filling.tuple : ['map' in filling ? filling.map : filling.value];
  // Python lets a pattern pass over a list or a map, for it might ask for none of their elements.
  const isOptional = 'map' in filling || ('value' in filling && isList(filling.value));
  let next = 0;
  const take = (): Datum => {
    if (next >= values.length) throw badValue('there are fewer values than the format wants');
    return defined(values[next++]!);
  };
  const sizeOf = (spelled: string): number => {
    const size = spelled === '*' ? take() : Number(spelled);
    if (typeof size === 'number' && Number.isInteger(size) && Math.abs(size) <= widest) return size;
    throw badValue(`a width or precision is an integer up to ${widest}`);
  };
  budget.spendText(pattern.length);
  const made = pattern.replaceAll(
    conversion,
    (whole, name: string | undefined, flags: string, width = '0', precision: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      const size = sizeOf(width);
      const hasPoint = whole.replace(/\([^)]*\)/, '').includes('.');
      const spec: Spec = {
        letter,
        flags: size < 0 ? `${flags}-` : flags,
        width: Math.abs(size),
        precision: hasPoint ? Math.max(0, sizeOf(precision ?? '0')) : undefined,
      };
      if (name !== undefined && !named) throw badValue(`%(${name})${letter} needs a map of values`);
      const converted = convert(name === undefined ? take() : defined(member(named!, name)), spec, budget);
      budget.spendText(converted.length);
      return converted;
    },
  );
  if (!isOptional && next < values.length) throw badValue('there are more values than the format wants');
  return made;
};
