import { randomUUID } from 'node:crypto';
import type { Value } from '../../inventory/types.ts';

/** The value of `omit`: what comes to it is left out. Nobody can write it by chance, or on purpose. */
export const omit = `__omit_${randomUUID()}`;

export const isOmitted = (value: Value): boolean => value === omit;
