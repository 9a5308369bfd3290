import type { DiagnosticCode } from '../../diagnostics.ts';
import { nearest } from '../../diagnostics.ts';
import { compileValidator } from './compile-validator.ts';
import { startsWith } from './places.ts';
import { allowedValues, closed, describeSchema, normaliseSwitches } from './schema.ts';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { AnyModule } from '../../contract/module.ts';
import type { Value } from '../../inventory/types.ts';
import type { Path } from './places.ts';
import type { Schema } from './schema.ts';

/** One thing wrong with a task's parameters, at a path into them. */
export interface ParamProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly path: Path;
  /** What to point at: the value, its key, or the module's name where a key is missing. */
  readonly at: 'value' | 'key' | 'module';
  readonly hint?: string | undefined;
  /** The value at fault as people read it, for the message; not for secrets. */
  readonly value?: Value | undefined;
}

const compiled = new WeakMap<AnyModule, { readonly schema: Schema; readonly validate: ValidateFunction }>();

const validatorOf = (module: AnyModule) => {
  const known = compiled.get(module);
  if (known) return known;
  const made = { schema: closed(module.params as Schema), validate: compileValidator(module) };
  compiled.set(module, made);
  return made;
};

const pathOf = ({ instancePath }: ErrorObject, value: Value): Path => {
  const path: (string | number)[] = [];
  let current: Value | undefined = value;
  for (const part of instancePath.split('/').slice(1)) {
    const key: string = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(current) ? Number(key) : key);
    current = (current as Readonly<Record<string, Value>> | undefined)?.[key];
  }
  return path;
};

/** A path as people write it: `values.a[0]`. */
export const pathName = (path: Path): string =>
  path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : name === '' ? key : `${name}.${key}`),
    '',
  );

const isScalarSchema = (schema: Schema): boolean =>
  schema['x-scalar'] === true || (schema.anyOf ?? []).some(isScalarSchema);

/** A value that is none of those that the schema takes. */
const refused = (error: ErrorObject, path: Path): ParamProblem => {
  const schema = error.parentSchema as Schema;
  const value = error.data as Value;
  const name = pathName(path);
  if (typeof value === 'boolean' && isScalarSchema(schema))
    return {
      code: 'quote-it',
      message: `'${name}' must be a text or a number; YAML reads this as a boolean`,
      path,
      at: 'value',
      hint: 'quote it',
    };
  const allowed = allowedValues(schema).filter((one) => typeof one === 'string');
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined;
  const isNumberText =
    typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) && /integer|number/.test(String(schema.type));
  const hint =
    near !== undefined
      ? `did you mean '${near}'?`
      : isNumberText
        ? 'drop the quotes, or make it a number with | int'
        : undefined;
  return {
    code: allowed.length > 0 ? 'not-allowed' : 'wrong-type',
    message: `'${name}' must be ${describeSchema(schema)}`,
    path,
    at: 'value',
    hint,
    value,
  };
};

const explain = (error: ErrorObject, root: Value): ParamProblem => {
  const path = pathOf(error, root);
  const { keyword, params } = error;
  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    const known = Object.keys((error.parentSchema as Schema).properties ?? {});
    const near = nearest(key, known);
    const hint = near === undefined ? `it takes ${known.join(', ')}` : `did you mean '${near}'?`;
    const of = path.length === 0 ? '' : ` of '${pathName(path)}'`;
    return {
      code: 'unknown-parameter',
      message: `there is no parameter '${key}'${of}`,
      path: [...path, key],
      at: 'key',
      hint,
    };
  }
  if (keyword === 'required') {
    const message = `the parameter '${pathName([...path, String(params['missingProperty'])])}' is missing`;
    return { code: 'missing-parameter', message, path, at: path.length === 0 ? 'module' : 'value' };
  }
  if (['type', 'enum', 'const', 'anyOf', 'minimum', 'maximum'].includes(keyword)) return refused(error, path);
  const name = path.length === 0 ? 'the parameters' : `'${pathName(path)}'`;
  return {
    code: 'bad-value',
    message: `${name} ${error.message ?? keyword}`,
    path,
    at: path.length === 0 ? 'module' : 'value',
    value: path.length === 0 ? undefined : (error.data as Value),
  };
};

/** Of the alternatives that all failed, keep what is wrong inside the one whose type was right, or else the summary alone. */
const relevant = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const summaries = errors.filter(({ keyword }) => keyword === 'anyOf');
  const dropped = new Set<ErrorObject>();
  for (const summary of summaries) {
    const branches = errors.filter(
      (error) => error !== summary && error.schemaPath.startsWith(`${summary.schemaPath}/`),
    );
    const branchOf = ({ schemaPath }: ErrorObject): string =>
      schemaPath.slice(summary.schemaPath.length + 1).split('/')[0]!;
    const isMistyped = (error: ErrorObject): boolean =>
      error.instancePath === summary.instancePath && ['type', 'const', 'enum'].includes(error.keyword);
    const mistyped = new Set(branches.filter(isMistyped).map(branchOf));
    const fitting = branches.filter((error) => !mistyped.has(branchOf(error)));
    if (fitting.length > 0) dropped.add(summary);
    for (const error of branches) if (!fitting.includes(error)) dropped.add(error);
  }
  return errors.filter((error) => !dropped.has(error));
};

/**
 * A task's rendered parameters against the module's schema; `unknown` are the paths of values that are not known, which are
 * taken for right. Gives the parameters with switches as booleans.
 */
export const validateParams = (
  module: AnyModule,
  rendered: Value,
  unknown: readonly Path[] = [],
): { readonly params: Value; readonly problems: readonly ParamProblem[] } => {
  const { schema, validate } = validatorOf(module);
  const params = normaliseSwitches(schema, rendered);
  const errors = validate(params) ? [] : relevant(validate.errors ?? []);
  const problems = errors
    .filter((error) => !unknown.some((one) => startsWith(pathOf(error, params), one)))
    .map((error) => explain(error, params));
  return { params, problems };
};

/** What the module itself finds wrong with parameters that its schema takes. */
export const checkParams = (module: AnyModule, params: Value): readonly ParamProblem[] =>
  (module.check?.(params as never) ?? []).map(({ param, message, hint }) => ({
    code: 'bad-value',
    message: `'${param}': ${message}`,
    path: [param],
    at: 'value',
    hint,
  }));
