import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { openShell, ShellLost } from '../../../src/connect/shell/shell.ts';
import { cutChannel } from './cut-channel.ts';
import { forms, withoutFlock } from './lock-forms.ts';
import { shells } from './shells.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'perfplay-contended-'));
  mkdirSync(path.join(root, 'tmp'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/**
 * Writes down who is here, and finds whoever else is: before, and after a moment. By builtins alone, as a program would outlive a
 * shell that is killed. Whoever was killed here is here no more.
 */
const witness = `
pp_witness() {
  pp_line "$PP_ROOT/here"
  pp_before=$pp_l
  pp_started "\${pp_before%% *}"
  [ -n "$pp_before" ] && [ "$pp_before" = "\${pp_before%% *} $pp_start" ] && echo "$$ met $pp_before" >>"$PP_ROOT/violations"
  pp_started "$$"
  echo "$$ $pp_start" >"$PP_ROOT/here"
  pp_mine_here="$$ $pp_start"
  sleep 0.005
  pp_line "$PP_ROOT/here"
  [ "$pp_l" = "$pp_mine_here" ] || echo "$$ was joined by $pp_l" >>"$PP_ROOT/violations"
  : >"$PP_ROOT/here"
}`;
const stay: WriteOp = { op: 'function', needs: [0], script: witness, name: 'pp_witness', args: [] };
const violations = (): string => {
  const file = path.join(root, 'violations');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

const present = shells.filter((shell) => shell.present);
const workers = 10;

/** A machine with other work to do gets as far as it gets. */
const seconds = 12;

/** Runs that each take the host, stay a moment and leave it, or are killed there; until it was taken so many times: how many. */
const contend = async (wanted: number, form: (typeof forms)[number], locks: boolean): Promise<number> => {
  const end = Date.now() + seconds * 1000;
  let acquired = 0;
  let runs = 0;
  const work = async (index: number): Promise<void> => {
    while (acquired < wanted && Date.now() < end) {
      const number = ++runs;
      const channel = cutChannel(present[(index + number) % present.length]!.argv);
      const remote = openShell(withoutFlock(channel, form), { root });
      const lock: WriteOp = locks
        ? { op: 'lock', run: `r${number}`, who: 'anna@desk', since: 'now', seen: '' }
        : { op: 'sweep', paths: [] };
      try {
        await remote.ask([]);
        // One that waits, or breaks a dead one's lock.
        if (number % 7 === 0) setTimeout(channel.kill, (number * 13) % 50);
        for (;;) {
          const [locked] = await remote.apply([lock]);
          if (locked?.state === 0 || locked?.state === 76) {
            acquired++;
            if (number % 4 === 0) setTimeout(channel.kill, (number * 7) % 30);
            // Who has it keeps it, and may ask for it again.
            expect((await remote.apply([lock, stay]))[0]?.state).toBe(0);
            break;
          }
          await delay(5);
        }
        await remote.close();
      } catch (error) {
        if (!(error instanceof ShellLost)) throw error;
      }
      channel.cut();
      await channel.ended;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, index) => work(index)));
  return acquired;
};

describe('a host that many runs want at once, some of them killed', () => {
  it.each(forms)('by %s: never two of them', { timeout: 60_000 }, async (form) => {
    expect(await contend(100, form, true)).toBeGreaterThan(10);
    expect(violations()).toBe('');
  });

  it('without the lock they meet', { timeout: 30_000 }, async () => {
    await contend(60, 'flock', false);
    expect(violations()).toMatch(/met|joined/);
  });
});
