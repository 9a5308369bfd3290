import type { MappingEvent, ScalarEvent, SequenceEvent } from 'js-yaml';
import type { Diagnostic } from '../diagnostics.ts';
import type { Locate } from './positions.ts';

/** What a tag can stand before. */
export type Tagged = ScalarEvent | SequenceEvent | MappingEvent;

/** The core tags of scalars, and what each wants of the value. */
export const scalarTags: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['!!str', () => true],
  ['!!int', Number.isInteger],
  ['!!float', (value: unknown) => typeof value === 'number'],
  ['!!bool', (value: unknown) => typeof value === 'boolean'],
  ['!!null', (value: unknown) => value === null],
]);

const vaultHint = 'keep secrets out of the file: give them with -e @file, or ask for them with -K';
const hints: ReadonlyMap<string, string> = new Map([
  ['!vault', vaultHint],
  ['!vault-encrypted', vaultHint],
  ['!unsafe', 'write the text without the tag; braces that are meant as they are go into {% raw %}'],
]);

/** The tag of a node as it is written, `!!name` for YAML's own; undefined without one, and for `!`, which says nothing. */
export const tagOf = ({ tagStart, tagEnd }: Tagged, text: string): string | undefined => {
  if (tagStart === -1 || tagEnd === tagStart + 1) return undefined;
  return text.slice(tagStart, tagEnd).replace(/^!<tag:yaml\.org,2002:(.*)>$/, '!!$1');
};

export const unsupportedTag = (tag: string, { tagStart, tagEnd }: Tagged, locate: Locate): Diagnostic => ({
  code: 'unsupported-tag',
  severity: 'error',
  message: `the tag ${tag} is not supported here`,
  position: locate(tagStart, tagEnd),
  hint: hints.get(tag) ?? 'leave the tag out',
});
