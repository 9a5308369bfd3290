import type { Format } from '../../src/contract/index.ts';

type Name = 'key_value' | 'ini' | 'shell';

export const formats: Readonly<Record<Name, Format>> = { key_value: 'key-value', ini: 'ini', shell: 'shell-vars' };

type Problem = { readonly param: string; readonly message: string; readonly hint?: string };

const hasBlankEnd = (text: string): boolean => /^[ \t]|[ \t]$/.test(text);
const endsEscaped = (text: string): boolean => /(?<!\\)(\\\\)*\\$/.test(text);

const nameProblem = (format: Name, name: string): string | undefined => {
  if (format === 'shell')
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? undefined : `'${name}' is no name of a shell variable`;
  const isPlain = name !== '' && !/[=\n\r\0]|^[#;[]/.test(name) && !hasBlankEnd(name);
  return isPlain ? undefined : `'${name}' cannot be a key`;
};

const valueProblem = (format: Name, name: string, value: string): Omit<Problem, 'param'> | undefined => {
  if (/[\n\r\0]/.test(value)) return { message: `${name}: the value must be one line` };
  if (format === 'shell') return undefined;
  if (hasBlankEnd(value))
    return {
      message: `${name}: blanks around a value are lost`,
      hint: 'quote it, where the reader of the file takes quotes',
    };
  if (endsEscaped(value)) return { message: `${name}: a backslash at the end makes the next line part of the value` };
  return undefined;
};

const sectionProblem = (format: Name, section: string): Omit<Problem, 'param'> | undefined => {
  if (format !== 'ini') return { message: `format: ${format} has no sections`, hint: 'format: ini has' };
  return section === '' || hasBlankEnd(section) || /[\]\n\r\0]/.test(section)
    ? { message: `'${section}' cannot be a section` }
    : undefined;
};

/** What keeps a section, a key or a value from being written so that it reads back as it is. */
export const checkNames = (
  format: Name,
  section: string | undefined,
  values: Readonly<Record<string, string | number | null>>,
): readonly Problem[] => {
  const wrongSection = section === undefined ? undefined : sectionProblem(format, section);
  return [
    ...(wrongSection ? [{ param: 'section', ...wrongSection }] : []),
    ...Object.entries(values).flatMap(([name, value]): readonly Problem[] => {
      const wrongName = nameProblem(format, name);
      if (wrongName !== undefined) return [{ param: 'values', message: wrongName }];
      const wrong = value === null ? undefined : valueProblem(format, name, String(value));
      return wrong ? [{ param: 'values', ...wrong }] : [];
    }),
  ];
};
