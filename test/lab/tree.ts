import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What lies at a path: a file's text, a file with a mode, a symbolic link, a second name of the same file, or nothing (null). */
export type Entry =
  | string
  | { readonly text: string; readonly mode: number }
  | { readonly link: string }
  | { readonly same: string }
  | null;

/** Absolute paths; one that ends in `/` is a folder. A later tree, spread over an earlier one, wins. */
export type Tree = Readonly<Record<string, Entry>>;

/** The tree without its values' boilerplate: kernel attributes end in a newline, so `attributes` adds it. */
export const attributes = (folder: string, values: Readonly<Record<string, string | number>>): Tree =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${folder}/${name}`, `${value}\n`]));

/** Writes a tree under `root`. Links last, so that a second name finds its file. */
export const writeTree = (root: string, tree: Tree): void => {
  const links: [string, { readonly link: string } | { readonly same: string }][] = [];
  for (const [name, entry] of Object.entries(tree)) {
    if (entry === null) continue;
    const file = path.join(root, name);
    mkdirSync(name.endsWith('/') ? file : path.dirname(file), { recursive: true });
    if (name.endsWith('/')) continue;
    if (typeof entry === 'string') writeFileSync(file, entry);
    else if ('text' in entry) {
      writeFileSync(file, entry.text);
      chmodSync(file, entry.mode);
    } else links.push([file, entry]);
  }
  for (const [file, entry] of links) {
    if ('link' in entry) symlinkSync(entry.link, file);
    else linkSync(path.join(root, entry.same), file);
  }
};
