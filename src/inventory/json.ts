import type { DiagnosticCode } from '../diagnostics.ts';
import type { Diagnostic, Position } from '../diagnostics.ts';
import { resolvePlain } from '../yaml/scalars.ts';
import type { Entry, Node } from '../yaml/nodes.ts';

/** Where a part of the text stands, by line, column and length. */
export type Place = (line: number, column: number, length: number) => Position;

/** A text that is JSON as a tree, and what is wrong in it; or where it stops to be JSON. */
export type JsonResult =
  | { readonly document: Node; readonly diagnostics: Diagnostic[] }
  | { readonly problem: string; readonly line: number; readonly column: number };

/** Deeper trees than this are attacks, not configuration. */
const deepest = 100;
const pollution = new Set(['__proto__', 'constructor', 'prototype']);
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const word = /true|false|null|NaN|-?Infinity/y;
const words: ReadonlyMap<string, boolean | null | number> = new Map<string, boolean | null | number>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** Marks of Ansible for an encrypted text, and for one that is no template. */
const foreign = new Set(['__ansible_vault', '__ansible_unsafe']);

class NoJson extends Error {}

/**
 * Reads JSON as Python's json module does (NaN and Infinity are numbers), keeping order and places; an integer that a double
 * cannot hold is text. Ansible reads what is JSON by this and not as YAML: `1e3` is a number, tabs may indent.
 */
export const readJson = (text: string, place: Place): JsonResult => {
  const diagnostics: Diagnostic[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  let depth = 0;

  const fail = (wanted: string): never => {
    throw new NoJson(`${wanted} is expected`);
  };
  const skip = (): void => {
    for (; ; at++) {
      const character = text[at];
      if (character === '\n') {
        line++;
        lineStart = at + 1;
      } else if (character !== ' ' && character !== '\t' && character !== '\r') return;
    }
  };
  const next = (wanted: string): boolean => {
    skip();
    if (text[at] !== wanted) return false;
    at++;
    return true;
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  /** A string in quotes, and its length there. */
  const takeString = (): { readonly text: string; readonly length: number } | undefined => {
    if (text[at] !== '"') return undefined;
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    const quoted = text.slice(at, end + 1);
    try {
      const found = { text: JSON.parse(quoted) as string, length: quoted.length };
      at = end + 1;
      return found;
    } catch {
      throw new NoJson('a string with JSON escapes is expected');
    }
  };
  const here = (length: number): Position => place(line, at - lineStart + 1 - length, length);
  const problem = (code: DiagnosticCode, message: string, position: Position, hint?: string): void => {
    diagnostics.push({ code, severity: 'error', message, position, ...(hint && { hint }) });
  };

  const key = (): { readonly name: string; readonly position: Position } => {
    skip();
    const { text: name, length } = takeString() ?? fail('a key in quotes');
    const found = { name, position: here(length) };
    if (!next(':')) fail('a colon');
    return found;
  };

  const map = (position: Position): Node => {
    const entries = new Map<string, Entry>();
    for (let first = true; !next('}'); first = false) {
      if (!first && !next(',')) fail('a comma or }');
      const { name, position: keyPosition } = key();
      const entry = { key: name, keyPosition, value: value() };
      const known = entries.get(name);
      if (pollution.has(name)) problem('reserved-key', `"${name}" cannot be a key`, keyPosition, 'choose another name');
      else if (foreign.has(name))
        problem('unsupported-tag', `${name} is not supported here`, keyPosition, 'write the value itself');
      else if (known)
        problem(
          'duplicate-key',
          `"${name}" stands twice in this map, first on line ${known.keyPosition.line}`,
          keyPosition,
        );
      else entries.set(name, entry);
    }
    return { kind: 'map', entries: [...entries.values()], position };
  };

  const sequence = (position: Position): Node => {
    const items: Node[] = [];
    while (!next(']')) {
      if (items.length > 0 && !next(',')) fail('a comma or ]');
      items.push(value());
    }
    return { kind: 'sequence', items, position };
  };

  const value = (): Node => {
    skip();
    const opening = text[at];
    if (opening === '{' || opening === '[') {
      at++;
      if (++depth > deepest) throw new NoJson('lists and maps are nested too deeply');
      const node = opening === '{' ? map(here(1)) : sequence(here(1));
      depth--;
      return node;
    }
    const quoted = takeString();
    if (quoted) {
      const { text: source, length } = quoted;
      return { kind: 'scalar', value: source, source, style: 'quoted', position: here(length) };
    }
    const source = take(word) ?? take(number) ?? fail('a value');
    const known = words.get(source);
    const scalar = known !== undefined ? known : /[.eE]/.test(source) ? Number(source) : resolvePlain(source);
    return { kind: 'scalar', value: scalar, source, style: 'plain', position: here(source.length) };
  };

  try {
    const document = value();
    skip();
    if (at < text.length) fail('the end');
    return { document, diagnostics };
  } catch (error) {
    if (!(error instanceof NoJson)) throw error;
    return { problem: error.message, line, column: at - lineStart + 1 };
  }
};
