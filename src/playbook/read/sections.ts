import { isSelected } from './tags.ts';
import type { TagSelection } from './tags.ts';
import type { Part, Sequence } from '../types.ts';

/** Sections of a play in the order in which they run, with a flush of handlers after each. */
export const joinSections = <T>(sections: readonly Sequence<T>[]): Sequence<T> =>
  sections.flatMap((section): Sequence<T> => (section.length === 0 ? [] : [...section, { kind: 'flush-handlers' }]));

const isFlush = <T>(part: Part<T> | undefined): boolean => part?.kind === 'flush-handlers';

/**
 * The flushes that have something to do: those that the tags select, none where the play has no handlers, one where several
 * follow one another.
 */
export const keepFlushes = <T>(sequence: Sequence<T>, hasHandlers: boolean, selection: TagSelection): Sequence<T> => {
  const isKept = (part: Part<T>): boolean =>
    part.kind !== 'flush-handlers' || (hasHandlers && (!part.tags || isSelected(part.tags, selection)));
  const keep = (parts: Sequence<T>): Sequence<T> =>
    parts
      .filter(isKept)
      .map((part) =>
        part.kind === 'block'
          ? { ...part, block: keep(part.block), rescue: keep(part.rescue), always: keep(part.always) }
          : part,
      );
  return keep(sequence).filter((part, index, all) => !isFlush(part) || (index > 0 && !isFlush(all[index - 1])));
};
