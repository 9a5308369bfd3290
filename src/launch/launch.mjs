#!/usr/bin/env node
// The command, `perfplay`: runs the scripts that the build has put beside this file, by the bytecode that is kept with them. To compile
// what a run needs would take V8 longer than the run. Another version of Node does not take the bytecode, and compiles.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { setV8Flags } from './v8-flags.mjs';

const modules = new Map();
const isOurs = (name) => name.startsWith('./');

/** What a script exports; it runs the first time. */
const script = (name) => {
  const known = modules.get(name);
  if (known) return known.exports;
  const module = { exports: {} };
  modules.set(name, module);
  const filename = `${__dirname}/${name}`;
  const compiled = new Script(readFileSync(filename, 'latin1'), {
    filename,
    cachedData: readFileSync(`${filename}.bytecode`),
  });
  compiled.runInThisContext()({
    module,
    require: (wanted) => (isOurs(wanted) ? script(wanted.slice(2)) : require(wanted)),
    load: async (wanted) => (isOurs(wanted) ? script(wanted.slice(2)) : import(wanted)),
    __filename: filename,
    __dirname,
    url: pathToFileURL(filename).href,
  });
  return module.exports;
};

setV8Flags();
script(PROGRAM);
