// Makes scripts of the bundle's modules, and keeps their bytecode: of scripts alone does V8 take it.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { transform } from 'esbuild';
import { setV8Flags } from '../launch/v8-flags.mjs';

/** The bytecode of a script, that of functions which are called later included. */
const bytecodeOf = (text, filename) => {
  setFlagsFromString('--no-lazy');
  const script = new Script(text, { filename });
  // V8 takes bytecode only where it runs by the flags that it was made by.
  setFlagsFromString('--lazy');
  return script.createCachedData();
};

/** What launch.mjs gives a script. */
const given = '{module,require,load,__filename,__dirname,url}';

/**
 * The modules that esbuild has made, written to the folder as scripts, each with its source map and its bytecode.
 * Gives the script to begin with, and the names of all files.
 */
export const toScripts = async (folder, outputFiles, { outputs }) => {
  setV8Flags();
  const files = [];
  const write = (name, contents) => {
    files.push(name);
    writeFileSync(path.join(folder, name), contents);
  };
  for (const { path: file, text } of outputFiles) {
    const name = path.basename(file);
    const { imports } = outputs[`dist/${name}`];
    let modules = text;
    for (const { path: imported, kind, external } of imports) {
      const as = JSON.stringify(external ? imported : `./${path.basename(imported)}`);
      if (kind === 'dynamic-import') modules = modules.replaceAll(`import(${as})`, `load(${as})`);
    }
    const { code, map } = await transform(modules, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      sourcefile: name,
      sourcemap: 'external',
      banner: `(function(${given}){`,
      footer: '})',
      // Names and short lines stay, for the sake of stack traces.
      minifyWhitespace: true,
      lineLimit: 120,
    });
    // As such a script is read; esbuild escapes texts, and leaves regular expressions as they are.
    if (/[^\0-\x7f]/.test(code)) throw new Error(`${name} is not ASCII: escape what it has in a regular expression`);
    write(name, code);
    write(`${name}.map`, map);
    write(`${name}.bytecode`, bytecodeOf(code, name));
  }
  const [entry] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === 'src/cli.ts');
  return { entry: path.basename(entry), files };
};
