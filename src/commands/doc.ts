import { modules } from '../../modules/registry.ts';
import { factPaths } from '../contract/facts.ts';
import { InputError, nearest } from '../diagnostics.ts';
import type { Print } from './print.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly 'x-switch'?: boolean;
}

const shape = (schema: Schema): string => {
  if (schema['x-switch']) return 'on or off';
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return schema.enum.join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(shape))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? shape(schema.items) : 'values'}`;
  if (schema.type === 'object') return schema.properties ? `{${Object.keys(schema.properties).join(', ')}}` : 'map';
  const range = schema.minimum !== undefined || schema.maximum !== undefined ? ` ${schema.minimum ?? ''}–${schema.maximum ?? ''}` : '';
  return `${[schema.type ?? 'value'].flat().join(' or ')}${range}`;
};

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
};

/** The modules; one module's parameters; or the facts (`doc facts`). Made from the code that validates. */
export const doc = (name: string | undefined, print: Print): number => {
  if (name === undefined) {
    print.data(table([...modules.values()].map(({ kind, summary }) => [kind, summary])));
    print.data('\nperfplay doc MODULE tells its parameters, perfplay doc facts what facts.… holds');
    return 0;
  }
  if (name === 'facts') {
    print.data(table(Object.entries(factPaths).map(([fact, meaning]) => [`facts.${fact}`, meaning])));
    return 0;
  }
  const module = modules.get(name);
  if (!module) {
    const near = nearest(name, modules.keys());
    throw new InputError([
      { code: 'unknown-module', severity: 'error', message: `no module is called ${name}`, ...(near && { hint: `${near}?` }) },
    ]);
  }
  const { properties = {}, required = [] } = module.params as Schema;
  const rows = Object.entries(properties).map(([key, schema]) => [
    `  ${key}${required.includes(key) ? ' (required)' : ''}`,
    shape(schema),
    schema.description ?? '',
  ]);
  const state = module.removable ? [['  state', 'present or absent', 'absent: what perfplay keeps for the next boot is removed (present)']] : [];
  print.data(`${module.kind}: ${module.summary}\n\n${table([...rows, ...state])}`);
  if (module.stores.length > 0) print.data(`\nkept over boots by: ${module.stores.join(', ')}`);
  return 0;
};
