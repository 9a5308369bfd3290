import type { Part, Sequence } from './types.ts';

const task = <T>(one: T): Part<T> => ({ kind: 'task', task: one });

/** The sequences in a part, in the order in which they are written or run. */
export const sequencesIn = <T>(part: Part<T>): readonly Sequence<T>[] => {
  if (part.kind === 'block') return [part.block, part.rescue, part.always];
  return part.kind === 'reboot' ? [part.drain, [task(part.reboot)], part.checks, part.undrain] : [];
};

/** Every task of a sequence in the order of the file: a block's own, its rescue's, its always'. */
export const tasksOf = <T>(sequence: Sequence<T>): readonly T[] =>
  sequence.flatMap((part) => (part.kind === 'task' ? [part.task] : sequencesIn(part).flatMap(tasksOf)));

/** The sequence with each task made another; where the function gives undefined, it is left out, and a block of nothing with it. */
export const mapSequence = <T, U>(sequence: Sequence<T>, make: (task: T) => U | undefined): Sequence<U> =>
  sequence.flatMap((part): readonly Part<U>[] => {
    if (part.kind === 'flush-handlers') return [part];
    if (part.kind === 'task') {
      const task = make(part.task);
      return task === undefined ? [] : [{ kind: 'task', task }];
    }
    if (part.kind === 'reboot') {
      const reboot = make(part.reboot);
      const [drain, checks, undrain] = [part.drain, part.checks, part.undrain].map((one) => mapSequence(one, make));
      return reboot === undefined ? [] : [{ ...part, reboot, drain: drain!, checks: checks!, undrain: undrain! }];
    }
    const block = mapSequence(part.block, make);
    const rescue = mapSequence(part.rescue, make);
    const always = mapSequence(part.always, make);
    const isEmpty = block.length === 0 && always.length === 0;
    return isEmpty ? [] : [{ ...part, block, rescue, always }];
  });
