import { defineConfig } from 'vitest/config';

/** Each file has a lab of its own, and some do little but wait: two at a time. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.faults.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
