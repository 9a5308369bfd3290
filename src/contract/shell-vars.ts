import type { Codec } from './steps.ts';

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/** The value of a shell word without expansions: quotes removed, a trailing comment dropped. */
const unquote = (word: string): string => {
  let value = '';
  for (let index = 0; index < word.length; index++) {
    const char = word[index]!;
    if (char === "'") {
      const end = word.indexOf("'", index + 1);
      if (end < 0) return value + word.slice(index);
      value += word.slice(index + 1, end);
      index = end;
    } else if (char === '"') {
      for (index++; index < word.length && word[index] !== '"'; index++) {
        if (word[index] === '\\' && '"\\$`'.includes(word[index + 1] ?? ' ')) index++;
        value += word[index] ?? '';
      }
    } else if (char === '\\') value += word[++index] ?? '';
    else if (/\s/.test(char)) break;
    else value += char;
  }
  return value;
};

/** `NAME=value` lines of a file that a shell sources (/etc/default/*): the last assignment of a name wins, comments are kept apart. */
export const shellVars: Codec<ReadonlyMap<string, string>> = {
  decode: (raw) => {
    const values = new Map<string, string>();
    for (const line of raw.split('\n')) {
      const match = assignment.exec(line);
      if (match) values.set(match[1]!, unquote(match[2]!));
    }
    return values;
  },
  encode: (values) => [...values].map(([name, value]) => `${name}=${value}\n`).join(''),
};

/** Bare where a bare word is safe, else in double quotes, `$`, backtick, backslash and `"` escaped. */
const quoted = (value: string): string =>
  /^[A-Za-z0-9_.,:/@%+-]*$/.test(value) ? value : `"${value.replaceAll(/(["\\$`])/g, '\\$1')}"`;

/**
 * The file's text with NAME=value in place of its last assignment, or at the end; null removes every assignment.
 * Comments, blank lines and everything else stay byte for byte.
 */
export const setShellVar = (raw: string, name: string, value: string | null): string => {
  const lines = raw.split('\n');
  const at = lines.flatMap((line, index) => (assignment.exec(line)?.[1] === name ? [index] : []));
  if (value === null) return lines.filter((_, index) => !at.includes(index)).join('\n');
  const line = `${name}=${quoted(value)}`;
  const last = at.at(-1);
  if (last !== undefined) return lines.with(last, line).join('\n');
  const body = raw === '' || raw.endsWith('\n') ? raw : `${raw}\n`;
  return `${body}${line}\n`;
};
