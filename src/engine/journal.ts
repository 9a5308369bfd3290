import type { WriteOp } from '../connect/shell/script.ts';
import type { Change } from '../contract/changes.ts';
import { verbatim } from '../contract/codecs.ts';
import { combine, files, type Read } from '../contract/reads.ts';

export interface JournalHeader {
  readonly run: string;
  readonly host: string;
  readonly playbook: string;
  /** Of the playbook's files, SHA-256. */
  readonly hash: string;
}

/** The changes of one apply: on the host, and in the controller's run record, before the first of them is made. */
export interface JournalPart extends JournalHeader {
  readonly version: 1;
  /** From 1, on each host. */
  readonly part: number;
  readonly time: string;
  readonly changes: readonly Change[];
}

const folder = '/var/lib/perfplay/journal';

/** Written and fsynced on the host before the first write of an apply; root only. */
export const journalOp = (part: JournalPart): WriteOp => ({
  op: 'record',
  folder,
  name: `${part.run}-${part.part}.json`,
  made: `${part.run}-${part.part}.made`,
  text: `${JSON.stringify(part)}\n`,
  paths: [...new Set(part.changes.flatMap(({ at, before }) => (before === null && 'path' in at ? [at.path] : [])))],
});

/** What a host's journal tells of one run: its changes in their order, and the folders that were made for them. */
export interface HostJournal {
  readonly parts: readonly JournalPart[];
  readonly folders: readonly string[];
  /** Why parts of it cannot be used. */
  readonly problems: readonly string[];
}

const isPart = (value: unknown): value is JournalPart =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  value.version === 1 &&
  'part' in value &&
  'changes' in value &&
  Array.isArray(value.changes);

const partOf = (text: string): JournalPart | undefined => {
  try {
    const part: unknown = JSON.parse(text);
    return isPart(part) ? part : undefined;
  } catch {
    return undefined;
  }
};

/** Reads a host's own journal of a run, from part `from` on. */
export const hostJournal = (run: string, from = 1): Read<HostJournal> =>
  combine(
    { records: files(`${folder}/${run}-*.json`, verbatim), made: files(`${folder}/${run}-*.made`, verbatim) },
    ({ records, made }) => {
      const problems: string[] = [];
      const parts = [...records].flatMap(([path, reading]) => {
        const part = 'value' in reading ? partOf(reading.value) : undefined;
        if (!part) problems.push(`${path} ${'errno' in reading ? `cannot be read: ${reading.errno}` : 'is not whole'}`);
        return part && part.part >= from ? [part] : [];
      });
      parts.sort((left, right) => left.part - right.part);
      const folders = parts.flatMap(({ part }) => {
        const reading = made.get(`${folder}/${run}-${part}.made`);
        return reading && 'value' in reading ? reading.value.split('\n').filter((line) => line !== '') : [];
      });
      return { parts, folders, problems };
    },
  );
