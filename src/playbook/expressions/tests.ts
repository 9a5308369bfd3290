import { contains, equal, order } from './compare.ts';
import { badValue, defined, isList, isMap, isSomeMap, numeric, truthy, typeName, Undefined } from './data.ts';
import { signature } from './given.ts';
import { findMatches } from './regex.ts';
import { text } from './spelling.ts';
import { compareVersions } from './version.ts';
import type { Datum } from './data.ts';
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
    const atStart = anchor === 'start' || given.text('match_type', 'search') === 'match';
    return findMatches(pattern, text(value, budget), flags, budget, 'first').some(
      ({ index }) => !atStart || index === 0,
    );
  });

const relation = (holds: (left: Datum, right: Datum, budget: Budget) => boolean): Test =>
  test('other', (value, given, { budget }) => holds(value, given.get('other'), budget));

const integerOf = (value: Datum): number => {
  const number = numeric(value);
  if (number === undefined) throw badValue(`${typeName(value)} is neither even nor odd`);
  return number;
};

/** A task's result: `register` variables. */
const result = (holds: (result: Datum & object) => boolean): Test =>
  test('', (value) => {
    if (!isMap(value)) throw badValue(`a registered result is wanted here, not ${typeName(value)}`);
    return holds(value);
  });
const flagOf = (result: Datum & object, name: string): boolean =>
  isMap(result) && Object.hasOwn(result, name) && truthy(result[name]!);

const equals = relation(equal);
const differs = relation((left, right, budget) => !equal(left, right, budget));
const less = relation((left, right, budget) => order(left, right, budget) < 0);
const atMost = relation((left, right, budget) => order(left, right, budget) <= 0);
const greater = relation((left, right, budget) => order(left, right, budget) > 0);
const atLeast = relation((left, right, budget) => order(left, right, budget) >= 0);

/** Every test after `is`, by name. */
export const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['defined', { ...test('', (value) => !(value instanceof Undefined)), takesUndefined: true }],
  ['undefined', { ...test('', (value) => value instanceof Undefined), takesUndefined: true }],
  ['none', test('', (value) => value === null)],
  ['string', test('', (value) => typeof value === 'string')],
  ['number', test('', (value) => numeric(value) !== undefined)],
  ['boolean', test('', (value) => typeof value === 'boolean')],
  ['true', test('', (value) => value === true)],
  ['false', test('', (value) => value === false)],
  ['mapping', test('', isSomeMap)],
  ['sequence', test('', (value) => typeof value === 'string' || isList(value) || isSomeMap(value))],
  ['iterable', test('', (value) => typeof value === 'string' || isList(value) || isSomeMap(value))],
  ['even', test('', (value) => integerOf(value) % 2 === 0)],
  ['odd', test('', (value) => Math.abs(integerOf(value) % 2) === 1)],
  ['in', test('seq', (value, given, { budget }) => contains(given.get('seq'), value, budget))],
  ['match', matches('start')],
  ['search', matches('anywhere')],
  ['regex', matches('anywhere')],
  [
    'version',
    test('version operator?', (value, given, { budget }) =>
      compareVersions(text(value, budget), given.text('operator', 'eq'), text(defined(given.get('version')), budget))),
  ],
  ['eq', equals],
  ['equalto', equals],
  ['ne', differs],
  ['lt', less],
  ['le', atMost],
  ['gt', greater],
  ['ge', atLeast],
  ['failed', result((value) => flagOf(value, 'failed'))],
  ['succeeded', result((value) => !flagOf(value, 'failed'))],
  ['changed', result((value) => flagOf(value, 'changed'))],
  ['skipped', result((value) => flagOf(value, 'skipped'))],
]);
