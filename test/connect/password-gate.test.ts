import { expect, it } from 'vitest';
import { createPasswordGate } from '../../src/connect/password-gate.ts';

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await new Promise((resolve) => setTimeout(resolve, 10));
  return done;
};

it('lets one host try, and all others once it was let in', async () => {
  const gate = createPasswordGate();
  const first = await gate.enter('root', 'x');
  const others = [gate.enter('root', 'x'), gate.enter('root', 'x')];
  expect(await settled(others[0]!)).toBe(false);
  first!('accepted');
  expect(await Promise.all(others)).toEqual([expect.any(Function), expect.any(Function)]);
});

it('goes on with the next where a host was lost, and stops after three refusals', async () => {
  const gate = createPasswordGate();
  for (const outcome of ['lost', 'refused', 'lost', 'refused', 'refused'] as const)
    (await gate.enter('root', 'x'))!(outcome);
  expect(await gate.enter('root', 'x')).toBeUndefined();
});

it('keeps users and passwords apart', async () => {
  const gate = createPasswordGate();
  await gate.enter('root', 'x');
  expect(await settled(gate.enter('root', 'y'))).toBe(true);
  expect(await settled(gate.enter('admin', 'x'))).toBe(true);
});
