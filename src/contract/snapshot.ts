/** What one ask brought back. Also the fixture format (`perfplay facts --snapshot`) and the fake host's state. */

export type Errno =
  | 'ENOENT' | 'EACCES' | 'EPERM' | 'EBUSY' | 'EINVAL' | 'EIO' | 'EAGAIN' | 'EISDIR' | 'ENODEV' | 'EROFS' | 'ENOSPC'
  | 'EOVERFLOW' | 'ERANGE' | 'ENOMEM' | 'EOPNOTSUPP' | 'EUNKNOWN'; // prettier-ignore

export type Content = { readonly raw: string } | { readonly errno: Errno };

/** lstat(2); `link` is the text of a symbolic link, so sysfs's device topology is string work on the controller. */
export interface Stat {
  readonly type: 'file' | 'dir' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly link?: string;
}

/** systemctl show: LoadState, ActiveState, UnitFileState. */
export interface UnitState {
  readonly load: string;
  readonly active: string;
  readonly enabled: string;
}

export interface Output {
  readonly exit: number;
  readonly text: string;
}

export interface Snapshot {
  readonly content: ReadonlyMap<string, Content>;
  readonly stat: ReadonlyMap<string, Stat>;
  readonly units: ReadonlyMap<string, UnitState>;
  /** By `queryKey` of the argv. */
  readonly output: ReadonlyMap<string, Output>;
}

/** The words of a query as one text: as people write them, in JSON's quotes where a word is not plain. */
export const queryKey = (argv: readonly string[]): string =>
  argv.map((word) => (/^[^\s"\\]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

/** A snapshot as JSON or YAML: maps as objects, byte strings as latin1 text. */
export interface SnapshotData {
  readonly content?: Readonly<Record<string, string | { readonly errno: Errno }>>;
  readonly stat?: Readonly<Record<string, Stat>>;
  readonly units?: Readonly<Record<string, UnitState>>;
  readonly output?: Readonly<Record<string, Output>>;
}

export const snapshotToData = (snapshot: Snapshot): SnapshotData => ({
  content: Object.fromEntries(
    [...snapshot.content].map(([path, content]) => [path, 'raw' in content ? content.raw : content]),
  ),
  stat: Object.fromEntries(snapshot.stat),
  units: Object.fromEntries(snapshot.units),
  output: Object.fromEntries(snapshot.output),
});

export const snapshotFromData = (data: SnapshotData): Snapshot => ({
  content: new Map(
    Object.entries(data.content ?? {}).map(([path, content]) => [
      path,
      typeof content === 'string' ? { raw: content } : content,
    ]),
  ),
  stat: new Map(Object.entries(data.stat ?? {})),
  units: new Map(Object.entries(data.units ?? {})),
  output: new Map(Object.entries(data.output ?? {})),
});
