import { defineConfig } from 'vitest/config';

/** Each file has a lab of its own; the hosts of one are at work at once, so the files come one after the other. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.faults.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
