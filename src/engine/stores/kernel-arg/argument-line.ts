import {
  argumentGroup,
  argumentName,
  groupNames,
  groupWords,
  kernelWords,
  type KernelArgument,
} from '../../../contract/kernel-line.ts';
import type { KeptArguments } from './kept.ts';

/** A word with the space before it. Quotes and what a shell would run hold spaces together. */
const piece = /\s*(?:\$\([^)]*\)|`[^`]*`|"[^"]*"?|\\.|[^\s"`])+/g;

/** What is the kernel's, and a bare `--` with what init gets (lib/cmdline.c). */
const split = (line: string): readonly [kernel: string, rest: string] => {
  const at = /(?:^|\s+)--(?=\s|$)/.exec(line)?.index ?? line.length;
  return [line.slice(0, at), line.slice(at)];
};

/**
 * A kernel line with every group of `kept` as it is kept: a group that differs goes, and comes again at the end.
 * What is not about these groups keeps its bytes, spaces included.
 */
export const withArguments = (line: string, kept: KeptArguments): string => {
  const [kernel, rest] = split(line);
  const head = [...kept].reduce((current, [group, { value }]) => {
    if ((groupWords(kernelWords(current), group) ?? null) === value) return current;
    const names = groupNames(group);
    const others = current.replace(piece, (one) => (names.includes(argumentName(one.trim())) ? '' : one));
    const clean = others === current ? current : others.replace(/^\s+(?=\S)/, /^\s*/.exec(current)![0]);
    if (value === null) return clean;
    return /(?:^|\s)$/.test(clean) ? `${clean}${value}` : `${clean} ${value}`;
  }, kernel);
  return `${head}${rest !== '' && /^\S/.test(rest) && head !== '' ? ' ' : ''}${rest}`;
};

/** What stood of these groups on a line, as something to bring back. */
export const argumentsOf = (words: readonly KernelArgument[], groups: Iterable<string>): KeptArguments =>
  new Map([...groups].map((group) => [group, { value: groupWords(words, group) ?? null, recovery: false }]));

/** The words of a line that are of one of these groups, in their spelling. */
export const wordsOfGroups = (words: readonly KernelArgument[], groups: ReadonlySet<string>): readonly string[] =>
  words.flatMap(({ name, word }) => (groups.has(argumentGroup(name)) ? [word] : []));
