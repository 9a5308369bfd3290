import type { Assignment, Dialect } from './entry-lines.ts';

const blanks = ' \t\r';

const trim = (text: string): string => {
  let [start, end] = [0, text.length];
  while (start < end && blanks.includes(text[start]!)) start++;
  while (end > start && blanks.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
};

/** `name = value`, blanks or none around the sign. Nothing behind the value is taken for a comment: most readers take none. */
const assignment = (line: string): Assignment | undefined => {
  const sign = line.indexOf('=');
  const name = trim(line.slice(0, Math.max(sign, 0)));
  if (name === '' || /^[#;[]/.test(name)) return undefined;
  const indent = /^[ \t]*/.exec(line)![0];
  const before = line.slice(indent.length + name.length, sign);
  const value = trim(line.slice(sign + 1));
  const after = value === '' ? before : /^[ \t]*/.exec(line.slice(sign + 1))![0];
  const headOf = (other: string): string => `${indent}${other}${before}=${after}`;
  return { name, head: headOf(name), headOf, value, whole: true };
};

/** `name=value` lines; `#` and `;` begin comments. */
export const keyValue: Dialect = {
  assignment,
  comment: /^[ \t]*[#;]/,
  sections: false,
  spell: (value) => value,
  head: (name) => `${name}=`,
  atEnd: false,
};

/** The same below `[section]` lines; what stands before the first has no section. */
export const ini: Dialect = { ...keyValue, sections: true };
