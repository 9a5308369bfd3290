import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What stands at one path of a simulated host: a file, a symbolic link, or a folder (also the empty ones). */
export type Entry =
  { readonly text: string; readonly mode: number } | { readonly link: string } | { readonly folder: true };

/** Absolute paths of the simulated host, in any order; a later entry of a path replaces an earlier one. */
export type Tree = readonly (readonly [string, Entry])[];

export type Values = Readonly<Record<string, string | number>>;

/** Files below `base`, as they are. */
export const files = (base: string, texts: Readonly<Record<string, string>>, mode = 0o644): Tree =>
  Object.entries(texts).map(([name, text]) => [path.posix.join(base, name), { text, mode }]);

const attributes = (base: string, values: Values, mode: number): Tree =>
  Object.entries(values).map(([name, value]) => [`${base}/${name}`, { text: `${value}\n`, mode }]);

/** Attributes that the kernel only shows. */
export const shown = (base: string, values: Values): Tree => attributes(base, values, 0o444);

/** Attributes that root may write. */
export const tunable = (base: string, values: Values): Tree => attributes(base, values, 0o644);

/** A link as sysfs makes them: relative to the folder it is in. */
export const link = (from: string, to: string): Tree => [
  [from, { link: path.posix.relative(path.posix.dirname(from), to) }],
];

export const folders = (...paths: readonly string[]): Tree => paths.map((name) => [name, { folder: true }]);

/** Makes the tree below `root`, which stands for `/`. Modes are exact, whatever the umask. Synchronous: many small files. */
export const plant = (root: string, tree: Tree): void => {
  const entries = new Map(tree);
  const parents = new Set([...entries].map(([name, entry]) => ('folder' in entry ? name : path.posix.dirname(name))));
  for (const folder of parents) mkdirSync(path.join(root, folder), { recursive: true, mode: 0o755 });
  for (const [name, entry] of entries) {
    const file = path.join(root, name);
    if ('link' in entry) symlinkSync(entry.link, file);
    else if ('text' in entry) {
      writeFileSync(file, entry.text);
      chmodSync(file, entry.mode);
    }
  }
};
