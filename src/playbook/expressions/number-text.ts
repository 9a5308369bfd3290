import { badValue, exact } from './data.ts';

/** Halves go to the even neighbour, judged on the exact binary value, as Python rounds. */
export const roundHalfEven = (value: number, digits: number): number => {
  if (digits < 0) return roundHalfEven(value / 10 ** -digits, 0) * 10 ** -digits;
  const rounded = Number(Math.abs(value).toFixed(digits));
  const [, fraction = ''] = Math.abs(value)
    .toFixed(Math.min(100, digits + 60))
    .split('.');
  const isTie = /^50*$/.test(fraction.slice(digits));
  const unit = 10 ** -digits;
  const isOdd = Math.round(rounded / unit) % 2 === 1;
  const result = isTie && isOdd ? Number((rounded - unit).toFixed(digits)) : rounded;
  return value < 0 || Object.is(value, -0) ? -result : result;
};

/** An integer's digits in the base that printf's letter says, without its sign, with Python's prefix when it is wanted. */
export const integerDigits = (value: number, letter: string, isPrefixed: boolean): string => {
  const base = { x: 16, X: 16, o: 8, b: 2 }[letter] ?? 10;
  const digits = Math.abs(exact(Math.trunc(value))).toString(base);
  const body = (isPrefixed && base !== 10 ? `0${letter}` : '') + digits;
  return letter === 'X' ? body.toUpperCase() : body;
};

/** Python writes exponents with two digits at least. */
const exponent = (spelled: string): string => spelled.replace(/e([+-])(\d)$/, 'e$10$2');

/** The shorter of the two ways, without zeros at the end unless they are wanted. */
const general = (value: number, precision: number, keepsZeros: boolean): string => {
  const digits = Math.max(1, precision);
  const power = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
  const isExponential = power < -4 || power >= digits;
  const spelled = isExponential ? value.toExponential(digits - 1) : value.toFixed(Math.min(100, digits - 1 - power));
  if (keepsZeros || !spelled.includes('.')) return exponent(spelled);
  return exponent(spelled.replace(/\.?0+(?=e|$)/, ''));
};

/** A float's digits without its sign, as printf's e, E, f, F, g and G write them. */
export const floatDigits = (value: number, letter: string, precision: number, keepsZeros = false): string => {
  if (precision > 100) throw badValue('a number has at most 100 digits after its point');
  const size = Math.abs(value);
  const lower = letter.toLowerCase();
  const writers: Readonly<Record<string, () => string>> = {
    e: () => exponent(size.toExponential(precision)),
    f: () => (precision < 20 ? roundHalfEven(size, precision) : size).toFixed(precision),
    g: () => general(size, precision, keepsZeros),
  };
  const spelled = writers[lower]!();
  return letter === lower ? spelled : spelled.toUpperCase();
};
