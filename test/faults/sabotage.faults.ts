import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import { type Bench, startBench, type Target } from './bench.ts';
import { node } from './site.ts';
import { buildSabotaged, type Sabotage } from './sabotage.ts';
import { printTable, type Row } from './table.ts';
import { runWave, type Trial } from './trial.ts';

const noReadBack: readonly Sabotage[] = [
  {
    file: 'src/engine/stage.ts',
    from: 'if (todo.length === 0) return staged(reached);',
    to: 'if (todo.length === 0 || applied > 0) return staged(reached);',
  },
  {
    file: 'src/engine/stage.ts',
    from: '  if (!before) return undefined;',
    to: '  if (before || !before) return undefined;',
  },
];
const idleStore: readonly Sabotage[] = [
  {
    file: 'src/engine/apply.ts',
    from: 'const { prepare = [], changes: written, finalize } = store.write(known(store.state), entries);',
    to: 'const { prepare = [], finalize } = store.write(known(store.state), entries); const written: any[] = [];',
  },
];

describe.skipIf(e2eProblem)(titled('a program that lies'), () => {
  let bench: Bench;
  const rows: Row[] = [];
  const folders: string[] = [];
  beforeAll(async () => {
    bench = await startBench([node('s1')]);
  });
  afterAll(async () => {
    printTable('Sabotaged builds, which must be caught', rows);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    await bench?.stop();
  });

  /** A value that the kernel takes and forgets. */
  const swallow = async ({ host }: Target): Promise<void> =>
    void (await host.sh('mount --bind /dev/null /proc/sys/vm/swappiness'));
  const swallowed: Partial<Trial> = {
    prepare: swallow,
    undo: async ({ host }) => void (await host.sh('umount /proc/sys/vm/swappiness')),
  };
  const see = async (fault: string, sabotage: readonly Sabotage[], more: Partial<Trial> = {}) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-sabotage-'));
    folders.push(folder);
    const program = sabotage.length > 0 ? await buildSabotaged(folder, sabotage) : undefined;
    const trial: Trial = {
      fault,
      stage: 'from the start',
      host: 's1',
      injected: () => true,
      allowed: ['changed'],
      says: /./,
      ...more,
    };
    const wave = await runWave(bench, [trial], program === undefined ? {} : { program });
    rows.push(...wave.rows);
    return { row: wave.rows[0]!, problems: wave.problems };
  };

  test('the program as it is tells the truth', async () => {
    const { row, problems } = await see('none, and a value is swallowed', [], {
      ...swallowed,
      allowed: ['failed'],
      says: /wrote 1, read back/,
    });
    expect([row.status, row.falseSuccesses, problems]).toEqual([
      'failed',
      0,
      // What the swallowed value reads as.
      [expect.stringContaining('neither old nor new: /proc/sys/vm/swappiness')],
    ]);
  });

  test('one that does not read back is caught', async () => {
    const { row, problems } = await see('no read-back, and a value is swallowed', noReadBack, swallowed);
    expect([row.status, row.falseSuccesses > 0]).toEqual(['changed', true]);
    expect(problems.join('\n')).toContain('false success: limits changed: /proc/sys/vm/swappiness');
  });

  test('one whose stores do not write is caught by its own read-back', async () => {
    const { row, problems } = await see('idle store', idleStore);
    expect([row.status, row.falseSuccesses]).toEqual(['failed', 0]);
    expect(problems.join('\n')).toContain('is failed');
  });

  test('one whose stores do not write, and that does not read back, is caught', async () => {
    const { row, problems } = await see('idle store, no read-back', [...noReadBack, ...idleStore]);
    // What stands on an idle store (a unit that is to be enabled) fails, whatever is read back.
    expect([row.status, row.falseSuccesses > 0]).toEqual(['failed', true]);
    expect(problems.join('\n')).toContain('false success: limits changed: /etc/sysctl.d/zz-perfplay.conf');
  });
});
