/** `PERFPLAY_FAULTS=short`: a sample that is the same each time, for every commit; else all of it. */
export const isShort = process.env['PERFPLAY_FAULTS'] === 'short';

/** `count` of them, evenly spread, the first and the last among them; all in the long form. */
export const sample = <T>(all: readonly T[], count: number): readonly T[] =>
  !isShort || all.length <= count
    ? all
    : Array.from({ length: count }, (_, index) => all[Math.round((index * (all.length - 1)) / (count - 1))]!);
