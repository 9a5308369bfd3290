import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build as bundle, type Plugin } from 'esbuild';

const root = path.join(import.meta.dirname, '../..');

/** `import text from './x.sh?raw'`, as src/build.mjs reads it. */
const rawText: Plugin = {
  name: 'raw-text',
  setup: (build) => {
    build.onResolve({ filter: /\?raw$/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, name.slice(0, -'?raw'.length)),
      namespace: 'raw-text',
    }));
    build.onLoad({ filter: /.*/, namespace: 'raw-text' }, ({ path: name }) => ({
      contents: readFileSync(name, 'utf8'),
      loader: 'text',
    }));
  },
};

/** The functions through which text reaches a terminal, and they do nothing. */
const nothingEscaped: Plugin = {
  name: 'nothing-escaped',
  setup: (build) => {
    build.onLoad({ filter: /src\/report\/escape\.ts$/ }, () => ({
      contents: `const same = (text) => text;
export { same as escapeText, same as escapePage, same as replaceUnsafe };
export const safeJson = (value, indent) => JSON.stringify(value, undefined, indent);`,
      loader: 'ts',
    }));
  },
};

export interface Unescaped {
  /** To be run by node. */
  readonly program: string;
  readonly remove: () => void;
}

/** The command line, made so that it escapes nothing: what the tests of escaping must see. */
export const buildUnescaped = async (): Promise<Unescaped> => {
  // Within reach of the packages that are not bundled.
  const folder = path.join(root, 'node_modules/.cache', `unescaped-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  await bundle({
    entryPoints: { perfplay: path.join(root, 'src/cli.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['ssh2', 'ink', 'react', 'react/jsx-runtime'],
    plugins: [nothingEscaped, rawText],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  return {
    program: path.join(folder, 'perfplay.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
