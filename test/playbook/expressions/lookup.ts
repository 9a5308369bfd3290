import type { Value } from '../../../src/inventory/types.ts';
import type { Lookup } from '../../../src/playbook/expressions/render.ts';

/** Names from a plain map; `data` ones are never templates. */
export const lookupOf = (
  variables: Readonly<Record<string, Value>>,
  data: Readonly<Record<string, Value>> = {},
): Lookup => ({
  get: (name) => {
    if (Object.hasOwn(data, name)) return { kind: 'data', value: data[name]! };
    return Object.hasOwn(variables, name) ? { kind: 'variable', value: variables[name]! } : undefined;
  },
  names: () => [...Object.keys(variables), ...Object.keys(data)],
});
