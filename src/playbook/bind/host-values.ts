import { InputError } from '../../diagnostics.ts';
import { createControllerFiles, isFileProblem } from './controller-files.ts';
import { ExpressionError } from '../expressions/errors.ts';
import { render } from '../expressions/render.ts';
import type { Host, Value } from '../../inventory/types.ts';
import type { Lookup } from '../expressions/render.ts';

/** `group_names`: every group of a host but `all`. Rule: Ansible's inventory/host.py, get_magic_vars. */
export const groupNames = ({ groups }: Pick<Host, 'groups'>): readonly string[] =>
  groups.length === 0 ? ungrouped : groups;
const ungrouped: readonly string[] = ['ungrouped'];

/** There is no playbook yet that a relative path could start from. */
const readAbsolute = (file: string): string | undefined => {
  const found = createControllerFiles().find(file, 'text', []);
  return isFileProblem(found) ? undefined : found.text;
};

/**
 * A value with its templates rendered from the host's own variables: for what must be known before any play, such as how the
 * host is reached. Throws InputError, without a position.
 */
export const renderHostValue = (value: Value, host: Omit<Host, 'connection'>): Value => {
  const own = new Map<string, Value>([
    ['inventory_hostname', host.name],
    ['inventory_hostname_short', host.name.split('.')[0]!],
    ['group_names', groupNames(host)],
  ]);
  const lookup: Lookup = {
    get: (name) => {
      const set = own.get(name);
      if (set !== undefined) return { kind: 'data', value: set };
      const variable = host.variables.get(name);
      return variable && { kind: 'variable', value: variable.value };
    },
    names: () => [...own.keys(), ...host.variables.keys()],
    read: { env: (name) => process.env[name], file: readAbsolute },
  };
  try {
    return render(value, lookup);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { code, message, hint } = error;
    throw new InputError([{ code, severity: 'error', message, ...(hint !== undefined && { hint }) }]);
  }
};
