import { badValue, defined, isList, isMap, LazyMap, Tuple, typeName } from '../data.ts';
import { bindArguments } from '../given.ts';
import { listMethods, tupleMethods } from './lists.ts';
import { Loop } from '../loop.ts';
import { mapMethods } from './maps.ts';
import { method } from './method.ts';
import { textMethods } from './texts.ts';
import { nearest } from '../../../diagnostics.ts';
import type { Datum } from '../data.ts';
import type { Tools } from '../given.ts';
import type { Methods } from './method.ts';

const loopMethods: Methods<Loop> = new Map([
  ['cycle', method<Loop>('*', (self, given) => self.cycle(given.rest))],
  ['changed', method<Loop>('*', (self, given, { budget }) => self.changed(given.rest, budget))],
]);

/** `self.name(…)`. Throws where the type has no such method. */
export const callMethod = (
  self: Datum,
  name: string,
  positional: readonly Datum[],
  named: ReadonlyMap<string, Datum>,
  tools: Tools,
): Datum => {
  const { budget } = tools;
  defined(self);
  const run = <T>(table: Methods<T>, self: T & Datum): Datum => {
    const found = table.get(name);
    if (!found) {
      const near = nearest(name, table.keys());
      throw badValue(
        `${typeName(self)} has no method '${name}'`,
        near === undefined ? `it has ${[...table.keys()].join(', ')}` : `did you mean '${near}'?`,
      );
    }
    const result = found.call(self, bindArguments(`${name}()`, found.signature, positional, named, budget), tools);
    budget.spend(isList(result) ? result.length : 1);
    return result;
  };
  if (typeof self === 'string') {
    budget.spendText(self.length);
    return run(textMethods, self);
  }
  if (self instanceof Tuple) return run(tupleMethods, self);
  if (isList(self)) return run(listMethods, self);
  if (self instanceof Loop) return run(loopMethods, self);
  if (self instanceof LazyMap || isMap(self)) return run(mapMethods, self);
  throw badValue(`${typeName(self)} has no methods`);
};
