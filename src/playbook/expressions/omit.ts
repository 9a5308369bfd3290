import { omit } from '../bind/omit.ts';
import { badValue } from './data.ts';

/** Throws where `omit` has become part of a longer text. */
export const refuseOmitInside = (text: string): void => {
  if (text !== omit && text.includes(omit))
    throw badValue(
      'omit leaves out a whole parameter and cannot be part of a text',
      "give another value for want of it: | default('')",
    );
};
