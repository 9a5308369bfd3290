import type { JournalPart } from '../engine/journal.ts';
import type { RecordedPart } from '../record/types.ts';
import type { Mask } from '../report/mask.ts';

/** A part of the journal without secrets: a change that has one stands there without its values. */
export const recordablePart = ({ version, run, host, part, time, changes }: JournalPart, mask: Mask): RecordedPart => ({
  version,
  run,
  host,
  part,
  time,
  changes: changes.map((change) => {
    const shown = mask.value(change);
    const isMasked = shown !== change && JSON.stringify(shown) !== JSON.stringify(change);
    if (!change.secret && !isMasked) return change;
    const { text: _, ...rest } = change;
    return { ...mask.value(rest), before: null, after: null, secret: true };
  }),
});
