import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

interface Entry {
  readonly kind: 'file' | 'folder' | 'link';
  readonly mode: number;
  /** uid:gid. */
  readonly owner: string;
  /** A file's bytes as latin1 text, a link's text. */
  readonly text: string;
  /** Of files only: a file that is written anew with the same bytes has another. */
  readonly written: string;
}

/** Everything below a folder, by path from it. */
export type Image = ReadonlyMap<string, Entry>;

const entryAt = (file: string): Entry => {
  const stat = lstatSync(file, { bigint: true });
  const mode = Number(stat.mode & 0o7777n);
  const owner = `${stat.uid}:${stat.gid}`;
  if (stat.isSymbolicLink()) return { kind: 'link', mode: 0, owner, text: readlinkSync(file), written: '' };
  if (stat.isDirectory()) return { kind: 'folder', mode, owner, text: '', written: '' };
  return { kind: 'file', mode, owner, text: readFileSync(file, 'latin1'), written: `${stat.ino} ${stat.mtimeNs}` };
};

export const takeImage = (root: string): Image =>
  new Map(
    // With file types: without them symbolic links are followed.
    readdirSync(root, { recursive: true, withFileTypes: true })
      .map(({ parentPath, name }) => path.join(parentPath, name))
      .sort()
      .map((file) => [file.slice(root.length), entryAt(file)]),
  );

const ids = (owner: string): [uid: number, gid: number] => {
  const [uid = 0, gid = 0] = owner.split(':').map(Number);
  return [uid, gid];
};

const isSame = (left: Entry | undefined, right: Entry | undefined): boolean =>
  left?.kind === right?.kind &&
  left?.mode === right?.mode &&
  left?.owner === right?.owner &&
  left?.text === right?.text;

/** Paths that differ in kind, mode, owner or content. */
export const differing = (left: Image, right: Image): readonly string[] =>
  [...new Set([...left.keys(), ...right.keys()])].filter((name) => !isSame(left.get(name), right.get(name))).sort();

/** Paths that were written to, if only with what was there already. */
export const touched = (left: Image, right: Image): readonly string[] => [
  ...new Set([
    ...differing(left, right),
    ...[...left].filter(([name, { written }]) => right.get(name)?.written !== written).map(([name]) => name),
  ]),
];

/** Makes the folder what it was when the image was taken. Gives the paths that were different. */
export const restoreImage = (root: string, image: Image): readonly string[] => {
  const changed = differing(takeImage(root), image);
  for (const name of changed) rmSync(path.join(root, name), { recursive: true, force: true });
  // A folder that took the place of something else, or is gone, takes what is below it along.
  const lost = [...image].filter(([name]) => changed.some((one) => name === one || name.startsWith(`${one}/`)));
  for (const [name, { kind, mode, owner, text }] of lost) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    if (kind === 'link') symlinkSync(text, file);
    else {
      if (kind === 'folder') mkdirSync(file, { recursive: true });
      else writeFileSync(file, text, 'latin1');
      chownSync(file, ...ids(owner));
      chmodSync(file, mode);
    }
  }
  return changed;
};
