import type { Plugin } from 'esbuild';

export declare const rawText: Plugin;
export declare const compiledValidators: Plugin;
export declare const slimSsh2: Plugin;
