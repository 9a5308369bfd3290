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
    const isSecret = change.secret === true || JSON.stringify(mask.value(change)) !== JSON.stringify(change);
    if (!isSecret) return change;
    const { text: _, ...rest } = change;
    return { ...mask.value(rest), before: null, after: null, secret: true };
  }),
});
