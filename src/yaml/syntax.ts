import type { YAMLError } from 'yaml';
import type { Diagnostic, Position } from '../diagnostics.ts';

/** A value that begins with braces and is not quoted: a map in a map to YAML, a template to people. */
export const unquotedTemplate = (position: Position): Diagnostic => ({
  code: 'unquoted-template',
  severity: 'error',
  message: 'a value that begins with {{ is a map to YAML',
  position,
  hint: 'put the whole value in quotes: "{{ name }}"',
});

const hints: Partial<Record<YAMLError['code'], string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'put a value that holds ": " in quotes, or check the indentation',
  MULTILINE_IMPLICIT_KEY: 'a key is followed by a colon and a space',
  BAD_SCALAR_START: 'put the value in quotes',
  BAD_DQ_ESCAPE: 'use single quotes where backslashes are meant as they are',
  MISSING_CHAR: 'check the quotes, brackets, colons and the indentation of this line and of the one above',
  BAD_INDENT: 'check the brackets, and that the lines of a list or map are equally indented',
  UNEXPECTED_TOKEN: 'check the quotes and brackets, and that the keys of a map are equally indented',
};

const messages: Partial<Record<YAMLError['code'], string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a map or list cannot begin here',
  MULTILINE_IMPLICIT_KEY: 'a key and its colon must stand on one line',
};

const translate = (error: YAMLError, line: string, position: Position): Diagnostic => {
  if (/(?:^|[:,[{-]\s+)\{\{/.test(line))
    return unquotedTemplate({ ...position, column: line.indexOf('{{') + 1, length: 2 });
  const hint = hints[error.code];
  return {
    code: 'yaml-syntax',
    severity: 'error',
    message: messages[error.code] ?? error.message,
    position,
    ...(hint && { hint }),
  };
};

/**
 * The library's errors as diagnostics: one a line, since the later ones of a line follow from the first; tabs and
 * excessive nesting stand alone, since they garble all that follows.
 */
export const syntaxErrors = (
  errors: readonly YAMLError[],
  text: string,
  at: (start: number, end: number) => Position,
): readonly Diagnostic[] => {
  const lines = text.split('\n');
  const lineOf = (position: Position): string => lines[position.line - 1] ?? '';
  const found = errors.map((error) => ({ error, position: at(...error.pos) }));

  const exhausted = found.find(({ error }) => error.code === 'RESOURCE_EXHAUSTION');
  if (exhausted) return [tooDeep(exhausted.position)];

  const tabbed = found.find(({ position }) => /^\s*\t/.test(lineOf(position)));
  if (tabbed) {
    const column = lineOf(tabbed.position).indexOf('\t') + 1;
    return [
      {
        code: 'yaml-tab',
        severity: 'error',
        message: 'a tab cannot indent YAML',
        position: { ...tabbed.position, column, length: 1 },
        hint: 'indent with spaces',
      },
    ];
  }

  const seen = new Set<number>();
  return found.flatMap(({ error, position }) => {
    if (seen.has(position.line)) return [];
    seen.add(position.line);
    return [translate(error, lineOf(position), position)];
  });
};

export const tooDeep = (position: Position): Diagnostic => ({
  code: 'yaml-depth',
  severity: 'error',
  message: 'lists and maps are nested too deeply',
  position,
});
