import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { chooseOutput, createReporter, wantsColour, type OutputKind } from '../../src/report/reporter.ts';
import { finish, rack } from './streams.ts';

describe('chooseOutput', () => {
  it.each<[OutputKind | undefined, boolean | undefined, Record<string, string>, OutputKind]>([
    [undefined, true, {}, 'live'],
    [undefined, false, {}, 'plain'],
    [undefined, undefined, {}, 'plain'],
    [undefined, true, { CI: 'true' }, 'plain'],
    [undefined, true, { TERM: 'dumb' }, 'plain'],
    ['live', true, { CI: 'true' }, 'live'],
    ['live', false, {}, 'plain'],
    ['plain', true, {}, 'plain'],
    ['jsonl', true, {}, 'jsonl'],
    ['json', false, {}, 'json'],
  ])('flag %s, terminal %s, %j: %s', (flag, isTTY, environment, expected) => {
    expect(chooseOutput(flag, isTTY, environment)).toBe(expected);
  });
});

describe('wantsColour', () => {
  it.each<[boolean, Record<string, string>, boolean]>([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s, %j: %s', (isTTY, environment, expected) => {
    expect(wantsColour(isTTY, environment)).toBe(expected);
  });
});

/** A stream that takes some writes and then fails. */
const failing = (code: string, after: number): { readonly stream: Writable; readonly tried: () => number } => {
  let tried = 0;
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      tried++;
      done(tried > after ? Object.assign(new Error(`write ${code}`), { code }) : null);
    },
  });
  return { stream, tried: () => tried };
};

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a reader that goes away', () => {
  it.each<OutputKind>(['plain', 'jsonl', 'json'])('does not end the run: %s', async (kind) => {
    const { stream, tried } = failing('EPIPE', kind === 'json' ? 0 : 3);
    const reporter = await createReporter(kind, stream);
    for (const event of rack(50)) {
      reporter.emit(event);
      await tick();
    }
    reporter.emit(finish());
    await expect(reporter.close()).resolves.toBeUndefined();
    expect(tried()).toBe(kind === 'json' ? 1 : 4);
  });

  it('is told apart from a disk that is full', async () => {
    const reporter = await createReporter('jsonl', failing('ENOSPC', 0).stream);
    reporter.emit(finish());
    await tick();
    await expect(reporter.close()).rejects.toThrow('ENOSPC');
  });
});
