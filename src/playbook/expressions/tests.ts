import { contains, equal, order } from './compare.ts';
import {
  badValue,
  defined,
  elements,
  isFloat,
  isList,
  isMap,
  isSomeMap,
  Macro,
  numeric,
  truthy,
  typeName,
  Undefined,
} from './data.ts';
import { signature } from './given.ts';
import { createSeen } from './identity.ts';
import { findMatches } from './regex.ts';
import { text } from './spelling.ts';
import { isLower, isUpper } from './text.ts';
import { compareVersions } from './version.ts';
import type { Datum, DatumMap } from './data.ts';
import type { Given, Signature, Tools } from './given.ts';
import type { Budget } from './budget.ts';

export interface Test {
  readonly signature: Signature;
  /** Gets undefined values instead of failing on them. */
  readonly takesUndefined?: true;
  readonly holds: (value: Datum, given: Given, tools: Tools) => boolean;
}
const test = (parameters: string, holds: Test['holds']): Test => ({ signature: signature(parameters), holds });

const matches = (anchor: 'start' | 'anywhere'): Test =>
  test('pattern ignorecase? multiline? match_type?', (value, given, { budget }) => {
    const flags = { ignoreCase: given.flag('ignorecase'), multiline: given.flag('multiline') };
    const pattern = given.text('pattern', '');
    const kind = given.text('match_type', 'search');
    const anchored = anchor === 'start' || kind === 'match' || kind === 'fullmatch';
    const whole = kind === 'fullmatch' ? `(?:${pattern})\\Z` : pattern;
    return findMatches(whole, text(value, budget), flags, budget, 'first').some(
      ({ index }) => !anchored || index === 0,
    );
  });

const relation = (holds: (left: Datum, right: Datum, budget: Budget) => boolean): Test =>
  test('other', (value, given, { budget }) => holds(value, given.get('other'), budget));

const numberOf = (value: Datum): number => {
  const number = numeric(defined(value));
  if (number === undefined) throw badValue(`a number is wanted here, not ${typeName(value)}`);
  return number;
};

const isDivisible = (value: Datum, by: Datum): boolean => {
  const divisor = numberOf(by);
  if (divisor === 0) throw badValue('nothing is divisible by zero');
  return numberOf(value) % divisor === 0;
};

/** A task's result: `register` variables. */
const result = (holds: (result: DatumMap) => boolean): Test =>
  test('', (value) => {
    if (!isMap(value)) throw badValue(`a registered result is wanted here, not ${typeName(value)}`);
    return holds(value);
  });
const flagOf = (result: DatumMap, name: string): boolean => Object.hasOwn(result, name) && truthy(result[name]!);
/** A loop's result is changed where an item's is. */
const isChanged = (found: DatumMap): boolean => {
  if (Object.hasOwn(found, 'changed')) return flagOf(found, 'changed');
  const items = Object.hasOwn(found, 'results') ? found['results']! : [];
  return isList(items) && items.some((item) => isMap(item) && flagOf(item, 'changed'));
};

const isWithin = (inner: Datum, outer: Datum, budget: Budget): boolean => {
  const seen = createSeen(budget, elements(outer, budget));
  return elements(inner, budget).every((item) => seen.has(item));
};

const equals = relation(equal);
const differs = relation((left, right, budget) => !equal(left, right, budget));
const less = relation((left, right, budget) => order(left, right, budget) < 0);
const atMost = relation((left, right, budget) => order(left, right, budget) <= 0);
const greater = relation((left, right, budget) => order(left, right, budget) > 0);
const atLeast = relation((left, right, budget) => order(left, right, budget) >= 0);

const hasElements = (value: Datum): boolean => typeof value === 'string' || isList(value) || isSomeMap(value);
const failed = result((found) => flagOf(found, 'failed'));
const succeeded = result((found) => !flagOf(found, 'failed'));
const changed = result(isChanged);
const skipped = result((found) => flagOf(found, 'skipped'));
const subset = test('other', (value, given, { budget }) => isWithin(value, given.get('other'), budget));
const superset = test('other', (value, given, { budget }) => isWithin(given.get('other'), value, budget));
const isAbsolute = test('', (value, _, { budget }) => text(value, budget).startsWith('/'));
const version = test('version operator? strict? version_type?', (value, given, { budget }) => {
  if (!truthy(value) || !truthy(given.get('version'))) throw badValue('an empty value is no version');
  const kind = given.flag('strict')
    ? 'strict'
    : given.get('version_type') === null
      ? 'loose'
      : given.text('version_type', '');
  const other = text(defined(given.get('version')), budget);
  return compareVersions(text(value, budget), given.text('operator', 'eq'), other, kind);
});
/** Words for yes and no count where `convert_bool` asks for it. */
const isTrue = (value: Datum, given: Given): boolean => {
  const word = String(numeric(value) ?? (typeof value === 'string' ? value.trim().toLowerCase() : ''));
  if (given.flag('convert_bool')) {
    if (['y', 'yes', 'on', '1', 'true', 't'].includes(word)) return true;
    if (['n', 'no', 'off', '0', 'false', 'f'].includes(word)) return false;
  }
  return truthy(value);
};

/** Every test after `is`, by name. */
export const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['defined', { ...test('', (value) => !(value instanceof Undefined)), takesUndefined: true }],
  ['undefined', { ...test('', (value) => value instanceof Undefined), takesUndefined: true }],
  ['none', test('', (value) => value === null)],
  ['string', test('', (value) => typeof value === 'string')],
  ['number', test('', (value) => numeric(value) !== undefined)],
  ['integer', test('', (value) => typeof value === 'number' && Number.isInteger(value))],
  ['float', test('', isFloat)],
  ['boolean', test('', (value) => typeof value === 'boolean')],
  ['true', test('', (value) => value === true)],
  ['false', test('', (value) => value === false)],
  ['truthy', test('convert_bool?', isTrue)],
  ['falsy', test('convert_bool?', (value, given) => !isTrue(value, given))],
  ['mapping', test('', isSomeMap)],
  ['sequence', test('', hasElements)],
  ['iterable', test('', hasElements)],
  ['even', test('', (value) => isDivisible(value, 2))],
  ['odd', test('', (value) => Math.abs(numberOf(value) % 2) === 1)],
  ['divisibleby', test('num', (value, given) => isDivisible(value, given.get('num')))],
  ['nan', test('', () => false)],
  ['isnan', test('', () => false)],
  ['lower', test('', (value, _, { budget }) => isLower(text(value, budget)))],
  ['upper', test('', (value, _, { budget }) => isUpper(text(value, budget)))],
  ['in', test('seq', (value, given, { budget }) => contains(given.get('seq'), value, budget))],
  ['contains', test('value', (value, given, { budget }) => contains(value, given.get('value'), budget))],
  ['any', test('', (value, _, { budget }) => elements(value, budget).some(truthy))],
  ['all', test('', (value, _, { budget }) => elements(value, budget).every(truthy))],
  ['subset', subset],
  ['issubset', subset],
  ['superset', superset],
  ['issuperset', superset],
  ['sameas', test('other', (value, given) => !(value instanceof Macro) && value === given.get('other'))],
  ['match', matches('start')],
  ['search', matches('anywhere')],
  ['regex', matches('anywhere')],
  ['version', version],
  ['version_compare', version],
  ...['eq', 'equalto', '=='].map((name) => [name, equals] as const),
  ...['ne', '!='].map((name) => [name, differs] as const),
  ...['lt', 'lessthan', '<'].map((name) => [name, less] as const),
  ...['le', '<='].map((name) => [name, atMost] as const),
  ...['gt', 'greaterthan', '>'].map((name) => [name, greater] as const),
  ...['ge', '>='].map((name) => [name, atLeast] as const),
  ...['failed', 'failure'].map((name) => [name, failed] as const),
  ...['succeeded', 'success', 'successful'].map((name) => [name, succeeded] as const),
  ...['changed', 'change'].map((name) => [name, changed] as const),
  ...['skipped', 'skip'].map((name) => [name, skipped] as const),
  ['unreachable', result((found) => flagOf(found, 'unreachable'))],
  ['reachable', result((found) => !flagOf(found, 'unreachable'))],
  ['abs', isAbsolute],
  ['is_abs', isAbsolute],
]);
