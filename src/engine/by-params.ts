import type { AnyModule } from '../contract/module.ts';
import type { Value } from '../inventory/types.ts';

/** What is kept for a module and the parameters of a task, as long as hosts share these parameters. */
export interface ByParams<T> {
  readonly get: (module: AnyModule, params: Value) => T | undefined;
  /** Nothing is kept for parameters that are not an object. */
  readonly set: (module: AnyModule, params: Value, kept: T) => void;
}

export const createByParams = <T>(): ByParams<T> => {
  const all = new WeakMap<AnyModule, WeakMap<object, T>>();
  return {
    get: (module, params) => all.get(module)?.get(params as object),
    set: (module, params, kept) => {
      if (typeof params !== 'object' || params === null) return;
      const ofModule = all.get(module) ?? new WeakMap<object, T>();
      all.set(module, ofModule.set(params, kept));
    },
  };
};
