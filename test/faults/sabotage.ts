import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { bundleInto } from '../bundle.ts';

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

/** The command line with these changes, built into the folder: its file. Throws where a piece of text is not there once. */
export const buildSabotaged = async (folder: string, all: readonly Sabotage[]): Promise<string> => {
  const program = await bundleInto(folder, [sabotaged(all)]);
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return program;
};
