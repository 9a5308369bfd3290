import { badValue, elements, isList, tupleOf, typeName } from '../data.ts';
import { strip } from '../text.ts';
import { filter } from './filter.ts';
import type { Datum } from '../data.ts';
import type { NamedFilter } from './filter.ts';

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const directoryName = (path: string): string => {
  const head = path.slice(0, path.lastIndexOf('/') + 1);
  const kept = strip(head, '/', 'end');
  return kept === '' ? head : kept;
};

/** The last dot of the last part divides, unless nothing but dots is before it. Rule: Python's os.path.splitext. */
const splitExtension = (path: string): readonly [string, string] => {
  const dot = path.lastIndexOf('.');
  const name = path.slice(path.lastIndexOf('/') + 1, dot + 1);
  return dot === -1 || /^\.*$/.test(name) || dot < path.lastIndexOf('/')
    ? [path, '']
    : [path.slice(0, dot), path.slice(dot)];
};

/** An absolute part begins anew. Rule: Python's os.path.join. */
const joinPaths = (parts: readonly string[]): string =>
  parts.reduce((path, part) => {
    if (part.startsWith('/')) return part;
    return path === '' || path.endsWith('/') ? path + part : `${path}/${part}`;
  }, '');

const pathOf = (value: Datum): string => {
  if (typeof value !== 'string') throw badValue(`a path is a text, not ${typeName(value)}`);
  return value;
};

/** Filters of paths, as texts: no file is looked at. */
export const pathFilters: readonly NamedFilter[] = [
  ['basename', filter('', (value) => baseName(pathOf(value)))],
  ['dirname', filter('', (value) => directoryName(pathOf(value)))],
  ['splitext', filter('', (value) => tupleOf(splitExtension(pathOf(value))))],
  [
    'path_join',
    filter('', (value, _, { budget }) => {
      if (typeof value === 'string') return value;
      if (!isList(value)) throw badValue(`path_join works on lists of texts, not on ${typeName(value)}`);
      const parts = elements(value, budget).map(pathOf);
      if (parts.length === 0) throw badValue('path_join needs a part at least');
      return joinPaths(parts);
    }),
  ],
];
