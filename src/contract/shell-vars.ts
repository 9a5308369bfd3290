import { valuesIn, type Dialect } from './entry-lines.ts';
import type { Codec } from './steps.ts';

const pattern = /^(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=)(.*)$/;

/** A shell word without expansions: quotes removed, a trailing comment dropped; `whole` where every quote is closed. */
const unquote = (word: string): { readonly value: string; readonly whole: boolean } => {
  let value = '';
  for (let index = 0; index < word.length; index++) {
    const char = word[index]!;
    if (char === "'") {
      const end = word.indexOf("'", index + 1);
      if (end < 0) return { value: value + word.slice(index), whole: false };
      value += word.slice(index + 1, end);
      index = end;
    } else if (char === '"') {
      for (index++; index < word.length && word[index] !== '"'; index++) {
        if (word[index] === '\\' && '"\\$`'.includes(word[index + 1] ?? ' ')) index++;
        value += word[index] ?? '';
      }
      if (index >= word.length) return { value, whole: false };
    } else if (char === '\\') value += word[++index] ?? '';
    else if (/\s/.test(char)) break;
    else value += char;
  }
  return { value, whole: true };
};

/** Bare where a bare word is safe, else in double quotes, `$`, backtick, backslash and `"` escaped. */
const quoted = (value: string): string =>
  /^[A-Za-z0-9_.,:/@%+-]*$/.test(value) ? value : `"${value.replaceAll(/(["\\$`])/g, '\\$1')}"`;

/** `NAME=value` lines of a file that a shell sources (/etc/default/*): the last assignment of a name wins. */
export const shellLines: Dialect = {
  assignment: (line) => {
    const match = pattern.exec(line);
    if (!match) return undefined;
    const head = match[1]!;
    const name = match[2]!;
    return { name, head, headOf: (other) => `${other}=`, ...unquote(match[3]!) };
  },
  comment: /^\s*#/,
  sections: false,
  spell: quoted,
  head: (name) => `${name}=`,
  atEnd: true,
};

/** The values of such a file. */
export const shellVars: Codec<ReadonlyMap<string, string>> = {
  decode: (raw) => valuesIn(raw, shellLines),
  encode: (values) => [...values].map(([name, value]) => `${name}=${value}\n`).join(''),
};
