import { kernelWords, type KernelArgument } from '../../../contract/kernel-line.ts';
import { argumentsOf, withArguments } from './argument-line.ts';
import { onlyWhere, type KeptArguments } from './kept.ts';

/** A kind of file that holds kernel arguments: how they are read, and changed without touching anything else. */
export interface ArgumentText {
  readonly words: (text: string) => readonly KernelArgument[];
  readonly edit: (text: string, kept: KeptArguments) => string;
  /** Of these groups what stood in a former text, where that is another place than `edit` puts it. */
  readonly bringBack?: (text: string, former: string, groups: readonly string[]) => string;
}

const nothing = (kept: KeptArguments): KeptArguments => onlyWhere(kept, () => false);
const hasWords = (kept: KeptArguments): boolean => [...kept.values()].some(({ value }) => value !== null);
const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Edits the last line that `pattern` finds (head, arguments, tail), and takes the groups from those before it. */
const editLines = (text: string, pattern: RegExp, kept: KeptArguments, missing: string): string => {
  let left = [...text.matchAll(pattern)].length;
  if (left === 0) return hasWords(kept) ? `${withNewline(text)}${missing}` : text;
  return text.replace(pattern, (_, head: string, line: string, tail: string) => {
    left -= 1;
    return `${head}${withArguments(line, left === 0 ? kept : nothing(kept))}${tail}`;
  });
};
const valuesOf = (kept: KeptArguments): string => withArguments('', kept);

/** /etc/kernel/cmdline: one line (kernel-install(8)). */
export const lineText: ArgumentText = {
  words: (text) => kernelWords(text),
  edit: (text, kept) => {
    const [, line, end] = /^(.*?)(\n*)$/s.exec(text)!;
    return `${withArguments(line!, kept)}${end!}`;
  },
};

const options = /^(options[ \t]+)(.*)()$/gm;

/** A snippet of the Boot Loader Specification: its `options` lines. */
export const snippetText: ArgumentText = {
  words: (text) => kernelWords([...text.matchAll(options)].map((match) => match[2]!).join(' ')),
  edit: (text, kept) => editLines(text, options, kept, `options ${valuesOf(kept)}\n`),
};

const size = 1024;
const kernelOptions = /^(kernelopts=)(.*)()$/gm;

/** `kernelopts` of a GRUB environment block, which is filled with `#` up to a multiple of its size (grub2-editenv(1)). */
export const environmentText: ArgumentText = {
  words: (text) => kernelWords(/^kernelopts=(.*)$/m.exec(text)?.[1] ?? ''),
  edit: (text, kept) => {
    const lines = editLines(text, kernelOptions, kept, `kernelopts=${valuesOf(kept)}\n`).replace(/#*$/, '');
    const length = Buffer.byteLength(lines);
    return `${lines}${'#'.repeat(Math.ceil(length / size) * size - length)}`;
  },
};

/** `NAME="arguments"`, `NAME='arguments'` or `NAME=argument` of a file that a shell sources. */
const assignment = (name: string): RegExp =>
  new RegExp(
    `^([ \\t]*(?:export[ \\t]+)?${name}=)("(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^\\s"'#;&|()]*)([ \\t]*(?:#.*)?)$`,
    'gm',
  );
const anyAssignment = (name: string): RegExp => new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}\\+?=`, 'gm');

const bare = (value: string): readonly [quote: string, line: string] =>
  /^["']/.test(value) ? [value[0]!, value.slice(1, -1)] : ['', value];

const editVariable = (text: string, name: string, kept: KeptArguments): string => {
  const found = [...text.matchAll(assignment(name))];
  if (found.length === 0) return hasWords(kept) ? `${withNewline(text)}${name}="${valuesOf(kept)}"\n` : text;
  let left = found.length;
  return text.replace(assignment(name), (_, head: string, value: string, tail: string) => {
    left -= 1;
    const [quote, line] = bare(value);
    const edited = withArguments(line, left === 0 ? kept : nothing(kept));
    const mark = quote === '' && /\s/.test(edited) ? '"' : quote;
    return `${head}${mark}${edited}${mark}${tail}`;
  });
};

const all = 'GRUB_CMDLINE_LINUX';
const normal = 'GRUB_CMDLINE_LINUX_DEFAULT';

/** True where a line that sets kernel arguments cannot be edited as text: it goes on in the next line, or adds with `+=`. */
export const isUnclear = (text: string): boolean =>
  [all, normal].some(
    (name) => [...text.matchAll(anyAssignment(name))].length !== [...text.matchAll(assignment(name))].length,
  );

/** True where GRUB_CMDLINE_LINUX is set, and can be edited. */
export const setsArguments = (text: string): boolean => !isUnclear(text) && assignment(all).test(text);

const linesOf = (text: string, name: string): string =>
  [...text.matchAll(assignment(name))].map((match) => bare(match[2]!)[1]).join(' ');

const defaultsText = (parts: (kept: KeptArguments) => readonly [everywhere: KeptArguments, normal: KeptArguments]) => {
  const edit = (text: string, everywhere: KeptArguments, normally: KeptArguments): string =>
    editVariable(editVariable(text, all, everywhere), normal, normally);
  return {
    words: (text) => kernelWords(`${linesOf(text, all)} ${linesOf(text, normal)}`),
    edit: (text, kept) => edit(text, ...parts(kept)),
    bringBack: (text, former, groups) => {
      const stood = (name: string) => argumentsOf(kernelWords(linesOf(former, name)), groups);
      return edit(text, stood(all), stood(normal));
    },
  } satisfies ArgumentText;
};

/** /etc/default/grub: recovery entries get GRUB_CMDLINE_LINUX alone, normal ones GRUB_CMDLINE_LINUX_DEFAULT after it. */
export const defaults: ArgumentText = defaultsText((kept) => [
  onlyWhere(kept, ({ recovery }) => recovery),
  onlyWhere(kept, ({ recovery }) => !recovery),
]);

/** /etc/default/grub where entries are snippets: all arguments in GRUB_CMDLINE_LINUX, as grubby(8) puts them. */
export const snippetDefaults: ArgumentText = defaultsText((kept) => [kept, nothing(kept)]);
