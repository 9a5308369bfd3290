/** Shell glob to regular expression; `*` and `?` do not cross `/`, as in sh(1) pathname expansion. */
export const globToRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replace(/\[!/g, '[^')
      .replace(/\*/g, '[^/]*')
      .replace(/\?/g, '[^/]')}$`,
  );

export const isGlob = (pattern: string): boolean => /[*?[]/.test(pattern);

/** The entries whose path matches the glob, in the map's order. */
export const select = <V>(from: ReadonlyMap<string, V>, pattern: string): ReadonlyMap<string, V> => {
  if (!isGlob(pattern)) {
    const value = from.get(pattern);
    return value === undefined ? new Map() : new Map([[pattern, value]]);
  }
  const regExp = globToRegExp(pattern);
  const literal = pattern.slice(0, pattern.search(/[*?[]/));
  return new Map([...from].filter(([path]) => path.startsWith(literal) && regExp.test(path)));
};
