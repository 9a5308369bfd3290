const times = Number(process.env['PERFPLAY_FUZZ'] ?? 1);

/** Printed with every property that fails: PERFPLAY_FUZZ_SEED repeats it, PERFPLAY_FUZZ=10 looks ten times as long. */
export const seed = Number(process.env['PERFPLAY_FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));

/** fast-check's parameters for a property that has this long; and how long its test may take in all, in milliseconds. */
export const budget = (seconds: number) => ({
  parameters: {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * times * 1000,
    markInterruptAsFailure: false,
  },
  timeout: (seconds * times + 60) * 1000,
});
