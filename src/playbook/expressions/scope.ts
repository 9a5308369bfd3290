import type { Datum } from './data.ts';
import type { Names } from './evaluate.ts';

/** Names that statements define, before those around them. */
export interface Scope extends Names {
  readonly own: Map<string, Datum>;
}

export const scopeIn = (outer: Names): Scope => {
  const own = new Map<string, Datum>();
  return {
    own,
    get: (name) => (own.has(name) ? own.get(name) : outer.get(name)),
    all: () => [...own.keys(), ...outer.all()],
    read: outer.read,
  };
};
