import type { WriteOp } from '../connect/shell/script.ts';
import type { Change } from '../contract/changes.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import type { Owner, Target } from '../contract/steps.ts';

const unitVerbs = { active: ['start', 'stop'], enabled: ['enable', 'disable'], masked: ['mask', 'unmask'] } as const;

/** Mode and owner of a file or folder that is made: those of the one that was there before, where the change is taken back. */
const madeWith = (
  { mode, owner }: { readonly mode?: number; readonly owner?: Owner },
  metadata: Change['metadata'],
  usual: number,
): { readonly mode: number; readonly owner?: Owner } => {
  if (metadata) return { mode: metadata.mode, owner: { user: `${metadata.uid}`, group: `${metadata.gid}` } };
  return { mode: mode ?? usual, ...(owner && { owner }) };
};

/** A folder of perfplay's goes with its last file; those of the system stay, empty or not. */
const isInOwnFolder = (path: string): boolean => path.split('/').at(-2) === 'perfplay';

/** The write of a file's whole text; undefined: it is as it should be. */
export const fileOp = (
  at: Extract<Target, { kind: 'file' | 'entry' }>,
  before: string | null,
  after: string | null,
  metadata?: Change['metadata'],
): WriteOp | undefined => {
  const { path } = at;
  if (before === after) return undefined;
  if (after === null) return { op: 'remove', path, before: before ?? '', ...(isInOwnFolder(path) && { sweep: true }) };
  return { op: 'file', path, ...madeWith(at, metadata, 0o644), before, after };
};

/**
 * The write that makes a change of a single-valued target; files of entries are composed elsewhere. With `before` and `after`
 * swapped it is the write that takes the change back.
 */
export const opOf = ({ at, before, after, metadata }: Change): WriteOp | undefined => {
  switch (at.kind) {
    case 'attribute':
      return { op: 'attribute', path: at.path, value: after ?? '' };
    case 'file':
      return fileOp(at, before, after, metadata);
    case 'directory':
      if (after === null) return { op: 'remove-directory', path: at.path };
      return { op: 'directory', path: at.path, ...madeWith(at, metadata, 0o755) };
    case 'permission':
      return after === null ? undefined : { op: 'permission', path: at.path, aspect: at.aspect, value: after };
    case 'unit': {
      const [yes, no] = unitVerbs[at.aspect];
      return { op: 'program', argv: ['systemctl', after === at.aspect ? yes : no, at.name] };
    }
    case 'kernel-module':
      return {
        op: 'program',
        argv: after === null ? ['modprobe', '-r', at.name] : ['modprobe', at.name, ...(at.options ?? [])],
      };
    case 'program':
      return { op: 'program', argv: at.set.map((word) => word.replaceAll('{}', after ?? '')) };
    case 'entry':
    case 'store':
      return undefined;
  }
};

/** Mode and owner of what a change replaces or takes away, for the journal. */
export const metadataOf = (snapshot: Snapshot, target: Target): Pick<Change, 'metadata'> => {
  if (!['file', 'entry', 'directory'].includes(target.kind) || !('path' in target)) return {};
  const stat = snapshot.stat.get(target.path);
  return stat?.type === 'file' || stat?.type === 'dir'
    ? { metadata: { mode: stat.mode, uid: stat.uid, gid: stat.gid } }
    : {};
};

/** True where an op makes something with this permission from the first moment on. */
export const isMadeWith = (op: WriteOp | undefined, { at, after }: Change): boolean => {
  if (at.kind !== 'permission' || after === null) return false;
  if (op?.op !== 'directory' && !(op?.op === 'file' && op.before === null)) return false;
  if (at.aspect === 'mode') return op.mode === Number.parseInt(after, 8);
  return after === (at.aspect === 'owner' ? op.owner?.user : op.owner?.group);
};
