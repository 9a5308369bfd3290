/** All that a module may import: types and pure helpers; nothing here does I/O. */
export * from './snapshot.ts';
export * from './reads.ts';
export * from './steps.ts';
export * from './glob.ts';
export * from './codecs.ts';
export * from './shell-vars.ts';
export * from './module.ts';
export * from './params.ts';
export * from './devices.ts';
export * from './facts.ts';
export { Type } from 'typebox';
export type { Static } from 'typebox';
export * from './kernel-line.ts';
export * from './sysctl-key.ts';
