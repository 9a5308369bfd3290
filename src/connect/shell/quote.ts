/** One word of sh(1), whatever its bytes: single quotes, and nothing in them is special. Throws on NUL, which no word can hold. */
export const quote = (text: string): string => {
  if (text.includes('\0')) throw new Error('a NUL byte cannot be part of a shell word');
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
};

/** A path pattern under the target's root: everything literal but `*`, `?` and `[…]`, which the target's sh expands. */
export const quotePattern = (pattern: string): string =>
  `"$PP_ROOT"${pattern
    .split(/([*?]|\[[^\]/]*\])/)
    .map((part, index) => (index % 2 === 1 || part === '' ? part : quote(part)))
    .join('')}`;
