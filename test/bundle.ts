import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { rawText } from '../src/build/plugins.mjs';

const root = path.join(import.meta.dirname, '..');

/** The command line with what these plugins make of its sources, built into the folder: its file, to be run by node. */
export const bundleInto = async (folder: string, plugins: readonly Plugin[]): Promise<string> => {
  await build({
    absWorkingDir: root,
    entryPoints: { perfplay: 'src/cli.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['ssh2', 'ink', 'react', 'react/jsx-runtime'],
    plugins: [...plugins, rawText],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
  return path.join(folder, 'perfplay.mjs');
};
