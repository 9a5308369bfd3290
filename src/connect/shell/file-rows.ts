import type { WriteOp } from './script.ts';

/** A file of a row: the number of its op, and which ops before the row must have succeeded. */
export interface RowFile {
  readonly id: number;
  readonly needs: readonly number[];
}

/** Files that are prepared together. `at`: the op before which that is done, the first of them, or a record that is put on disk with them. */
export interface FileRow {
  readonly at: number;
  readonly files: readonly RowFile[];
}

/** Files that are prepared at once: so many names fit into the words of a program. */
const longest = 16;

/** What an op does at paths, and nowhere else; undefined: nobody knows what it does. */
const pathsOf = (op: WriteOp): readonly string[] | undefined => {
  switch (op.op) {
    case 'attribute':
    case 'file':
    case 'remove':
    case 'directory':
    case 'remove-directory':
    case 'permission':
      return [op.path];
    case 'sweep':
      return op.paths;
    case 'gate':
    case 'record':
      return [];
    default:
      return undefined;
  }
};

const overlap = (left: string, right: string): boolean =>
  left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`);

/**
 * Which file ops can be prepared together, in the order of the ops: their new contents are written before the first of them is done.
 * Nothing that a row begins with, and no op between, may change what one of its files is made from: a program ends a row, and so does
 * an op at the same path, above it or below it.
 */
export const fileRows = (ops: readonly WriteOp[]): readonly FileRow[] => {
  const rows: FileRow[] = [];
  let at: number | undefined;
  let files: RowFile[] = [];
  let touched: string[] = [];
  /** Of each op since the row began: what it needs from before. */
  let outside = new Map<number, readonly number[]>();
  const end = (): void => {
    if (at !== undefined && files.length > 0) rows.push({ at, files });
    at = undefined;
    [files, touched, outside] = [[], [], new Map()];
  };
  for (const [id, op] of ops.entries()) {
    const paths = pathsOf(op);
    const isFull = op.op === 'file' && (files.length === longest || touched.some((path) => overlap(path, op.path)));
    if (!paths || isFull || op.op === 'record') end();
    if (!paths) continue;
    if (op.op === 'file' || op.op === 'record') at ??= id;
    if (at === undefined) continue;
    const needs =
      op.op === 'record' ? [] : [...new Set((op.needs ?? []).flatMap((need) => outside.get(need) ?? [need]))];
    outside.set(id, needs);
    touched.push(...paths);
    if (op.op === 'file') files.push({ id, needs });
  }
  end();
  return rows;
};
