import { verbatim } from './codecs.ts';
import { setting } from './module.ts';
import { file, understand, type Read } from './reads.ts';
import type { Errno, Stat } from './snapshot.ts';
import type { Codec, Owner, Reading, Setting } from './steps.ts';
import * as Type from './type.ts';

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
      description: 'Name or number of the owner',
    }),
  ),
  group: Type.Optional(
    Type.Unsafe<string | number>({
      type: ['string', 'integer'],
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
  typeof name === 'number' ? name >= 0 : /^[A-Za-z0-9_.@][A-Za-z0-9_.@\\-]*\$?$/.test(name);

/** What the schema cannot say of mode, owner and group. */
export const checkPermissions = ({ mode, owner, group }: WantedPermissions): readonly ParamProblem[] => [
  ...(mode === undefined ? [] : checkMode(mode)),
  ...(owner === undefined || isName(owner) ? [] : [{ param: 'owner', message: `'${owner}' is no user` }]),
  ...(group === undefined || isName(group) ? [] : [{ param: 'group', message: `'${group}' is no group` }]),
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

/** The number of a wanted account, or why it is none. */
type Account = { readonly id: string } | { readonly unknown: string };

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
    : { id };
};

/** Accounts are numbers on the disk, and names for people: of several names the first of the file. */
const accountCodec = (all: Reading<ReadonlyMap<string, string>>): Codec<string> => ({
  ...verbatim,
  show: (id) => ('value' in all ? ([...all.value].findLast(([, one]) => one === id)?.[0] ?? id) : id),
});

/** Mode and owner that something is made with, and the settings that keep them. */
export interface Permissions {
  readonly mode?: number;
  readonly owner?: Owner;
  /** Owner and group come first: chown(2) takes the set-user-ID bit away. */
  readonly settings: readonly Setting<string>[];
  /** Names that are no account here. */
  readonly unknown: readonly string[];
}

const octal = (bits: number): string => bits.toString(8).padStart(4, '0');

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
  const permission = (
    aspect: 'mode' | 'owner' | 'group',
    value: string,
    codec: Codec<string>,
    now: (stat: Stat) => string,
    after: readonly string[],
  ): Setting<string> => {
    const content = 'errno' in stat ? stat : { raw: now(stat) };
    const running = understand(codec, content, { kind: 'permission', path, aspect });
    const more = after.length > 0 ? { dependsOn: after } : {};
    return setting(`${key}/${aspect}`, value, running, { store: 'itself' }, more);
  };
  const owner = want.owner !== undefined && known.owner ? accountOf('user', want.owner, known.owner) : undefined;
  const group = want.group !== undefined && known.group ? accountOf('group', want.group, known.group) : undefined;
  // An account that is not known blocks its settings: that they are shown is all they are for.
  const user = owner && ('id' in owner ? owner.id : String(want.owner));
  const members = group && ('id' in group ? group.id : String(want.group));
  const mode = want.mode === undefined ? undefined : Number.parseInt(String(want.mode), 8);

  const owners = [
    ...(user === undefined
      ? []
      : [permission('owner', user, accountCodec(known.owner!), ({ uid }) => `${uid}`, dependsOn)]),
    ...(members === undefined
      ? []
      : [permission('group', members, accountCodec(known.group!), ({ gid }) => `${gid}`, dependsOn)]),
  ];
  const before = [...dependsOn, ...owners.map((one) => one.key)];
  const modes = mode === undefined ? [] : [permission('mode', octal(mode), verbatim, (now) => octal(now.mode), before)];
  return {
    ...(mode !== undefined && { mode }),
    ...((user !== undefined || members !== undefined) && {
      owner: { ...(user !== undefined && { user }), ...(members !== undefined && { group: members }) },
    }),
    settings: [...owners, ...modes],
    unknown: [owner, group].flatMap((account) => (account && 'unknown' in account ? [account.unknown] : [])),
  };
};
