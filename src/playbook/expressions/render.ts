import { Budget, stepsOfFile, stepsOfValue } from './budget.ts';
import {
  badValue,
  Blank,
  defined,
  Float,
  isList,
  isMap,
  LazyMap,
  Macro,
  mapOf,
  numeric,
  truthy,
  Undefined,
} from './data.ts';
import { ExpressionError } from './errors.ts';
import { createTools, evaluate } from './evaluate.ts';
import { refuseOmitInside } from './omit.ts';
import { asMode, createRunner } from './run.ts';
import { plainMap } from './spelling.ts';
import { parseCondition, parseFile, parseTemplate } from './template.ts';
import { newlinesAtEnd } from './text.ts';
import type { Value } from '../../inventory/types.ts';
import type { BlockSpace } from './parse/cut.ts';
import type { Datum } from './data.ts';
import type { Names } from './evaluate.ts';
import type { Tools } from './given.ts';
import type { Reader } from './read.ts';

/** What a name stands for. */
export type Bound =
  /** A variable that people wrote: templates in it are rendered when it is used. */
  | { readonly kind: 'variable'; readonly value: Value }
  /** Facts, registered results, loop items: data, never taken for templates. */
  | { readonly kind: 'data'; readonly value: Value }
  /** `hostvars`: the variables of other hosts, by host. */
  | {
      readonly kind: 'hosts';
      readonly hosts: readonly string[];
      readonly variables: (host: string) => Lookup | undefined;
    };

/** Where an expression's names come from. */
export interface Lookup {
  readonly get: (name: string) => Bound | undefined;
  /** Every name, to find the nearest. */
  readonly names: () => Iterable<string>;
  /** What `lookup()` reads; without it lookups are errors. */
  readonly read?: Reader;
}

const deepest = 50;
const templated = new WeakMap<object, boolean>();

/** True where a value in the tree has braces of a template; keys are never templates, as in Ansible. */
export const hasTemplate = (value: Value): boolean => {
  if (typeof value === 'string') return /\{[{%#]/.test(value);
  if (typeof value !== 'object' || value === null) return false;
  const known = templated.get(value);
  if (known !== undefined) return known;
  const found = (Array.isArray(value) ? (value as readonly Value[]) : Object.values(value)).some(hasTemplate);
  templated.set(value, found);
  return found;
};

/** One rendering: its budget, the variables that are being rendered, and those that are done. */
interface Session {
  readonly tools: Tools;
  readonly runValue: ReturnType<typeof createRunner>;
  readonly trail: { readonly lookup: Lookup; readonly name: string }[];
  readonly names: Map<Lookup, Names>;
}

const inside = <T>(key: string | number, run: () => T): T => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError && error.variable === undefined) error.path = [key, ...error.path];
    throw error;
  }
};

/** Newlines at the end of a text that rendering has taken away are put back, as Ansible does. */
const withNewlines = (made: string, newlines: number): string =>
  made + '\n'.repeat(Math.max(0, newlines - newlinesAtEnd(made)));

const renderText = (source: string, lookup: Lookup, session: Session): Datum => {
  const { tools, runValue } = session;
  const { block, newlines } = parseTemplate(source);
  const names = namesOf(lookup, session);
  const [only] = block;
  if (block.length === 1 && only!.kind === 'output' && newlines <= 1) {
    const value = evaluate(only!.expression, names, tools);
    const isScalar = value === null || typeof value === 'boolean' || numeric(value) !== undefined;
    if (newlines === 0 || (only!.expression.kind === 'name' && isScalar))
      return checked(value instanceof Blank ? '' : defined(value), tools.budget);
  }
  const made = asMode('value', runValue(block, names), tools);
  return typeof made === 'string' ? withNewlines(made, newlines) : made;
};

/** The datum itself; throws on anything undefined in it. */
const checked = (datum: Datum, budget: Budget): Datum => {
  budget.spend(1);
  defined(datum);
  if (isList(datum)) for (const item of datum) checked(item, budget);
  else if (isMap(datum)) for (const value of Object.values(datum)) checked(value, budget);
  return datum;
};

const renderTree = (value: Value, lookup: Lookup, session: Session): Datum => {
  if (!hasTemplate(value)) return value;
  if (typeof value === 'string') return renderText(value, lookup, session);
  session.tools.budget.spend(1);
  if (isList(value)) return value.map((item, index) => inside(index, () => renderTree(item as Value, lookup, session)));
  return mapOf(
    Object.entries(value as Readonly<Record<string, Value>>).map(([key, item]) => [
      key,
      inside(key, () => renderTree(item, lookup, session)),
    ]),
  );
};

const renderVariable = (name: string, value: Value, lookup: Lookup, session: Session): Datum => {
  if (!hasTemplate(value)) return value;
  const { trail } = session;
  const start = trail.findIndex((step) => step.name === name && step.lookup === lookup);
  if (start !== -1) {
    const cycle = [...trail.slice(start).map((step) => step.name), name].join(' → ');
    throw new ExpressionError('variable-cycle', `these variables need each other: ${cycle}`);
  }
  if (trail.length >= deepest)
    throw new ExpressionError('expression-too-large', `more than ${deepest} variables refer to one another`);
  trail.push({ lookup, name });
  try {
    return renderTree(value, lookup, session);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    error.variable ??= name;
    if (error.code !== 'undefined-variable') throw error;
    return new Undefined(() => error);
  } finally {
    trail.pop();
  }
};

const namesOf = (lookup: Lookup, session: Session): Names => {
  const known = session.names.get(lookup);
  if (known) return known;
  const values = new Map<string, Datum | undefined>();
  const resolve = (name: string): Datum | undefined => {
    const bound = lookup.get(name);
    if (!bound || bound.kind === 'data') return bound?.value;
    if (bound.kind === 'variable') return renderVariable(name, bound.value, lookup, session);
    return new LazyMap(
      () => bound.hosts,
      (host) => {
        const variables = bound.variables(host);
        if (!variables) return undefined;
        const others = namesOf(variables, session);
        return new LazyMap(() => [...others.all()], others.get);
      },
    );
  };
  const names: Names = {
    all: lookup.names,
    read: lookup.read,
    get: (name) => {
      if (!values.has(name)) values.set(name, resolve(name));
      return values.get(name);
    },
  };
  session.names.set(lookup, names);
  return names;
};

/** Plain values again: floats as numbers, lazy maps computed. */
const plain = (datum: Datum, budget: Budget): Value => {
  budget.spend(1);
  if (datum instanceof Undefined) throw datum.error;
  if (datum instanceof Float) return datum.value;
  if (datum instanceof Macro) throw badValue('a macro is no value: call it');
  if (typeof datum === 'string') {
    budget.spendText(datum.length);
    refuseOmitInside(datum);
  }
  if (typeof datum !== 'object' || datum === null) return datum;
  if (isList(datum)) return datum.map((item) => plain(item, budget));
  return mapOf(Object.entries(plainMap(datum)).map(([key, item]) => [key, plain(item, budget)])) as Value;
};

const createSession = (steps: number): Session => {
  const tools = createTools(new Budget(steps));
  return { tools, runValue: createRunner(tools, 'value'), trail: [], names: new Map() };
};

/** Values nested so deeply that they exhaust the stack are too large, like all others. */
const guarded = <T>(run: () => T): T => {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionError('expression-too-large', 'a value is nested too deeply');
    throw error;
  }
};

/**
 * The value with every template in it rendered. A text that is nothing but one `{{ x }}` keeps the type of x; other texts are
 * joined as Ansible joins them, and become lists, maps and booleans where they are spelled so. Throws ExpressionError, its `path` leading to the text at fault.
 */
export const render = (value: Value, lookup: Lookup): Value => {
  if (!hasTemplate(value)) return value;
  return guarded(() => {
    const session = createSession(stepsOfValue);
    return plain(renderTree(value, lookup, session), session.tools.budget);
  });
};

/**
 * A template file's text, rendered. `space` overrides Ansible's `trim` (true) and `lstrip` (false). Throws ExpressionError; an
 * offset counts from the start of the file where the error names no variable.
 */
export const renderFile = (text: string, lookup: Lookup, space: Partial<BlockSpace> = {}): string =>
  guarded(() => {
    const session = createSession(stepsOfFile);
    const { block, newlines } = parseFile(text, space);
    const made = createRunner(session.tools, 'file')(block, namesOf(lookup, session));
    refuseOmitInside(made);
    return withNewlines(made, newlines);
  });

/** The value of an expression without braces, such as `debug: var`. Throws ExpressionError. */
export const evaluateExpression = (expression: string, lookup: Lookup): Value =>
  guarded(() => {
    const session = createSession(stepsOfValue);
    const value = evaluate(parseCondition(expression), namesOf(lookup, session), session.tools);
    return plain(value, session.tools.budget);
  });

/** True where the expression's value is true in Python's sense. Throws ExpressionError. */
export const evaluateCondition = (condition: string, lookup: Lookup): boolean =>
  guarded(() => {
    const session = createSession(stepsOfValue);
    return truthy(evaluate(parseCondition(condition), namesOf(lookup, session), session.tools));
  });
