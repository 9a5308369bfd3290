import { describe, expect, it } from 'vitest';
import { fileRows } from '../../../src/connect/shell/file-rows.ts';
import type { WriteOp } from '../../../src/connect/shell/script.ts';

// Which file ops are prepared together; what becomes of them on a host is in file-rows.test.ts.

const file = (name: string, before: string | null, after: string, needs: readonly number[] = []): WriteOp => ({
  op: 'file',
  path: `/etc/${name}`,
  mode: 0o644,
  before,
  after,
  needs,
});

describe('rows', () => {
  const program: WriteOp = { op: 'program', argv: ['true'] };
  const ids = (ops: readonly WriteOp[]) => fileRows(ops).map(({ files }) => files.map(({ id }) => id));

  it('end at what may change anything, and at the same place', () => {
    expect(ids([file('a', '', 'x'), program, file('b', '', 'x'), file('c', '', 'x')])).toEqual([[0], [2, 3]]);
    expect(ids([file('a', '', 'x'), file('a', 'x', 'y')])).toEqual([[0], [1]]);
    expect(ids([file('a', '', 'x'), { op: 'directory', path: '/etc/d', mode: 0o700 }, file('d/b', null, 'x')])).toEqual(
      [[0], [2]],
    );
    const mode: WriteOp = { op: 'permission', path: '/etc/b', aspect: 'mode', value: '0600' };
    expect(ids([file('a', '', 'x'), mode, file('b', '', 'x')])).toEqual([[0], [2]]);
    expect(ids([file('a', '', 'x'), { op: 'attribute', path: '/sys/x', value: '1' }, file('ab', '', 'x')])).toEqual([
      [0, 2],
    ]);
    expect(
      ids(Array.from({ length: 20 }, (_, index) => file(`f${index}`, null, 'x'))).map((row) => row.length),
    ).toEqual([16, 4]);
  });

  it('do not end where a task does, and need what that needs', () => {
    const gate = (...needs: number[]): WriteOp => ({ op: 'gate', needs });
    const ops = [program, gate(0), file('a', '', 'x', [1]), gate(2), file('b', '', 'x', [3])];
    expect(fileRows(ops)).toEqual([
      {
        at: 2,
        files: [
          { id: 2, needs: [1] },
          { id: 4, needs: [1] },
        ],
      },
    ]);
  });

  it('know what they need from before, also by way of each other', () => {
    const ops = [program, program, file('a', '', 'x', [0]), file('b', '', 'x', [2]), file('c', '', 'x', [1, 3])];
    expect(fileRows(ops)).toEqual([
      {
        at: 2,
        files: [
          { id: 2, needs: [0] },
          { id: 3, needs: [0] },
          { id: 4, needs: [1, 0] },
        ],
      },
    ]);
  });

  it('begin at the record, so that one sync does for both, where nothing between them could matter', () => {
    const record: WriteOp = {
      op: 'record',
      folder: '/j',
      name: 'n',
      made: 'm',
      text: '',
      paths: [],
      needs: [0],
    };
    const attribute: WriteOp = { op: 'attribute', path: '/sys/x', value: '1', needs: [1] };
    const begins = (...ops: readonly WriteOp[]) => fileRows([program, record, ...ops]);
    expect(begins(attribute, file('a', '', 'x', [2]), file('b', '', 'x', [0, 3]))).toEqual([
      {
        at: 1,
        files: [
          { id: 3, needs: [] },
          { id: 4, needs: [0] },
        ],
      },
    ]);
    expect(begins(attribute)).toEqual([]);
    expect(begins(program, file('a', '', 'x')).map(({ at: opener }) => opener)).toEqual([3]);
    const folder: WriteOp = { op: 'directory', path: '/etc/d', mode: 0o700 };
    expect(begins(folder, file('d/a', null, 'x')).map(({ at: opener }) => opener)).toEqual([3]);
  });
});
