import { modules } from '../../modules/registry.ts';
import type { AnyModule } from '../contract/module.ts';
import { factPaths } from '../contract/facts.ts';
import { InputError, nearest } from '../diagnostics.ts';
import { line, paint, wrapLine } from '../report/line.ts';
import type { Print } from './print.ts';

/** As much of JSON Schema as the modules' parameters use. */
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

const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

const range = ({ minimum, maximum }: Schema): string => {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  return minimum !== undefined ? ` from ${minimum}` : maximum !== undefined ? ` up to ${maximum}` : '';
};

/** What a value may be, in words: `on or off`, `one or a list of: text`. */
const shape = (schema: Schema): string => {
  const { anyOf, items, properties } = schema;
  if (schema['x-switch']) return 'on or off';
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return either(schema.enum.map(String));
  if (anyOf) {
    const kinds = [...new Set(anyOf.map(shape))];
    const single = kinds.filter(
      (kind) => !(kind.startsWith('list of: ') && kinds.includes(kind.slice('list of: '.length))),
    );
    return single.length < kinds.length ? `one or a list of: ${either(single)}` : either(single);
  }
  if (schema.type === 'array') return `list of: ${items ? shape(items) : 'values'}`;
  if (schema.type === 'object') return properties ? `map of: ${Object.keys(properties).join(', ')}` : 'map';
  const names: Readonly<Record<string, string>> = { string: 'text', integer: 'whole number' };
  return `${either([schema.type ?? 'any value'].flat().map((type) => names[type] ?? type))}${range(schema)}`;
};

/** Rows of a name and its meaning, which is broken to fit and stays in its column. */
const table = (rows: readonly (readonly [string, string])[], columns: number): string => {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const wrapped = rows.flatMap(([name, meaning]) => wrapLine(line(`${name.padEnd(width)}${meaning}`), columns, width));
  return wrapped.map((text) => paint(text, false).trimEnd()).join('\n');
};

const wrapped = (text: string, columns: number): string =>
  wrapLine(line(text), columns, 0)
    .map((part) => paint(part, false).trimEnd())
    .join('\n');

/** One parameter of a module, in words. */
export interface Parameter {
  readonly name: string;
  readonly values: string;
  readonly meaning: string;
}

/** The parameters of a module, from the schema that validates them. */
export const parametersOf = ({ params, removable }: AnyModule): readonly Parameter[] => {
  const { properties = {}, required = [] } = params as Schema;
  const own = Object.entries(properties).map(([name, schema]) => ({
    name,
    values: `${shape(schema)}${required.includes(name) ? ' (required)' : ''}`,
    meaning: schema.description ?? '',
  }));
  const meaning = 'absent: what perfplay keeps for the next boot is removed (present)';
  return removable ? [...own, { name: 'state', values: 'present or absent', meaning }] : own;
};

const moduleText = (module: AnyModule, columns: number): string => {
  const { kind, summary, stores } = module;
  const params = module.params as Schema;
  const rows = parametersOf(module).flatMap(({ name, values, meaning }): (readonly [string, string])[] => [
    [`  ${name}`, values],
    ...(meaning === '' ? [] : [['', meaning] as const]),
  ]);
  return [
    wrapped(`${kind}: ${summary}`, columns),
    rows.length > 0 ? table(rows, columns) : wrapped(params.description ?? '', columns),
    ...(stores.length > 0 ? [wrapped(`Kept over boots by: ${stores.join(', ')}`, columns)] : []),
  ].join('\n\n');
};

/** The modules; one module's parameters; or the facts (`doc facts`). Made from the code that validates. `columns`: where to break lines. */
export const doc = (name: string | undefined, columns: number, print: Print): number => {
  if (name === undefined) {
    const summaries = [...modules.values()].map(({ kind, summary }) => [kind, summary] as const);
    print.data(table(summaries, columns));
    print.data('\nperfplay doc MODULE: its parameters; perfplay doc facts: what facts.… holds');
    return 0;
  }
  if (name === 'facts') {
    print.data(
      table(
        Object.entries(factPaths).map(([fact, meaning]) => [`facts.${fact}`, meaning]),
        columns,
      ),
    );
    return 0;
  }
  const module = modules.get(name);
  if (!module) {
    const near = nearest(name, [...modules.keys(), 'facts']);
    const hint = near ? `did you mean ${near}?` : `the modules: ${[...modules.keys()].join(', ')}`;
    throw new InputError([
      { code: 'unknown-module', severity: 'error', message: `there is no module '${name}'`, hint },
    ]);
  }
  print.data(moduleText(module, columns));
  return 0;
};
