import { createRequire as requireFrom } from 'node:module';
import type { YAMLException } from 'js-yaml';
import type { CST, YAMLError } from 'yaml';
import type { Diagnostic, Position } from '../diagnostics.ts';
import type { Locate } from './positions.ts';

/** Deeper trees than this are attacks, not configuration. */
export const deepest = 100;

/** The second parser, which sound texts never need: it takes longer to load than a site to read. */
const loadParser = (): typeof import('yaml') => requireFrom(import.meta.url)('yaml');

/** Of the second parser only the errors are of use. */
const secondParser = {
  schema: 'failsafe',
  uniqueKeys: false,
  merge: false,
  prettyErrors: false,
  logLevel: 'error',
} as const;

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
 * The errors of the parser that goes on after one, as diagnostics: one a line, since the later ones of a line follow from
 * the first; a tab stands alone, since it garbles all that follows.
 */
const translateAll = (errors: readonly YAMLError[], text: string, locate: Locate): readonly Diagnostic[] => {
  const lines = text.split('\n');
  const lineOf = (position: Position): string => lines[position.line - 1] ?? '';
  const found = errors.map((error) => ({ error, position: locate(...error.pos) }));

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

export const severalDocuments = (position: Position): Diagnostic => ({
  code: 'several-documents',
  severity: 'error',
  message: 'a file holds one YAML document; a second begins here',
  position,
});

/** The tokens within a token, one level down. */
const within = (token: CST.Token): readonly CST.Token[] => {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value]).filter((inner) => inner != null);
};

/** Whether the second parser would run out of stack, which may end the process. */
const isDeep = (tokens: Iterable<CST.Token>): boolean => {
  let level: readonly CST.Token[] = [...tokens];
  for (let depth = 0; level.length > 0 && depth <= deepest; depth++) level = level.flatMap(within);
  return level.length > 0;
};

/**
 * What is wrong with a text that was refused with `refusal`: a second parser names every error, the first stops at one.
 * Where the second finds none, or cannot be asked, the refusal speaks for itself.
 */
export const explainRefusal = (
  { reason, mark }: YAMLException,
  text: string,
  locate: Locate,
): readonly Diagnostic[] => {
  const offset = mark?.position ?? 0;
  const position = locate(offset, offset);
  if (reason.startsWith('nesting exceeded')) return [tooDeep(position)];
  const { parseDocument, Parser } = loadParser();
  const { errors } = isDeep(new Parser().parse(text)) ? { errors: [] } : parseDocument(text, secondParser);
  const second = errors.find(({ code }) => code === 'MULTIPLE_DOCS');
  if (second) return [severalDocuments(locate(...second.pos))];
  if (errors.length > 0) return translateAll(errors, text, locate);
  return [{ code: 'yaml-syntax', severity: 'error', message: reason, position }];
};
