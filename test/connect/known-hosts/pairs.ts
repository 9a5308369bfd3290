/** The values that each factor of a case can take. */
export type Factors = Readonly<Record<string, readonly string[]>>;
export type Row<F extends Factors> = { readonly [K in keyof F]: F[K][number] };

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const pick = <T>(random: () => number, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

export const randomRow = <F extends Factors>(random: () => number, factors: F): Row<F> =>
  Object.fromEntries(Object.entries(factors).map(([name, values]) => [name, pick(random, values)])) as Row<F>;

const pairsOf = (row: Readonly<Record<string, string>>): readonly string[] => {
  const cells = Object.entries(row).map(([name, value]) => `${name}=${value}`);
  return cells.flatMap((first, index) => cells.slice(index + 1).map((second) => `${first} & ${second}`));
};

/** Every value of every factor together with every value of every other one. */
const allPairs = (factors: Factors): Set<string> => {
  const names = Object.keys(factors);
  return new Set(
    names.flatMap((first, index) =>
      names
        .slice(index + 1)
        .flatMap((second) =>
          factors[first]!.flatMap((one) => factors[second]!.map((other) => `${first}=${one} & ${second}=${other}`)),
        ),
    ),
  );
};

/** Rows in which each pair of values occurs: each row begins at a pair that is still missing, and is the best of some tries. */
export const pairwise = <F extends Factors>(factors: F, seed: number): readonly Row<F>[] => {
  const random = randomFrom(seed);
  const missing = allPairs(factors);
  const rows: Row<F>[] = [];
  for (const pair of missing) {
    const fixed = Object.fromEntries(pair.split(' & ').map((cell) => cell.split('=')));
    const tries = Array.from({ length: 12 }, () => ({ ...randomRow(random, factors), ...fixed }));
    const gains = tries.map((row) => pairsOf(row).filter((one) => missing.has(one)).length);
    const best = tries[gains.indexOf(Math.max(...gains))]!;
    for (const covered of pairsOf(best)) missing.delete(covered);
    rows.push(best);
  }
  return rows;
};

/** What rows leave out. */
export const uncovered = (factors: Factors, rows: readonly Readonly<Record<string, string>>[]): readonly string[] => {
  const missing = allPairs(factors);
  for (const pair of rows.flatMap(pairsOf)) missing.delete(pair);
  return [...missing];
};
