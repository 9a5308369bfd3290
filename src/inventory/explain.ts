import { InputError, nearest } from '../diagnostics.ts';
import type { LoadedInventory } from './load.ts';
import { unknownName } from './print.ts';
import type { Variable } from './types.ts';
import { toJson, toJsonLine, withoutSecrets } from './value-text.ts';

/** Columns of a terminal that everybody has. */
const width = 80;

/** File and line, and the origin where it says more than the file. */
const placeOf = ({ position: { file, line }, origin }: Variable): string =>
  file.endsWith(origin) ? `${file}:${line}` : `${file}:${line}  ${origin}`;

/** The winner first; values beside their places where all fit, else each above its place. */
const explainVariable = (name: string, candidates: readonly Variable[]): string => {
  const rows = candidates.toReversed().map((candidate) => {
    const value = withoutSecrets(name, candidate.value);
    return { line: toJsonLine(value), value, place: placeOf(candidate) };
  });
  const column = Math.max(...rows.map(({ line }) => line.length));
  const beside = rows.map(({ line, place }) => `  ${line.padEnd(column)}  ${place}`);
  if (beside.every((row) => row.length <= width)) return [name, ...beside].join('\n');
  const above = rows.map(({ line, value, place }) => {
    const shown = line.length + 2 <= width ? line : toJson(value);
    return `${shown.replaceAll(/^/gm, '  ')}\n    ${place}`;
  });
  return [name, ...above].join('\n');
};

/**
 * Where the variables of a host come from: each variable, or only `variable`, with every value that it was given, the winner
 * first, and the file, line and origin of each. Passwords are a mask. Throws InputError for a host or variable that is not there.
 */
export const explainHost = (
  { inventory, candidates }: Pick<LoadedInventory, 'inventory' | 'candidates'>,
  host: string,
  variable?: string,
): string => {
  if (!inventory.hosts.has(host)) throw unknownName('host', host, inventory.hosts.keys());
  const known = candidates(host);
  if (variable === undefined) {
    if (known.size === 0) return `${host} has no variables`;
    return [...known.keys()]
      .sort()
      .map((name) => explainVariable(name, known.get(name)!))
      .join('\n');
  }
  const found = known.get(variable);
  if (found) return explainVariable(variable, found);
  const near = nearest(variable, known.keys());
  throw new InputError([
    {
      code: 'undefined-variable',
      severity: 'error',
      message: `${host} has no variable "${variable}"`,
      ...(near && { hint: `did you mean ${near}?` }),
    },
  ]);
};
