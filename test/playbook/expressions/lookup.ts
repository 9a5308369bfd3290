import { readFileSync } from 'node:fs';
import path from 'node:path';
import { omit } from '../../../src/playbook/bind/omit.ts';
import type { Value } from '../../../src/inventory/types.ts';
import type { Reader } from '../../../src/playbook/expressions/read.ts';
import type { Lookup } from '../../../src/playbook/expressions/render.ts';

type Variables = Readonly<Record<string, Value>>;

/** Names from a plain map; `data` ones are never templates. */
export const lookupOf = (variables: Variables, data: Variables = {}, read?: Reader): Lookup => ({
  get: (name) => {
    if (name === 'omit') return { kind: 'data', value: omit };
    if (Object.hasOwn(data, name)) return { kind: 'data', value: data[name]! };
    return Object.hasOwn(variables, name) ? { kind: 'variable', value: variables[name]! } : undefined;
  },
  names: () => [...Object.keys(variables), ...Object.keys(data)],
  ...(read && { read }),
});

const known = JSON.parse(readFileSync(path.join(import.meta.dirname, 'variables.json'), 'utf8')) as {
  readonly variables: Variables;
  readonly data: Variables;
};

/** The environment of the tables. */
export const environment: Readonly<Record<string, string>> = { SITE: 'perf' };

/** What the tables' expressions see: variables.json, the files in the folder files, and that environment. */
export const tableLookup = lookupOf(known.variables, known.data, {
  env: (name) => environment[name],
  file: (name) => {
    try {
      return readFileSync(path.join(import.meta.dirname, 'files', name), 'utf8');
    } catch {
      return undefined;
    }
  },
});
