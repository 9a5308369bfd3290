import { fileReferences } from '../expressions/references.ts';
import { renderFile } from '../expressions/render.ts';
import { placeInFile } from './controller-files.ts';
import type { FoundFile } from './controller-files.ts';
import type { Reference } from '../expressions/references.ts';
import type { Lookup } from '../expressions/render.ts';
import type { Source } from './host-problems.ts';

/** A template file for a host: its UTF-8 bytes, one character each. Throws ExpressionError. */
export const renderedBytes = ({ text }: FoundFile, lookup: Lookup): string =>
  Buffer.from(renderFile(text, lookup), 'utf8').toString('latin1');

const known = new WeakMap<FoundFile, readonly Reference[]>();

/** The names that a template file uses; computed once for each. */
export const referencesInFile = (file: FoundFile): readonly Reference[] => {
  const found = known.get(file) ?? fileReferences(file.text);
  known.set(file, found);
  return found;
};

/** Where errors in a template file point. */
export const fileSource = (file: FoundFile): Source => ({
  text: file.text,
  place: (_, offset, length) => placeInFile(file, offset, length),
});
