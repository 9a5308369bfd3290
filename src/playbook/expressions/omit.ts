import { randomUUID } from 'node:crypto';
import { badValue } from './data.ts';
import type { Value } from '../../inventory/types.ts';

/** The value of the name `omit`: a text, as in Ansible, that nobody can write. */
export const omitted = `__omit_place_holder__${randomUUID()}`;

/** True for the value of `omit`: a parameter or a keyword that has it is left out. */
export const isOmitted = (value: Value): boolean => value === omitted;

/** Throws where `omit` has become part of a longer text. */
export const refuseOmitInside = (text: string): void => {
  if (text !== omitted && text.includes(omitted))
    throw badValue(
      'omit leaves out a whole parameter and cannot be part of a text',
      "give another value for want of it: | default('')",
    );
};
