// Generates modules/registry.ts from the folders of modules/, then bundles the command line into dist/.
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compiledValidators, rawText, slimSsh2 } from './build/plugins.mjs';
import { writeRegistry } from './build/registry.mjs';
import { toScripts } from './build/scripts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');

writeRegistry(path.join(root, 'modules'));

const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
};

const { outputFiles, metafile } = await build({
  ...common,
  entryPoints: { program: 'src/cli.ts' },
  entryNames: '[name]-[hash]',
  splitting: true,
  metafile: true,
  write: false,
  sourcemap: 'inline',
  // `ink` waits for something when it is loaded, which a script cannot; React is one for it and for us.
  external: ['ink', 'react', 'react/jsx-runtime', 'cpu-features'],
  plugins: [rawText, compiledValidators, slimSsh2],
  define: { 'import.meta.url': 'url' },
  minifySyntax: true,
});
const lab = await build({
  ...common,
  entryPoints: { 'lab-server': 'src/lab/main.ts' },
  outExtension: { '.js': '.mjs' },
  metafile: true,
  external: ['ssh2'],
  plugins: [rawText],
});

const scripts = await toScripts(dist, outputFiles, metafile);
const launch = await build({
  ...common,
  entryPoints: { perfplay: 'src/launch/launch.mjs' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  metafile: true,
  define: { PROGRAM: JSON.stringify(scripts.entry) },
});
// What an earlier build made goes only now: a program that runs from it may still be reading.
const others = [lab, launch].flatMap(({ metafile: { outputs } }) =>
  Object.keys(outputs).map((name) => path.basename(name)),
);
const made = new Set([...scripts.files, ...others]);
for (const name of readdirSync(dist)) if (!made.has(name)) rmSync(path.join(dist, name), { recursive: true });
