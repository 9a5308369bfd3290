import { Type } from 'typebox';
import { verbatim } from './codecs.ts';
import { setting } from './module.ts';
import { file, understand, type Read } from './reads.ts';
import type { Content, Errno, Stat } from './snapshot.ts';
import type { Codec, Owner, Reading, Setting } from './steps.ts';

/** What is wanted of a file's or folder's mode, owner and group; unset: untouched. */
export interface WantedPermissions {
  readonly mode?: string | number;
  readonly owner?: string | number;
  readonly group?: string | number;
}

/** Parameters of every module that makes files. Numbers are taken here to be refused with a reason (mode), or as uid and gid. */
export const permissionParams = {
  mode: Type.Optional(
    Type.Unsafe<string | number>({
      type: ['string', 'number'],
      description: 'Permission bits as octal digits in quotes: "0644"',
    }),
  ),
  owner: Type.Optional(
    Type.Unsafe<string | number>({
      type: ['string', 'integer'],
      minimum: 0,
      description: 'Name or number of the owner',
    }),
  ),
  group: Type.Optional(
    Type.Unsafe<string | number>({
      type: ['string', 'integer'],
      minimum: 0,
      description: 'Name or number of the group',
    }),
  ),
};

interface ParamProblem {
  readonly param: string;
  readonly message: string;
  readonly hint?: string;
}

const bitsOf = (letters: string): number =>
  [...letters].reduce((bits, letter) => bits | ({ r: 4, w: 2, x: 1 }[letter] ?? 0), 0);

/** `u=rw,g=r,o=` in octal; undefined where it says less than everything. */
const octalOf = (mode: string): string | undefined => {
  const parts = new Map(
    mode.split(',').flatMap((part) => {
      const match = /^([ugoa]+)=([rwx]*)$/.exec(part);
      return match ? [...match[1]!.replace('a', 'ugo')].map((who) => [who, bitsOf(match[2]!)] as const) : [];
    }),
  );
  return parts.size === 3 ? `0${['u', 'g', 'o'].map((who) => parts.get(who)).join('')}` : undefined;
};

const checkMode = (mode: string | number): readonly ParamProblem[] => {
  if (typeof mode === 'number')
    return [
      {
        param: 'mode',
        message: `the number ${mode} may not be what was written: YAML reads 0644 as the octal number 420`,
        hint: 'quote the mode: "0644"',
      },
    ];
  if (/^[0-7]{3,4}$/.test(mode)) return [];
  const octal = octalOf(mode);
  return [
    {
      param: 'mode',
      message: `'${mode}' is not three or four octal digits`,
      hint: octal === undefined ? 'write all bits, as in "0644"' : `'${mode}' is "${octal}"`,
    },
  ];
};

/** What chown(1) could take for an option, or for two names. */
const isName = (name: string | number): boolean =>
  typeof name === 'number' || /^[A-Za-z0-9_.@][A-Za-z0-9_.@\\-]*\$?$/.test(name);

/** What the schema cannot say of mode, owner and group. */
export const checkPermissions = ({ mode, owner, group }: WantedPermissions): readonly ParamProblem[] => [
  ...(mode === undefined ? [] : checkMode(mode)),
  ...(owner === undefined || isName(owner) ? [] : [{ param: 'owner', message: `'${owner}' is no name of a user` }]),
  ...(group === undefined || isName(group) ? [] : [{ param: 'group', message: `'${group}' is no name of a group` }]),
];

/** Ids by name: passwd(5), group(5). The first line of a name counts. */
const ids: Codec<ReadonlyMap<string, string>> = {
  decode: (raw) =>
    new Map(
      raw
        .split('\n')
        .map((line) => line.split(':'))
        .filter(([name, , id]) => name && /^\d+$/.test(id ?? ''))
        .reverse()
        .map(([name, , id]) => [name!, id!]),
    ),
  encode: (all) => [...all].map(([name, id]) => `${name}::${id}\n`).join(''),
};

export interface Accounts {
  readonly owner?: Reading<ReadonlyMap<string, string>>;
  readonly group?: Reading<ReadonlyMap<string, string>>;
}

const passwd = file('/etc/passwd', ids);
const groups = file('/etc/group', ids);

/** The accounts that the wanted names are looked up in; nothing where none are wanted. */
export const accounts = ({ owner, group }: WantedPermissions): Read<Accounts> => ({
  ops: [...(owner === undefined ? [] : passwd.ops), ...(group === undefined ? [] : groups.ops)],
  decode: (snapshot) => ({
    ...(owner !== undefined && { owner: passwd.decode(snapshot) }),
    ...(group !== undefined && { group: groups.decode(snapshot) }),
  }),
});

/** A wanted account under the name that its number has here, or why it is none. */
type Account = { readonly name: string } | { readonly unknown: string };

const nameOf = (id: string, all: Reading<ReadonlyMap<string, string>> | undefined): string =>
  all && 'value' in all ? ([...all.value].findLast(([, one]) => one === id)?.[0] ?? id) : id;

const accountOf = (
  kind: 'user' | 'group',
  wanted: string | number,
  all: Reading<ReadonlyMap<string, string>>,
): Account => {
  const from = kind === 'user' ? '/etc/passwd' : '/etc/group';
  if ('errno' in all) return { unknown: `${from} cannot be read: ${all.errno}` };
  const id = all.value.get(String(wanted)) ?? (/^\d+$/.test(String(wanted)) ? String(Number(wanted)) : undefined);
  return id === undefined
    ? { unknown: `there is no ${kind} '${wanted}' in ${from}; one of a directory service is given by its number` }
    : { name: nameOf(id, all) };
};

/** Mode and owner that something is made with, and the settings that keep them. */
export interface Permissions {
  readonly mode?: number;
  readonly owner?: Owner;
  /** Owner and group come first: chown(2) takes the set-user-ID bit away. */
  readonly settings: readonly Setting<string>[];
  /** Names that are no account here. */
  readonly unknown: readonly string[];
}

type Aspect = 'mode' | 'owner' | 'group';

/**
 * The permissions of the thing at `path` as settings `KEY/mode`, `KEY/owner`, `KEY/group`. `stat`: what is there, or why nothing is
 * known of it; `dependsOn`: the keys that make it.
 */
export const permissions = (
  key: string,
  path: string,
  want: WantedPermissions,
  stat: Stat | { readonly errno: Errno },
  known: Accounts,
  dependsOn: readonly string[],
): Permissions => {
  const owner = known.owner && want.owner !== undefined ? accountOf('user', want.owner, known.owner) : undefined;
  const group = known.group && want.group !== undefined ? accountOf('group', want.group, known.group) : undefined;
  const mode = want.mode === undefined ? undefined : Number.parseInt(String(want.mode), 8);

  const aspect = (
    name: Aspect,
    value: string | undefined,
    now: string,
    after: readonly string[],
  ): Setting<string>[] => {
    if (value === undefined) return [];
    const content: Content = 'errno' in stat ? stat : { raw: now };
    const running = understand(verbatim, content, { kind: 'permission', path, aspect: name });
    return [
      setting(`${key}/${name}`, value, running, { store: 'itself' }, after.length > 0 ? { dependsOn: after } : {}),
    ];
  };
  const spelled = (account: Account | undefined, wanted: string | number | undefined): string | undefined =>
    account && ('name' in account ? account.name : String(wanted));
  const octal = (bits: number): string => bits.toString(8).padStart(4, '0');
  const [uid, gid, bits] = 'errno' in stat ? ['', '', ''] : [`${stat.uid}`, `${stat.gid}`, octal(stat.mode)];
  const [user, members] = [spelled(owner, want.owner), spelled(group, want.group)];
  const owners = [
    ...aspect('owner', user, nameOf(uid, known.owner), dependsOn),
    ...aspect('group', members, nameOf(gid, known.group), dependsOn),
  ];
  const after = [...dependsOn, ...owners.map((one) => one.key)];
  return {
    ...(mode !== undefined && { mode }),
    ...((user !== undefined || members !== undefined) && {
      owner: { ...(user !== undefined && { user }), ...(members !== undefined && { group: members }) },
    }),
    settings: [...owners, ...aspect('mode', mode === undefined ? undefined : octal(mode), bits, after)],
    unknown: [owner, group].flatMap((account) => (account && 'unknown' in account ? [account.unknown] : [])),
  };
};
