import { equal } from './compare.ts';
import { defined, numeric } from './data.ts';
import type { Datum } from './data.ts';
import type { Budget } from './budget.ts';

/** A set of values by Python's `==`: fast for texts and numbers, element by element for lists and maps. */
export interface Seen {
  readonly has: (datum: Datum) => boolean;
  readonly add: (datum: Datum) => void;
}

const keyOf = (datum: Datum): string | undefined => {
  defined(datum);
  if (typeof datum === 'string') return `"${datum}`;
  if (datum === null) return 'none';
  const number = numeric(datum);
  return number === undefined ? undefined : String(number);
};

export const createSeen = (budget: Budget, from: readonly Datum[] = []): Seen => {
  const scalars = new Set<string>();
  const others: Datum[] = [];
  const seen: Seen = {
    has: (datum) => {
      const key = keyOf(datum);
      if (key === undefined) return others.some((other) => equal(other, datum, budget));
      budget.spendText(key.length);
      return scalars.has(key);
    },
    add: (datum) => {
      budget.spend(1);
      const key = keyOf(datum);
      if (key === undefined) others.push(datum);
      else scalars.add(key);
    },
  };
  for (const datum of from) seen.add(datum);
  return seen;
};
