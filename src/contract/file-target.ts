import { verbatim } from './codecs.ts';
import { isGlob } from './glob.ts';
import { conflict, setting, unsupported } from './module.ts';
import { accounts, permissions, type Accounts, type WantedPermissions } from './permissions.ts';
import { understand, type Read, type ReadOp } from './reads.ts';
import type { Content, Errno, Stat } from './snapshot.ts';
import type { Finding, Reading, Setting, Step } from './steps.ts';

/** What should stand at a path: shared by every module that makes files. */
export interface WantedFile extends WantedPermissions {
  readonly path: string;
  readonly state: 'file' | 'directory' | 'absent';
  /** Its contents; undefined: whatever they are. */
  readonly text?: string | undefined;
}

/** Several slashes are one, and the last one says nothing. */
export const plainPath = (path: string): string => path.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');

/** What is wrong with a path of the host; undefined: nothing. */
export const pathProblem = (path: string): { readonly message: string; readonly hint?: string } | undefined => {
  if (!path.startsWith('/')) return { message: `'${path}' is not an absolute path` };
  if (plainPath(path) === '/') return { message: 'the root folder is left alone' };
  if (!/^[ -~]+$/.test(path)) return { message: `'${path}' has other characters than those of ASCII` };
  if (isGlob(path)) return { message: `'${path}' has one of * ? [: a path is taken as it is written` };
  if (path.split('/').some((part) => part === '.' || part === '..')) return { message: `'${path}' has . or .. in it` };
  if (/^\/(sys|proc)(\/|$)/.test(plainPath(path)))
    return { message: `${path} is the kernel's`, hint: 'use sysfs, sysctl or the module of the setting' };
  return undefined;
};

/** What stands at a path, and which of the folders above are not there. */
export interface Place {
  readonly content: Content;
  readonly stat: Stat | { readonly errno: Errno };
  readonly missing: readonly string[];
  /** The one above that is no folder. */
  readonly blockedBy?: string;
  /** Of a folder, where that was asked for. */
  readonly isEmpty: boolean;
}

const foldersAbove = (path: string): readonly string[] => {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
};

/**
 * Reads a path. Without `contents` the file is not read: asked for a folder in it, the kernel tells what hinders.
 * With `entries` it tells whether a folder is empty.
 */
export const place = (path: string, { contents = false, entries = false } = {}): Read<Place> => {
  const asked = contents ? path : `${path}/.`;
  const above = foldersAbove(path);
  const inside = entries ? [`${path}/*`, `${path}/.[!.]*`, `${path}/..?*`] : [];
  return {
    ops: [
      { op: 'content', pattern: asked },
      ...[path, ...above, ...inside].map((pattern): ReadOp => ({ op: 'stat', pattern })),
    ],
    decode: ({ content: all, stat: stats }) => {
      const content = all.get(asked) ?? { errno: 'ENOENT' };
      const errno = 'errno' in content ? content.errno : 'EUNKNOWN';
      const hidden = errno === 'EACCES' || errno === 'EPERM' || errno === 'EIO';
      const stat = stats.get(path);
      const blockedBy = above.find((folder) => ['file', 'other'].includes(stats.get(folder)?.type ?? 'dir'));
      return {
        content,
        stat: stat && (contents || !hidden) ? stat : { errno },
        missing: errno === 'ENOENT' ? above.filter((folder) => !stats.has(folder)) : [],
        ...(blockedBy !== undefined && { blockedBy }),
        isEmpty: !entries || ![...stats.keys()].some((name) => name.startsWith(`${path}/`) && !name.endsWith('/.')),
      };
    },
  };
};

export interface SeenFile {
  readonly place: Place;
  readonly accounts: Accounts;
}

export const fileReads = (want: WantedFile) => ({
  place: place(want.path, {
    contents: want.state === 'absent' || want.text !== undefined,
    entries: want.state === 'absent',
  }),
  accounts: accounts(want),
});

export const isAbsent = ({ stat }: Place): boolean => 'errno' in stat && stat.errno === 'ENOENT';

/** The folders above that must be made first, each after the one above it. */
export const missingFolders = (kind: string, { missing }: Place): readonly Setting<string>[] =>
  missing.map((path, index) =>
    setting(
      `${kind}/${path}`,
      'directory',
      understand(verbatim, undefined, { kind: 'directory', path }),
      { store: 'itself' },
      index > 0 ? { dependsOn: [`${kind}/${missing[index - 1]!}`] } : {},
    ),
  );

const kinds = { file: 'a file', dir: 'a folder', other: 'neither a file nor a folder' } as const;

/** Why what stands at the path is not written to; undefined: nothing hinders. */
export const obstructionOf = (path: string, place: Place, wanted: 'file' | 'dir' | 'any'): string | undefined => {
  if (place.blockedBy !== undefined) return `${place.blockedBy} is no folder`;
  if ('errno' in place.stat) return undefined;
  const { type, link } = place.stat;
  if (type === 'link') return `${path} is a symbolic link to ${link ?? 'something'}: give the path that is meant`;
  if (type === wanted || (wanted === 'any' && type !== 'other')) return undefined;
  return `${path} is ${kinds[type]}`;
};

/** The reading of a folder: there or not. */
const folderReading = ({ path, ...want }: WantedFile, { stat }: Place, made: Made): Reading<string> =>
  understand(verbatim, 'errno' in stat ? stat : { raw: want.state === 'absent' ? 'directory' : nameOf(stat) }, {
    kind: 'directory',
    path,
    ...made,
  });

const nameOf = ({ type }: Stat): string => (type === 'dir' ? 'directory' : type);

type Made = Pick<ReturnType<typeof permissions>, 'mode' | 'owner'>;

const absence = (key: string, want: WantedFile, place: Place): readonly Step[] => {
  const { path } = want;
  const isFolder = !('errno' in place.stat) && place.stat.type === 'dir';
  const target = { kind: 'file', path } as const;
  const running = isFolder ? folderReading(want, place, {}) : understand(verbatim, place.content, target);
  const full: readonly Finding[] =
    isFolder && !place.isEmpty
      ? [
          {
            key,
            finding: 'refused',
            message: `${path} is a folder with something in it: only empty ones are removed`,
            blocks: [key],
          },
        ]
      : [];
  const other = obstructionOf(path, place, 'any');
  return [
    ...(other === undefined ? full : [conflict(key, other, [key])]),
    setting<string>(key, null, running, { store: 'itself' }),
  ];
};

/**
 * The steps that bring a path to what is wanted; keys are `KIND/PATH` and, below it, `mode`, `owner` and `group`.
 * What is made has its mode and owner from the beginning; what is there gets them before its contents.
 */
export const planFile = (kind: string, want: WantedFile, { place, accounts }: SeenFile): readonly Step[] => {
  const { path, state, text } = want;
  const key = `${kind}/${path}`;
  if (state === 'absent') return absence(key, want, place);

  const isNew = isAbsent(place);
  const hasOwn = state === 'directory' || text !== undefined;
  const folders = isNew && hasOwn ? missingFolders(kind, place) : [];
  const { settings, unknown, ...made } = permissions(
    key,
    path,
    want,
    place.stat,
    accounts,
    isNew && hasOwn ? [key] : [],
  );
  const before = isNew ? folders.slice(-1) : settings;
  const running =
    state === 'directory'
      ? folderReading(want, place, made)
      : understand(verbatim, place.content, { kind: 'file', path, ...made });
  const own = hasOwn
    ? [
        setting(
          key,
          text ?? 'directory',
          running,
          { store: 'itself' },
          before.length > 0 ? { dependsOn: before.map((one) => one.key) } : {},
        ),
      ]
    : [];
  const all = isNew ? [...folders, ...own, ...settings] : [...settings, ...own];

  const keys = all.map((one) => one.key);
  const obstruction = obstructionOf(path, place, hasOwn ? (state === 'file' ? 'file' : 'dir') : 'any');
  const nothing = isNew && !hasOwn ? `${path} does not exist: content or source would make it` : undefined;
  return [
    ...(obstruction === undefined ? [] : [conflict(key, obstruction, keys)]),
    ...[...(nothing === undefined ? [] : [nothing]), ...unknown].map((message) => ({
      ...unsupported(key, message),
      blocks: keys,
    })),
    ...all,
  ];
};
