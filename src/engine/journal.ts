import type { Target } from '../contract/steps.ts';
import type { WriteOp } from '../connect/shell/script.ts';

/** One change as the plan file, the journal and a later rollback hold it. `null`: absent. */
export interface JournalChange {
  readonly key: string;
  readonly at: Target;
  readonly before: string | null;
  readonly after: string | null;
  readonly dependsOn: readonly string[];
  /** Of a file that is there already: permission bits and owner. */
  readonly metadata?: { readonly mode: number; readonly uid: number; readonly gid: number };
}

export interface JournalHeader {
  readonly run: string;
  readonly host: string;
  readonly playbook: string;
}

const folder = '/var/lib/perfplay/journal';

/** Written and fsynced on the host before the first write of an apply; root only. */
export const journalOp = (
  header: JournalHeader,
  part: number,
  time: string,
  changes: readonly JournalChange[],
): WriteOp => ({
  op: 'record',
  folder,
  name: `${header.run}-${part}.json`,
  text: `${JSON.stringify({ version: 1, ...header, part, time, changes })}\n`,
});
