import { globToRegExp } from './glob.ts';
import type { Json } from './steps.ts';
import * as Type from './type.ts';

/** Parameter schemas that mean more than JSON Schema can say; the playbook stage knows the `x-` words. */

/** A boolean, or `on`/`off`; reaches the module as a boolean. */
export const Switch = (description: string) => Type.Unsafe<boolean>({ type: 'boolean', 'x-switch': true, description });

/** A value for a kernel file: text or number. A YAML boolean is an error that says to quote it. */
export const Scalar = (description: string) =>
  Type.Unsafe<string | number>({ type: ['string', 'number'], 'x-scalar': true, description });

/** One name or several. */
export const Names = (description: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
    description,
  });

export type Names = string | readonly string[];

export const asList = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : ([value].flat() as readonly T[]);

/** True where one of the globs matches. */
export const matchesAny = (globs: Names, name: string): boolean =>
  asList<string>(globs).some((glob) => globToRegExp(glob).test(name));

/**
 * A file of the controller, found beside the role or the playbook: `text` holds its bytes, or those that a template renders to, one
 * character each (`textOfBytes` makes the text of them that a file of the host is read as).
 */
export interface ControllerFile {
  readonly path: string;
  readonly text: string;
}

/** The path of a file of the controller; the module gets the file. `template`: rendered for the host first. */
export const ControllerFile = (description: string, form: 'raw' | 'template' = 'raw') =>
  Type.Unsafe<ControllerFile>({ type: 'string', minLength: 1, 'x-file': form, description });

/** One condition of a playbook, and whether it holds on the host. */
export interface Judged {
  readonly text: string;
  readonly holds: boolean;
}

/** A Jinja condition or a list of them, without braces; the module gets each with its answer. */
export const Conditions = (description: string) =>
  Type.Unsafe<readonly Judged[]>({
    anyOf: [{ type: ['string', 'boolean'] }, { type: 'array', items: { type: ['string', 'boolean'] }, minItems: 1 }],
    'x-conditions': true,
    description,
  });

/** A Jinja expression without braces; the module gets its text and its value, undefined where it has none. */
export interface Evaluated {
  readonly text: string;
  readonly value: Json | undefined;
}

export const Expression = (description: string) =>
  Type.Unsafe<Evaluated>({ type: 'string', minLength: 1, 'x-expression': true, description });
