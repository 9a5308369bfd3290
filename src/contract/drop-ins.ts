/** Files of drop-in folders as they are read: a name in an earlier folder hides it in later ones; sorted by name. */
export const dropIns = <T>(
  files: ReadonlyMap<string, T>,
  folders: readonly string[],
): readonly (readonly [string, T])[] => {
  const byName = new Map<string, readonly [string, T]>();
  for (const folder of folders) {
    for (const [path, value] of files) {
      const name = path.slice(folder.length + 1);
      if (path.startsWith(`${folder}/`) && !name.includes('/') && !byName.has(name)) byName.set(name, [path, value]);
    }
  }
  return [...byName].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry);
};
