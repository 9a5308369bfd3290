import type { Change } from '../contract/changes.ts';
import type { RunStarted } from '../report/events.ts';

/** What a run was asked for, so that people can see it and `resume` can do it again. No secret is in it. */
export interface RunDescription {
  readonly version: 1;
  readonly run: string;
  readonly command: RunStarted['command'];
  /** ISO 8601. */
  readonly started: string;
  /** Who ran it: user@host. */
  readonly who: string;
  readonly pid: number;
  /** The playbook as it was named, or the run that is rolled back, or the plan's file. */
  readonly subject: string;
  /** The playbook from which it all came: beside it are variables too. */
  readonly playbook?: string;
  /** SHA-256 of the playbook's files. */
  readonly hash: string;
  /** Options of the command line that say what is to be done. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Options that were left out, as they hold a secret. */
  readonly secret: readonly string[];
  /** The run that this one goes on with. */
  readonly resumes?: string;
}

/** A part of the controller's journal. A change with a secret has no values here: only the host's own journal has them. */
export interface RecordedPart {
  readonly version: 1;
  readonly run: string;
  readonly host: string;
  readonly part: number;
  readonly time: string;
  readonly changes: readonly (Change & { readonly secret?: true })[];
}
