import { defineConfig } from 'vitest/config';

/** Guests take minutes and most of the machine: one file at a time, and never as a part of `npm test`. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.vm.ts'],
    globalSetup: ['build.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
  },
});
