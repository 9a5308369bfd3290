import { arithmetic, sign } from './arithmetic.ts';
import { contains, equal, order } from './compare.ts';
import {
  badValue,
  Blank,
  defined,
  elements,
  isFloat,
  isList,
  Macro,
  mapOf,
  member,
  missing,
  numeric,
  truthy,
  Tuple,
  tupleOf,
  typeName,
} from './data.ts';
import { ExpressionError } from './errors.ts';
import { mapFrom } from './filters/filter.ts';
import { filters } from './filters/index.ts';
import { functions } from './functions.ts';
import { bindArguments } from './given.ts';
import { callMethod } from './methods/index.ts';
import { unknownName } from './names.ts';
import { unqualified } from './qualified.ts';
import { text } from './spelling.ts';
import { tests } from './tests.ts';
import type { Budget } from './budget.ts';
import type { Datum } from './data.ts';
import type { Tools } from './given.ts';
import type { Reader } from './read.ts';
import type { Arguments, Call, Expression, Relation, Slice } from './syntax.ts';

/** Gives a name its value, rendered; undefined where there is none. */
export interface Names {
  readonly get: (name: string) => Datum | undefined;
  readonly all: () => Iterable<string>;
  readonly read: Reader | undefined;
}

const holds: Readonly<Record<Relation, (left: Datum, right: Datum, budget: Budget) => boolean>> = {
  '==': equal,
  '!=': (left, right, budget) => !equal(left, right, budget),
  '<': (left, right, budget) => order(left, right, budget) < 0,
  '<=': (left, right, budget) => order(left, right, budget) <= 0,
  '>': (left, right, budget) => order(left, right, budget) > 0,
  '>=': (left, right, budget) => order(left, right, budget) >= 0,
  in: (left, right, budget) => contains(right, left, budget),
  'not in': (left, right, budget) => !contains(right, left, budget),
};

/** What one rendering's filters, tests, methods and functions share. */
export const createTools = (budget: Budget): Tools => {
  const made = new WeakSet<object>();
  const tools: Tools = {
    budget,
    own: (datum) => {
      made.add(datum);
      return datum;
    },
    owns: (datum) => made.has(datum),
    filter: (called, value, positional, named) => {
      const name = unqualified(called);
      const found = filters.get(name);
      if (!found) throw unknownName('filter', name);
      const given = bindArguments(`the filter ${name}`, found.signature, positional, named, budget);
      const result = found.apply(found.takesUndefined || value instanceof Blank ? value : defined(value), given, tools);
      budget.spend(isList(result) ? result.length : 1);
      return result;
    },
    test: (called, value, positional, named) => {
      const name = unqualified(called);
      const found = tests.get(name);
      if (!found) throw unknownName('test', name);
      const given = bindArguments(`the test ${name}`, found.signature, positional, named, budget);
      return found.holds(found.takesUndefined ? value : defined(value), given, tools);
    },
  };
  return tools;
};

/** A chain of names as people wrote it; undefined for what is computed. */
const spell = (node: Expression): string | undefined => {
  if (node.kind === 'name') return node.name;
  if (node.kind !== 'member' || node.key.kind !== 'literal') return undefined;
  const object = spell(node.object);
  return object === undefined ? undefined : `${object}.${String(node.key.value)}`;
};

const bound = (datum: Datum, otherwise: number, name: string): number => {
  const value = numeric(defined(datum));
  if (datum === null) return otherwise;
  if (value === undefined || isFloat(datum))
    throw badValue(`the ${name} of a slice must be an integer, not ${typeName(datum)}`);
  return value;
};

/** `sequence[start:stop:step]` with Python's clamping. */
const slice = (sequence: Datum, start: Datum, stop: Datum, stepDatum: Datum, budget: Budget): Datum => {
  defined(sequence);
  if (typeof sequence !== 'string' && !isList(sequence)) throw badValue(`${typeName(sequence)} cannot be sliced`);
  const list = typeof sequence === 'string' ? [...sequence] : sequence;
  budget.spend(list.length);
  const step = bound(stepDatum, 1, 'step');
  if (step === 0) throw badValue('the step of a slice cannot be 0');
  const [low, high] = step > 0 ? [0, list.length] : [-1, list.length - 1];
  const clamp = (value: number): number => Math.max(low, Math.min(high, value < 0 ? value + list.length : value));
  const first = start === null ? (step > 0 ? low : high) : clamp(bound(start, 0, 'start'));
  const last = stop === null ? (step > 0 ? high : low) : clamp(bound(stop, 0, 'end'));
  const taken: Datum[] = [];
  for (let index = first; step > 0 ? index < last : index > last; index += step) taken.push(list[index]!);
  if (typeof sequence === 'string') return taken.join('');
  return sequence instanceof Tuple ? tupleOf(taken) : taken;
};

/**
 * The value of an expression. Undefined is a value until it is used, as in Jinja with strict undefined.
 * Throws ExpressionError, with the offset of what failed in the expression's source.
 */
export const evaluate = (expression: Expression, names: Names, tools: Tools): Datum => {
  const { budget } = tools;
  const all = ({ positional, named, spread, spreadNamed }: Arguments) => {
    const more = spreadNamed ? mapFrom(visit(spreadNamed), '**') : {};
    return [
      [...positional.map(visit), ...(spread ? elements(visit(spread), budget) : [])],
      new Map([...named.map(([name, value]) => [name, visit(value)] as const), ...Object.entries(more)]),
    ] as const;
  };
  const optional = (node: Expression | undefined): Datum => (node ? visit(node) : null);
  const sliceOf = ({ object, start, stop, step }: Slice): Datum =>
    slice(visit(object), optional(start), optional(stop), optional(step), budget);

  const call = ({ name, arguments: given }: Call): Datum => {
    const macro = names.get(name);
    if (macro instanceof Macro) return macro.call(...all(given));
    const found = functions.get(name);
    if (!found) throw unknownName('function', name);
    return found.call(bindArguments(`the function ${name}`, found.signature, ...all(given), budget), tools, names.read);
  };

  const visit = (node: Expression): Datum => {
    budget.spend(1);
    try {
      return compute(node);
    } catch (error) {
      if (error instanceof ExpressionError && error.variable === undefined) error.offset ??= node.offset;
      throw error;
    }
  };

  const compute = (node: Expression): Datum => {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'name': {
        const value = names.get(node.name);
        return value === undefined ? missing(node.name, names.all, node.offset) : value;
      }
      case 'list':
        return tools.own(node.items.map(visit));
      case 'tuple':
        return tupleOf(node.items.map(visit));
      case 'map':
        return tools.own(mapOf(node.entries.map(([key, value]) => [text(visit(key), budget), visit(value)])));
      case 'member':
        return member(visit(node.object), visit(node.key), node.offset, spell(node));
      case 'slice':
        return sliceOf(node);
      case 'method':
        return callMethod(visit(node.object), node.name, ...all(node.arguments), tools);
      case 'call':
        return call(node);
      case 'sign':
        return sign(node.operator, visit(node.operand));
      case 'not':
        return !truthy(visit(node.operand));
      case 'logic': {
        const left = visit(node.left);
        return truthy(left) === (node.operator === 'and') ? visit(node.right) : left;
      }
      case 'arithmetic':
        return arithmetic(node.operator, visit(node.left), visit(node.right), budget);
      case 'comparison': {
        let left = visit(node.first);
        return node.rest.every(({ relation, operand }) => {
          const right = visit(operand);
          const isTrue = holds[relation](left, right, budget);
          left = right;
          return isTrue;
        });
      }
      case 'filter':
        return tools.filter(node.name, visit(node.operand), ...all(node.arguments));
      case 'test':
        return tools.test(node.name, visit(node.operand), ...all(node.arguments)) !== node.negated;
      case 'choice': {
        if (truthy(visit(node.condition))) return visit(node.yes);
        if (node.no) return visit(node.no);
        const { offset } = node.condition;
        const message = "this 'if' has no 'else', and its condition is false";
        return new Blank(() => new ExpressionError('undefined-variable', message, { offset }));
      }
    }
  };
  return visit(expression);
};
