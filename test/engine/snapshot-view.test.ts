import { describe, expect, it } from 'vitest';
import type { Shell } from '../../src/connect/shell/shell.ts';
import { file, text, type ReadOp } from '../../src/contract/index.ts';
import { createSnapshotView } from '../../src/engine/snapshot-view.ts';

const never = async (): Promise<never> => {
  throw new Error('nothing is written');
};

describe('a view that has expired', () => {
  const reads = [file('/a', text), file('/b', text)];
  it('stays as it was read until the next ask, which asks for all', async () => {
    const asked: (readonly ReadOp[])[] = [];
    const shell: Shell = {
      ask: async (ops) => {
        asked.push(ops);
        const content = new Map(
          ops.flatMap((op) => (op.op === 'content' ? [[op.pattern, { raw: 'x' }] as const] : [])),
        );
        return { content, stat: new Map(), units: new Map(), output: new Map() };
      },
      apply: never,
      run: never,
      close: async () => undefined,
    };
    const view = createSnapshotView(shell, () => undefined);
    await view.ensure(reads);
    view.expire();
    expect([...view.snapshot().content.keys()]).toEqual(['/a', '/b']);
    await view.ensure(reads);
    await view.ensure(reads);
    expect(asked.map((ops) => ops.filter(({ op }) => op === 'content').length)).toEqual([2, 2]);
  });
});
