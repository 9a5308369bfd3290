import { InputError } from '../diagnostics.ts';
import { ExpressionError } from './expressions/errors.ts';
import { render } from './expressions/render.ts';
import type { Host, Value } from '../inventory/types.ts';
import type { Lookup } from './expressions/render.ts';

/**
 * A value with its templates rendered from the host's own variables: for what must be known before any play, such as how the
 * host is reached. Throws InputError, without a position.
 */
export const renderHostValue = (value: Value, host: Omit<Host, 'connection'>): Value => {
  const own = new Map<string, Value>([
    ['inventory_hostname', host.name],
    ['group_names', host.groups],
  ]);
  const lookup: Lookup = {
    get: (name) => {
      const set = own.get(name);
      if (set !== undefined) return { kind: 'data', value: set };
      const variable = host.variables.get(name);
      return variable && { kind: 'variable', value: variable.value };
    },
    names: () => [...own.keys(), ...host.variables.keys()],
  };
  try {
    return render(value, lookup);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { code, message, hint } = error;
    throw new InputError([{ code, severity: 'error', message, ...(hint !== undefined && { hint }) }]);
  }
};
