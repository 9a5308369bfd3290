import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build as bundle } from 'esbuild';

/** `import text from './x.sh?raw'`, as Vite reads it. */
export const rawText = {
  name: 'raw-text',
  setup(build) {
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

/** What a file of the program exports, before there is a bundle of it. */
const exportsOf = async (absWorkingDir, name) => {
  const { outputFiles } = await bundle({
    absWorkingDir,
    entryPoints: [name],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
};

/** Schemas are compiled here: at every start it would take longer than all the rest. */
export const compiledValidators = {
  name: 'compiled-validators',
  setup({ initialOptions: { absWorkingDir }, onLoad }) {
    onLoad({ filter: /\/playbook\/bind\/compile-validator\.ts$/ }, async ({ path: name }) => {
      const [{ modules }, { compiledValidators: compile }] = await Promise.all([
        exportsOf(absWorkingDir, 'modules/registry.ts'),
        exportsOf(absWorkingDir, name),
      ]);
      return { contents: compile([...modules.values()]), resolveDir: path.dirname(name) };
    });
  },
};

/** Native add-ons stay where their package is, and what of ssh2 nobody calls stays out: SFTP, servers, and what loads HTTP and TLS. */
export const slimSsh2 = {
  name: 'slim-ssh2',
  setup(build) {
    build.onResolve({ filter: /\.node$/ }, ({ path: name, resolveDir }) => {
      const [, inPackages] = path.resolve(resolveDir, name).split(`${path.sep}node_modules${path.sep}`);
      return { path: inPackages, external: true };
    });
    build.onLoad({ filter: /\/ssh2\/lib\/(http-agents|keygen|server|protocol\/SFTP)\.js$/ }, () => ({
      contents: 'module.exports = {};',
    }));
  },
};
