import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = path.join(import.meta.dirname, '../..');

/** A piece of the program's text, which must be there once, and what stands there instead. */
export interface Sabotage {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const sabotaged = (all: readonly Sabotage[]): Plugin => ({
  name: 'sabotage',
  setup: (plugin) => {
    for (const name of new Set(all.map(({ file }) => file))) {
      const whole = path.join(root, name);
      plugin.onLoad({ filter: new RegExp(`${whole.replaceAll('.', '\\.')}$`) }, () => {
        let contents = readFileSync(whole, 'utf8');
        for (const { from, to } of all.filter(({ file }) => file === name)) {
          if (contents.split(from).length !== 2) throw new Error(`${name} has not once: ${from}`);
          contents = contents.replace(from, () => to);
        }
        return { contents, loader: 'ts' };
      });
    }
  },
});

/** As src/build.mjs has it. */
const rawText: Plugin = {
  name: 'raw-text',
  setup: (plugin) => {
    plugin.onResolve({ filter: /\?raw$/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, name.slice(0, -'?raw'.length)),
      namespace: 'raw-text',
    }));
    plugin.onLoad({ filter: /.*/, namespace: 'raw-text' }, ({ path: name }) => ({
      contents: readFileSync(name, 'utf8'),
      loader: 'text',
    }));
  },
};

/** The command line with these changes, built into the folder: its file. Throws where a piece of text is not there once. */
export const buildSabotaged = async (folder: string, all: readonly Sabotage[]): Promise<string> => {
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
    plugins: [sabotaged(all), rawText],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return path.join(folder, 'perfplay.mjs');
};
