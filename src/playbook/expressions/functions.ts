import {
  badValue,
  defined,
  elements,
  exact,
  isList,
  isSomeMap,
  mapOf,
  Namespace,
  typeName,
  Undefined,
} from './data.ts';
import { ExpressionError } from './errors.ts';
import { signature } from './given.ts';
import { unqualified } from './qualified.ts';
import { lookup } from './read.ts';
import { plainMap, text } from './spelling.ts';
import type { Datum } from './data.ts';
import type { Given, Signature, Tools } from './given.ts';
import type { Reader } from './read.ts';

export interface Callable {
  readonly signature: Signature;
  readonly call: (given: Given, tools: Tools, read: Reader | undefined) => Datum;
}
const define = (parameters: string, call: Callable['call']): Callable => ({ signature: signature(parameters), call });

/** The lookups there are. */
export const lookups: ReadonlySet<string> = new Set(['env', 'file']);

const lookupWith = (isList: boolean): Callable =>
  define('plugin *', (given, { budget }, read) => {
    const name = unqualified(given.text('plugin', ''));
    if (!lookups.has(name)) throw badValue(`there is no lookup '${name}'`, `there are ${[...lookups].join(', ')}`);
    const found = lookup(name, given, read, isList);
    if (typeof found === 'string') budget.spendText(found.length);
    return found;
  });

const range = define('start stop? step?', (given, { budget }) => {
  const [start, stop] = given.has('stop')
    ? [given.integer('start', 0), given.integer('stop', 0)]
    : [0, given.integer('start', 0)];
  const step = given.integer('step', 1);
  if (step === 0) throw badValue('the step of a range cannot be 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  budget.spend(length);
  return Array.from({ length }, (_, index) => exact(start + index * step));
});

/** Pairs of a map, or of a list of pairs. */
const entriesOf = (source: Datum, { budget }: Tools): readonly (readonly [string, Datum])[] => {
  defined(source);
  if (isSomeMap(source)) return Object.entries(plainMap(source));
  if (!isList(source)) throw badValue(`a map or a list of pairs is wanted, not ${typeName(source)}`);
  return elements(source, budget).map((pair) => {
    const items = elements(pair, budget);
    if (items.length !== 2) throw badValue(`a pair has 2 elements, not ${items.length}`);
    return [text(items[0]!, budget), items[1]!];
  });
};

const entriesGiven = (given: Given, tools: Tools): readonly (readonly [string, Datum])[] => [
  ...(given.has('source') ? entriesOf(given.get('source'), tools) : []),
  ...given.more,
];

/** Every function that an expression can call, by name. */
export const functions: ReadonlyMap<string, Callable> = new Map([
  ['lookup', lookupWith(false)],
  ['query', lookupWith(true)],
  ['q', lookupWith(true)],
  ['range', range],
  ['dict', define('source? **', (given, tools) => tools.own(mapOf(entriesGiven(given, tools))))],
  ['namespace', define('source? **', (given, tools) => new Namespace(new Map(entriesGiven(given, tools))))],
  [
    'undef',
    define(
      'hint?',
      (given) =>
        new Undefined(() => new ExpressionError('undefined-variable', given.text('hint', 'a value is wanted here'))),
    ),
  ],
]);

/** Those whose first argument names a lookup. */
export const lookupNames: ReadonlySet<string> = new Set(['lookup', 'query', 'q']);
