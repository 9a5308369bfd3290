import { Type } from 'typebox';
import { globToRegExp } from './glob.ts';

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
