import { describe, expect, it } from 'vitest';
import { createDownSlots } from '../../src/engine/down.ts';

const quiet = (): void => undefined;
const never = (): boolean => false;
/** What has come of a promise by now. */
const settled = async <T>(promise: Promise<T>): Promise<T | 'waits'> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return Promise.race([promise, Promise.resolve('waits' as const)]);
};

describe('the hosts that may be down', () => {
  it('are no more than the group allows: the next waits until one is back', async () => {
    const slots = createDownSlots([{ hosts: ['a', 'b', 'c'], most: 2 }], never);
    const first = await slots.take('a', quiet);
    expect(await settled(slots.take('b', quiet))).toBeTypeOf('function');
    const third = slots.take('c', quiet);
    expect(await settled(third)).toBe('waits');
    first!();
    expect(await settled(third)).toBeTypeOf('function');
  });

  it('are counted by their group alone', async () => {
    const groups = [
      { hosts: ['a1', 'a2'], most: 1 },
      { hosts: ['b1'], most: 1 },
    ];
    const slots = createDownSlots(groups, never);
    await slots.take('a1', quiet);
    expect(await settled(slots.take('b1', quiet))).toBeTypeOf('function');
    expect(await settled(slots.take('a2', quiet))).toBe('waits');
  });

  it('hear of it where they must wait, and only there', async () => {
    const slots = createDownSlots([{ hosts: ['a', 'b'], most: 1 }], never);
    const waiting: string[] = [];
    await slots.take('a', () => waiting.push('a'));
    await settled(slots.take('b', () => waiting.push('b')));
    expect(waiting).toEqual(['b']);
  });

  it('are any number where nothing limits them', async () => {
    const slots = createDownSlots([], never);
    for (const host of ['a', 'b', 'c']) expect(await settled(slots.take(host, quiet))).toBeTypeOf('function');
  });

  it('never become more by one that is back: of two that wait, one goes', async () => {
    const slots = createDownSlots([{ hosts: ['a', 'b', 'c'], most: 1 }], never);
    const first = await slots.take('a', quiet);
    const waiting = [slots.take('b', quiet), slots.take('c', quiet)];
    first!();
    const results = await Promise.all(waiting.map(settled));
    expect(results.filter((result) => result === 'waits')).toHaveLength(1);
  });

  it('are nobody more once the run was stopped: who waits is told', async () => {
    let stopped = false;
    const slots = createDownSlots([{ hosts: ['a', 'b'], most: 1 }], () => stopped);
    await slots.take('a', quiet);
    const second = slots.take('b', quiet);
    stopped = true;
    slots.wake();
    expect(await second).toBeUndefined();
  });
});
