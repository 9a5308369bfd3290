/**
 * The kernel's command line as its parser reads it (lib/cmdline.c, kernel/params.c): words between spaces, spaces inside double
 * quotes kept, a bare `--` ends it, `-` and `_` in names are equal.
 */

export interface KernelArgument {
  /** With `_` for `-`. */
  readonly name: string;
  /** The word as it stands. */
  readonly word: string;
}

export const argumentName = (word: string): string => word.split('=', 1)[0]!.replaceAll('-', '_');

/** The words of a command line up to `--`. */
export const kernelWords = (line: string): readonly KernelArgument[] => {
  const words: readonly string[] = line.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).map((word) => ({ name: argumentName(word), word }));
};

/** Names whose order and repetition carry meaning together: `hugepages=` belongs to the `hugepagesz=` before it. */
const families: readonly (readonly string[])[] = [['hugepages', 'hugepagesz', 'default_hugepagesz']];

/** The key under which words are kept together: a family's first name, else the name itself. */
export const argumentGroup = (name: string): string => families.find((family) => family.includes(name))?.[0] ?? name;

/** All words of a group on a line, in order, separated by spaces; undefined where there is none. */
export const groupWords = (words: readonly KernelArgument[], group: string): string | undefined => {
  const own = words.filter(({ name }) => argumentGroup(name) === group);
  return own.length > 0 ? own.map(({ word }) => word).join(' ') : undefined;
};

/** The names that belong to a group. */
export const groupNames = (group: string): readonly string[] =>
  families.find((family) => family[0] === group) ?? [group];
