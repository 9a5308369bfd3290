import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { globToRegExp, isGlob } from '../../contract/glob.ts';

/**
 * The non-comment lines of a systemd-like configuration (`sysctl.d`, `udev/rules.d`), merged: a file name of an earlier folder
 * hides the same name of a later one; files in the order of their names. Rule: sysctl.d(5), tmpfiles.d(5), udev(7).
 */
export const configurationLines = async (root: string, kind: string): Promise<readonly string[]> => {
  const merged = new Map<string, string>();
  for (const folder of ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((top) =>
    path.join(root, top, kind),
  )) {
    for (const name of await readdir(folder).catch(() => []))
      if (!merged.has(name)) merged.set(name, path.join(folder, name));
  }
  const names = [...merged.keys()].sort();
  const texts = await Promise.all(names.map((name) => readFile(merged.get(name)!, 'utf8').catch(() => '')));
  return texts
    .join('\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line));
};

export const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** The paths below `root` that a glob means, in the order of their names; without a wildcard the path itself, where it is. */
export const expand = async (root: string, pattern: string): Promise<readonly string[]> => {
  let found = [''];
  for (const part of pattern.split('/').filter(Boolean)) {
    const next = found.map(async (folder) => {
      if (!isGlob(part)) return [`${folder}/${part}`];
      const regExp = globToRegExp(part);
      const names = await readdir(path.join(root, folder)).catch(() => []);
      return names
        .filter((name) => regExp.test(name))
        .sort()
        .map((name) => `${folder}/${name}`);
    });
    found = (await Promise.all(next)).flat();
  }
  const present = await Promise.all(found.map((name) => exists(path.join(root, name))));
  return found.filter((_, index) => present[index]);
};
