import { badValue, defined, isList, isMap, LazyMap, numeric, Tuple, typeName } from './data.ts';
import type { Datum } from './data.ts';
import type { Budget } from './budget.ts';

/** Python's `==`: numbers and booleans by value, maps whatever their order; values of other types are never equal. */
export const equal = (left: Datum, right: Datum, budget: Budget): boolean => {
  budget.spend(1);
  defined(left);
  defined(right);
  const [leftNumber, rightNumber] = [numeric(left), numeric(right)];
  if (leftNumber !== undefined || rightNumber !== undefined) return leftNumber === rightNumber;
  if (isList(left) && isList(right))
    return (
      left instanceof Tuple === right instanceof Tuple &&
      left.length === right.length &&
      left.every((item, index) => equal(item, right[index]!, budget))
    );
  if (isMap(left) && isMap(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && equal(left[key]!, right[key]!, budget))
    );
  }
  if (typeof left === 'string' && typeof right === 'string') budget.spendText(left.length);
  return left === right;
};

/** Python's `<` as a number below, equal to or above zero. Throws where the types have no order. */
export const order = (left: Datum, right: Datum, budget: Budget): number => {
  budget.spend(1);
  defined(left);
  defined(right);
  const [leftNumber, rightNumber] = [numeric(left), numeric(right)];
  if (leftNumber !== undefined && rightNumber !== undefined) return leftNumber - rightNumber;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : Number(left > right);
  if (isList(left) && isList(right) && left instanceof Tuple === right instanceof Tuple) {
    for (let index = 0; index < Math.min(left.length, right.length); index++)
      if (!equal(left[index]!, right[index]!, budget)) return order(left[index]!, right[index]!, budget);
    return left.length - right.length;
  }
  throw badValue(
    `${typeName(left)} and ${typeName(right)} have no order`,
    typeof left === 'string' || typeof right === 'string'
      ? 'turn the text into a number with | int or | float'
      : undefined,
  );
};

/** Python's `in`: a part of a text, an element of a list, a key of a map. */
export const contains = (container: Datum, wanted: Datum, budget: Budget): boolean => {
  defined(container);
  defined(wanted);
  if (typeof container === 'string') {
    if (typeof wanted !== 'string') throw badValue(`'in' looks for a string in a string, not for ${typeName(wanted)}`);
    budget.spendText(container.length);
    return container.includes(wanted);
  }
  if (isList(container)) return container.some((item) => equal(item, wanted, budget));
  if (container instanceof LazyMap) return container.keys.includes(String(wanted));
  if (isMap(container)) return typeof wanted !== 'object' && Object.hasOwn(container, String(wanted));
  throw badValue(`'in' needs a list, a map or a string on its right, not ${typeName(container)}`);
};
