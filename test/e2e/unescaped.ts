import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { bundleInto } from '../bundle.ts';

const root = path.join(import.meta.dirname, '../..');

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
  return {
    program: await bundleInto(folder, [nothingEscaped]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
