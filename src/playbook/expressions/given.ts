import { badValue, defined, isFloat, numeric, truthy, typeName } from './data.ts';
import type { Datum } from './data.ts';
import type { Budget } from './budget.ts';

/** The arguments of a filter, test or method, by the names of its parameters. */
export interface Given {
  readonly has: (name: string) => boolean;
  /** The argument, or null where it is not given. */
  readonly get: (name: string) => Datum;
  /** Throws where it is given and no text. */
  readonly text: (name: string, otherwise: string) => string;
  readonly integer: (name: string, otherwise: number) => number;
  readonly flag: (name: string, otherwise?: boolean) => boolean;
  /** Positional arguments beyond the named parameters. */
  readonly rest: readonly Datum[];
  /** Keyword arguments beyond them. */
  readonly more: ReadonlyMap<string, Datum>;
}

/** What filters, tests, methods and functions may use: the budget, and each other. */
export interface Tools {
  readonly budget: Budget;
  /** Marks a list or map as made by this rendering: its methods may change it. */
  readonly own: <T extends Datum & object>(made: T) => T;
  readonly owns: (datum: Datum & object) => boolean;
  readonly filter: (
    name: string,
    value: Datum,
    positional: readonly Datum[],
    named: ReadonlyMap<string, Datum>,
  ) => Datum;
  readonly test: (
    name: string,
    value: Datum,
    positional: readonly Datum[],
    named: ReadonlyMap<string, Datum>,
  ) => boolean;
}

/** The names of a callable's parameters, in Python's order. */
export interface Signature {
  readonly parameters: readonly string[];
  readonly required: number;
  /** Takes any number more by position. */
  readonly rest: boolean;
  /** Takes any others by name. */
  readonly more: boolean;
}

/** `'value other? *'`: required, optional, and any more by position or name; `**` for any more by name alone. */
export const signature = (text: string): Signature => {
  const words = text.split(' ').filter(Boolean);
  const parameters = words.filter((word) => !word.startsWith('*'));
  return {
    parameters: parameters.map((word) => word.replace('?', '')),
    required: parameters.filter((word) => !word.endsWith('?')).length,
    rest: words.includes('*'),
    more: words.includes('*') || words.includes('**'),
  };
};

/** What is wrong with a call, or undefined. Needs only counts and names, so it is known before anything is evaluated. */
export const misuse = (
  called: string,
  { parameters, required, rest, more }: Signature,
  count: number,
  names: readonly string[],
): string | undefined => {
  if (!rest && count > parameters.length)
    return `${called} takes ${parameters.length === 0 ? 'no arguments' : `${parameters.length} at most`}, not ${count}`;
  const foreign = names.find((name) => !parameters.includes(name));
  if (!more && foreign !== undefined)
    return `${called} has no argument '${foreign}'${parameters.length > 0 ? `; it takes ${parameters.join(', ')}` : ''}`;
  const missing = parameters.slice(count, required).find((name) => !names.includes(name));
  return missing === undefined ? undefined : `${called} needs the argument '${missing}'`;
};

export const bindArguments = (
  called: string,
  expected: Signature,
  positional: readonly Datum[],
  named: ReadonlyMap<string, Datum>,
  budget: Budget,
): Given => {
  const wrong = misuse(called, expected, positional.length, [...named.keys()]);
  if (wrong !== undefined) throw badValue(wrong);
  const bound = new Map(
    expected.parameters.slice(0, positional.length).map((name, index) => [name, positional[index]!]),
  );
  const more = new Map<string, Datum>();
  for (const [name, value] of named) (expected.parameters.includes(name) ? bound : more).set(name, value);
  const get = (name: string): Datum => bound.get(name) ?? null;
  return {
    has: (name) => bound.has(name),
    get,
    text: (name, otherwise) => {
      if (!bound.has(name)) return otherwise;
      const value = defined(get(name));
      if (typeof value !== 'string') throw badValue(`${called}: '${name}' must be a string, not ${typeName(value)}`);
      budget.spendText(value.length);
      return value;
    },
    integer: (name, otherwise) => {
      if (!bound.has(name)) return otherwise;
      const value = numeric(defined(get(name)));
      if (value === undefined || isFloat(get(name)))
        throw badValue(`${called}: '${name}' must be an integer, not ${typeName(get(name))}`);
      return value;
    },
    flag: (name, otherwise = false) => (bound.has(name) ? truthy(get(name)) : otherwise),
    rest: positional.slice(expected.parameters.length),
    more,
  };
};
