import {
  badValue,
  defined,
  exact,
  Float,
  float,
  isFloat,
  isList,
  isSomeMap,
  numeric,
  Tuple,
  tupleOf,
  typeName,
} from './data.ts';
import { format } from './format.ts';
import { text } from './spelling.ts';
import type { Datum } from './data.ts';
import type { Budget } from './budget.ts';
import type { Operator } from './syntax.ts';

/** The remainder has the sign of the divisor, as in Python. */
const modulo = (left: number, right: number): number => {
  const remainder = left % right;
  if (remainder === 0) return right < 0 ? -0 : 0;
  return remainder < 0 !== right < 0 ? remainder + right : remainder;
};
/** Rounds down what is left without the remainder, so that `2 // 0.1` is 19. Rule: CPython's float_divmod. */
const floorDivide = (left: number, right: number): number => {
  const quotient = (left - modulo(left, right)) / right;
  if (quotient === 0) return 0 * Math.sign(left / right);
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
};

const calculate: Readonly<Record<Exclude<Operator, '~'>, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '//': floorDivide,
  '%': modulo,
  '**': (left, right) => left ** right,
};

const numbers = (operator: Exclude<Operator, '~'>, left: Datum, right: Datum): Datum | undefined => {
  const [first, second] = [numeric(left), numeric(right)];
  if (first === undefined || second === undefined) return undefined;
  if (second === 0 && ['/', '//', '%'].includes(operator)) throw badValue('division by zero');
  if (first === 0 && second < 0 && operator === '**') throw badValue('zero to a negative power');
  const result = calculate[operator](first, second);
  if (!Number.isFinite(result)) throw badValue('the result is no finite number');
  const isInexact = isFloat(left) || isFloat(right) || operator === '/' || (operator === '**' && second < 0);
  if (isInexact) return float(result);
  return exact(result);
};

const repeat = (sequence: Datum, times: Datum, budget: Budget): Datum | undefined => {
  const count = Number.isInteger(times) || typeof times === 'boolean' ? Math.max(0, Number(times)) : undefined;
  if (count === undefined) return undefined;
  if (typeof sequence === 'string') {
    budget.spendText(sequence.length * count);
    return sequence.repeat(count);
  }
  if (!isList(sequence)) return undefined;
  budget.spend(sequence.length * count);
  const repeated = Array.from({ length: count }, () => [...sequence]).flat();
  return sequence instanceof Tuple ? tupleOf(repeated) : repeated;
};

const sequences = (operator: Operator, left: Datum, right: Datum, budget: Budget): Datum | undefined => {
  if (operator === '*') return repeat(left, right, budget) ?? repeat(right, left, budget);
  if (operator !== '+') return undefined;
  if (typeof left === 'string' && typeof right === 'string') {
    budget.spendText(left.length + right.length);
    return left + right;
  }
  if (!isList(left) || !isList(right) || left instanceof Tuple !== right instanceof Tuple) return undefined;
  budget.spend(left.length + right.length);
  return left instanceof Tuple ? tupleOf([...left, ...right]) : [...left, ...right];
};

/** `left operator right` as Python does it: `/` gives a float, `//` rounds down, `%` has the divisor's sign, `~` joins texts. */
export const arithmetic = (operator: Operator, left: Datum, right: Datum, budget: Budget): Datum => {
  if (operator === '~') return text(left, budget) + text(right, budget);
  defined(left);
  defined(right);
  if (operator === '%' && typeof left === 'string') {
    const filling = right instanceof Tuple ? { tuple: right } : isSomeMap(right) ? { map: right } : { value: right };
    return format(left, filling, budget);
  }
  const result = numbers(operator, left, right) ?? sequences(operator, left, right, budget);
  if (result !== undefined) return result;
  const isText = operator === '+' && (typeof left === 'string' || typeof right === 'string');
  throw badValue(
    `'${operator}' does not work on ${typeName(left)} and ${typeName(right)}`,
    isText ? 'join texts with ~, or turn a text into a number with | int' : undefined,
  );
};

/** `-x` and `+x`. */
export const sign = (operator: '+' | '-', operand: Datum): Datum => {
  const value = numeric(defined(operand));
  if (value === undefined) throw badValue(`'${operator}' does not work on ${typeName(operand)}`);
  if (operand instanceof Float) return new Float(operator === '-' ? -value : value);
  return operator === '-' ? 0 - value : value;
};
