import type { Value } from '../../inventory/types.ts';

/** JSON Schema as far as module parameters use it, with the words of our own (contract/params.ts). */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly const?: Value;
  readonly enum?: readonly Value[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** A boolean, or `on` and `off`. */
  readonly 'x-switch'?: boolean;
  /** Text or number for a kernel file, where a boolean is a mistake of YAML's. */
  readonly 'x-scalar'?: boolean;
  /** The path of a file of the controller, which the module gets instead. */
  readonly 'x-file'?: 'raw' | 'template';
  /** Conditions, which the module gets with their answers. */
  readonly 'x-conditions'?: boolean;
  /** An expression, which the module gets with its value. */
  readonly 'x-expression'?: boolean;
}

/** What stands in a task's parameters for something else that the module gets. */
export type Mark = 'raw' | 'template' | 'conditions' | 'expression' | 'switch';

const switches = new Map<Value, boolean>([
  ['on', true],
  ['off', false],
]);

const isMap = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schemas that may hold for a value: the schema's own, and its alternatives'. */
const alternatives = (schema: Schema): readonly Schema[] => [schema, ...(schema.anyOf ?? []).flatMap(alternatives)];

/** The schemas that may hold for one key or element of a value. */
const inner = (schema: Schema, key: string | number): readonly Schema[] =>
  alternatives(schema).flatMap(({ properties, patternProperties, additionalProperties, items }) => {
    if (typeof key === 'number') return items ? [items] : [];
    if (properties && Object.hasOwn(properties, key)) return [properties[key]!];
    const patterned = Object.entries(patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern, 'u').test(key));
    if (patterned.length > 0) return patterned.map(([, found]) => found);
    return typeof additionalProperties === 'object' ? [additionalProperties] : [];
  });

const oneOf = (schemas: readonly Schema[]): Schema => (schemas.length === 1 ? schemas[0]! : { anyOf: schemas });

/** The schema of the value at the end of a path. */
export const schemaAt = (schema: Schema, path: readonly (string | number)[]): Schema =>
  path.reduce((found, key) => oneOf(inner(found, key)), schema);

const ownMark = (schema: Schema): Mark | undefined => {
  if (schema['x-conditions']) return 'conditions';
  if (schema['x-expression']) return 'expression';
  return schema['x-switch'] ? 'switch' : schema['x-file'];
};

/** The mark of the value at the end of a path. */
export const markAt = (schema: Schema, path: readonly (string | number)[]): Mark | undefined => {
  for (const one of alternatives(schemaAt(schema, path))) {
    const mark = ownMark(one);
    if (mark) return mark;
  }
  return undefined;
};

const marks = new WeakMap<Schema, ReadonlySet<Mark>>();

/** Every mark in a schema, at any depth. */
export const marksIn = (schema: Schema): ReadonlySet<Mark> => {
  const known = marks.get(schema);
  if (known) return known;
  const { properties = {}, patternProperties = {}, additionalProperties, items, anyOf = [] } = schema;
  const inside = [...Object.values(properties), ...Object.values(patternProperties), ...anyOf];
  if (typeof additionalProperties === 'object') inside.push(additionalProperties);
  if (items) inside.push(items);
  const own = ownMark(schema);
  const made = new Set([...(own ? [own] : []), ...inside.flatMap((one) => [...marksIn(one)])]);
  marks.set(schema, made);
  return made;
};

/** True where a boolean and its YAML 1.1 spellings mean the same here. */
export const takesBoolean = (schema: Schema): boolean =>
  alternatives(schema).some((one) => one['x-switch'] === true || one.type === 'boolean');

/** The value with `on` and `off` made booleans wherever the schema takes a switch. */
export const normaliseSwitches = (schema: Schema, value: Value): Value => {
  if (!marksIn(schema).has('switch')) return value;
  if (typeof value === 'string') {
    const isSwitch = switches.has(value) && alternatives(schema).some((one) => one['x-switch']);
    return isSwitch ? switches.get(value)! : value;
  }
  if (Array.isArray(value))
    return value.map((item: Value, index) => normaliseSwitches(oneOf(inner(schema, index)), item));
  if (!isMap(value)) return value;
  const map: Record<string, Value> = Object.create(null);
  for (const [key, item] of Object.entries(value)) map[key] = normaliseSwitches(oneOf(inner(schema, key)), item);
  return map;
};

/** The value with every path of a file replaced. */
export const replaceFiles = (
  schema: Schema,
  value: Value,
  replace: (form: 'raw' | 'template', file: string, path: readonly (string | number)[]) => Value,
  path: readonly (string | number)[] = [],
): Value => {
  const marks = marksIn(schema);
  if (!marks.has('raw') && !marks.has('template')) return value;
  if (typeof value === 'string') {
    const mark = markAt(schema, []);
    return mark === 'raw' || mark === 'template' ? replace(mark, value, path) : value;
  }
  const inside = (item: Value, key: string | number): Value =>
    replaceFiles(oneOf(inner(schema, key)), item, replace, [...path, key]);
  if (Array.isArray(value)) return value.map(inside);
  if (!isMap(value)) return value;
  const map: Record<string, Value> = Object.create(null);
  for (const [key, item] of Object.entries(value)) map[key] = inside(item, key);
  return map;
};

/** The schema with every map of named keys closed: what is not declared is not taken. */
export const closed = (schema: Schema): Schema => {
  const each = (schemas: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> =>
    Object.fromEntries(Object.entries(schemas).map(([key, one]) => [key, closed(one)]));
  const { properties, patternProperties, additionalProperties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties && { properties: each(properties) }),
    ...(patternProperties && { patternProperties: each(patternProperties) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: closed(additionalProperties) }),
    ...(properties && additionalProperties === undefined && !patternProperties && { additionalProperties: false }),
    ...(items && { items: closed(items) }),
    ...(anyOf && { anyOf: anyOf.map(closed) }),
  };
};

/** The values that a schema lists one by one. */
export const allowedValues = (schema: Schema): readonly Value[] =>
  alternatives(schema).flatMap((one) => [...(one.const === undefined ? [] : [one.const]), ...(one.enum ?? [])]);

const typeNames: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['number', 'a number'],
  ['integer', 'an integer'],
  ['boolean', 'true or false'],
  ['object', 'a map'],
  ['null', 'nothing'],
]);

const describeType = (type: string, { items, minimum, maximum }: Schema): string => {
  if (type === 'array')
    return items ? `a list of ${describeSchema(items).replace(/^an? /, '')}${items.anyOf ? '' : ' values'}` : 'a list';
  const name = typeNames.get(type) ?? type;
  if (minimum !== undefined && maximum !== undefined) return `${name} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${name} of ${minimum} or more`;
  return maximum === undefined ? name : `${name} of ${maximum} or less`;
};

const alternativeTexts = (schema: Schema): readonly string[] => {
  if (schema['x-conditions']) return ['a condition', 'a list of conditions'];
  if (schema['x-expression']) return ['an expression'];
  if (schema['x-file']) return ['the path of a file'];
  if (schema['x-switch']) return ['on', 'off'];
  if (schema.anyOf) return schema.anyOf.flatMap(alternativeTexts);
  const listed = allowedValues(schema);
  if (listed.length > 0) return listed.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return schema.type === undefined ? [] : [schema.type].flat().map((type) => describeType(type, schema));
};

/** What a schema takes, for people: `an integer from 0 to 2`, `on, off or unmerge`. */
export const describeSchema = (schema: Schema): string => {
  const texts = [...new Set(alternativeTexts(schema))];
  if (texts.length === 0) return 'another value';
  return texts.length === 1 ? texts[0]! : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)!}`;
};
