import type { Part, Sequence } from './types.ts';

/** Every task of a sequence in the order of the file: a block's own, its rescue's, its always'. */
export const tasksOf = <T>(sequence: Sequence<T>): readonly T[] =>
  sequence.flatMap((part) => {
    if (part.kind === 'task') return [part.task];
    return part.kind === 'block' ? [part.block, part.rescue, part.always].flatMap(tasksOf) : [];
  });

/** The sequence with each task made another; where the function gives undefined, it is left out, and a block of nothing with it. */
export const mapSequence = <T, U>(sequence: Sequence<T>, make: (task: T) => U | undefined): Sequence<U> =>
  sequence.flatMap((part): readonly Part<U>[] => {
    if (part.kind === 'flush-handlers') return [part];
    if (part.kind === 'task') {
      const task = make(part.task);
      return task === undefined ? [] : [{ kind: 'task', task }];
    }
    const block = mapSequence(part.block, make);
    const rescue = mapSequence(part.rescue, make);
    const always = mapSequence(part.always, make);
    const isEmpty = block.length === 0 && always.length === 0;
    return isEmpty ? [] : [{ ...part, block, rescue, always }];
  });
