import { badValue } from '../data.ts';
import { signature } from '../given.ts';
import type { Datum } from '../data.ts';
import type { Given, Signature, Tools } from '../given.ts';

export interface Method<T> {
  readonly signature: Signature;
  readonly call: (self: T, given: Given, tools: Tools) => Datum;
}
export type Methods<T> = ReadonlyMap<string, Method<T>>;

/** `parameters` as `signature` reads them. */
export const method = <T>(parameters: string, call: Method<T>['call']): Method<T> => ({
  signature: signature(parameters),
  call,
});

/** Throws where a list or map belongs to a variable: only what the expression itself has made can be changed. */
export const checkOwned = (self: Datum & object, tools: Tools): void => {
  if (!tools.owns(self))
    throw badValue(
      'this value belongs to a variable and cannot be changed',
      'make a new one: list + [item], map | combine({…})',
    );
};
