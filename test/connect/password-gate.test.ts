import { expect, it } from 'vitest';
import { createPasswordGate } from '../../src/connect/password-gate.ts';

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await new Promise((resolve) => setTimeout(resolve, 10));
  return done;
};
const enterTimes = (count: number) => {
  const gate = createPasswordGate();
  return Array.from({ length: count }, () => gate.enter('root', 'x'));
};

it('lets three hosts try, and all others once one was let in', async () => {
  const [first, second, third, ...others] = enterTimes(6);
  expect(await Promise.all([first!, second!, third!].map(settled))).toEqual([true, true, true]);
  expect(await Promise.all(others.map(settled))).toEqual([false, false, false]);
  (await second!)!('accepted');
  (await first!)!('refused');
  expect(await Promise.all(others)).toEqual([expect.any(Function), expect.any(Function), expect.any(Function)]);
});

it('lets as many more try as were lost, and none after three refusals', async () => {
  const all = enterTimes(7);
  (await all[0]!)!('refused');
  expect(await settled(all[3]!)).toBe(false);
  (await all[1]!)!('lost');
  expect(await Promise.all(all.slice(3).map(settled))).toEqual([true, false, false, false]);
  (await all[2]!)!('refused');
  (await all[3]!)!('refused');
  expect(await Promise.all(all.slice(4))).toEqual([undefined, undefined, undefined]);
});

it('counts what a host reports once', async () => {
  const all = enterTimes(5);
  const report = (await all[0]!)!;
  for (const outcome of ['refused', 'refused', 'lost'] as const) report(outcome);
  expect(await settled(all[3]!)).toBe(false);
});

it('keeps users and passwords apart', async () => {
  const gate = createPasswordGate();
  for (let tries = 0; tries < 3; tries++) await gate.enter('root', 'x');
  expect(await settled(gate.enter('root', 'x'))).toBe(false);
  expect(await settled(gate.enter('root', 'y'))).toBe(true);
  expect(await settled(gate.enter('admin', 'x'))).toBe(true);
});
