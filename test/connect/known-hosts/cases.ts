import { hostFields, markers, spellings } from './lines.ts';
import { type Factors, pairwise, pick, randomFrom, randomRow, type Row } from './pairs.ts';

export type KeyKind = 'ed25519' | 'ecdsa' | 'rsa';
type KeySet = Readonly<Record<KeyKind, string>>;

/** Host keys as `type base64`: those of the servers, and two that no server has of each type. */
export interface Keys {
  readonly server: KeySet;
  readonly strange: KeySet;
  readonly lost: KeySet;
}

/** Where ssh goes: nothing is resolved, a ProxyCommand leads to the server whatever stands here. */
export interface Goal {
  readonly host: string;
  readonly port: number;
  readonly alias?: string;
}

export interface Case {
  /** How it was made: shown where the two disagree. */
  readonly recipe: string;
  readonly goal: Goal;
  readonly server: keyof typeof servers;
  /** The texts of two user files and of the global one. */
  readonly files: readonly string[];
}

/** Servers by the host keys that they have. */
export const servers = {
  all: ['ed25519', 'ecdsa', 'rsa'],
  'no ed25519': ['ecdsa', 'rsa'],
  'rsa alone': ['rsa'],
} as const satisfies Record<string, readonly KeyKind[]>;

const goals = {
  name: { host: 'desk1.example', port: 22 },
  'name at a port': { host: 'desk1.example', port: 2222 },
  'name in capitals': { host: 'DESK1.Example', port: 22 },
  'address at a port': { host: '192.0.2.7', port: 2022 },
  'IPv6 address': { host: '2001:db8::7', port: 22 },
  'IPv6 address at a port': { host: '2001:db8::7', port: 2222 },
  'IPv6 address spelled out': { host: '2001:0DB8:0:0::7', port: 2222 },
  alias: { host: 'desk1.example', port: 22, alias: 'rack7' },
  'alias in capitals, at a port': { host: '192.0.2.7', port: 2222, alias: 'Rack7' },
} as const satisfies Record<string, Goal>;

type Choices = Readonly<Record<string, string>>;
type Table<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

const rulesOf = (table: Table<unknown>): readonly string[] => Object.keys(table);
const variantsOf = (table: Table<unknown>): readonly string[] =>
  Object.values(table).flatMap((rule) => Object.keys(rule));
const variant = <T>(table: Table<T>, name: string): T => Object.values(table).find((rule) => name in rule)![name]!;

/** A line's rules; a key is named by whose it is and its type. */
const lineFactors = (name: string) => ({
  [`${name} hosts`]: rulesOf(hostFields),
  [`${name} marker`]: rulesOf(markers),
  [`${name} key`]: ['server', 'strange', 'lost'].flatMap((whose) => servers.all.map((kind) => `${whose} ${kind}`)),
  [`${name} spelling`]: rulesOf(spellings),
  [`${name} file`]: ['0', '1', '2'],
});

/** The rules that meet in a case: a goal, a server, and two lines. */
export const rules: Factors = {
  goal: Object.keys(goals),
  server: Object.keys(servers),
  ...lineFactors('first'),
  ...lineFactors('second'),
};

/** All spellings of the rules, one line by itself. */
const variants: readonly Factors[] = [
  {
    goal: ['name', 'name at a port', 'IPv6 address spelled out', 'alias in capitals, at a port'],
    'only hosts': variantsOf(hostFields),
  },
  { goal: ['address at a port'], 'only marker': ['revoked'], 'only hosts': variantsOf(hostFields) },
  {
    'only key': servers.all.map((kind) => `server ${kind}`),
    'only marker': ['none', 'revoked'],
    'only spelling': variantsOf(spellings),
  },
  { 'only key': servers.all.map((kind) => `server ${kind}`), 'only marker': variantsOf(markers) },
];
const usual: Choices = {
  goal: 'name',
  server: 'all',
  'only hosts': 'exact',
  'only marker': 'none',
  'only key': 'server ed25519',
  'only spelling': 'usual',
  'only file': '0',
};

/** One spelling of each rule. */
const spelledOut = (row: Choices, random: () => number): Choices => {
  const tables: Readonly<Record<string, Table<unknown>>> = { hosts: hostFields, marker: markers, spelling: spellings };
  return Object.fromEntries(
    Object.entries(row).map(([factor, value]) => {
      const rule = tables[factor.split(' ')[1] ?? '']?.[value];
      return [factor, rule === undefined ? value : pick(random, Object.keys(rule))];
    }),
  );
};

const caseOf = (row: Choices, names: readonly string[], keys: Keys): Case => {
  const goal: Goal = goals[row.goal as keyof typeof goals];
  const files = ['', '', ''];
  for (const name of names) {
    const [whose, kind] = row[`${name} key`]!.split(' ') as [keyof Keys, KeyKind];
    const [type, encoded] = keys[whose][kind].split(' ') as [string, string];
    const hosts = variant<(goal: Goal) => string>(hostFields, row[`${name} hosts`]!)(goal);
    const start = `${variant(markers, row[`${name} marker`]!)}${hosts}`;
    files[Number(row[`${name} file`])] += `${variant(spellings, row[`${name} spelling`]!)({ start, type, encoded })}\n`;
  }
  const recipe = Object.entries(row).map(([name, value]) => `${name}: ${value}`);
  return { recipe: recipe.join('; '), goal, server: row.server as keyof typeof servers, files };
};

export const tableOfRules = (): readonly Row<Factors>[] => pairwise(rules, 1);

/** Each rule with each other, in lines that meet; and each way to write a host field or a line. */
export const pairCases = (keys: Keys): readonly Case[] => {
  const random = randomFrom(2);
  return [
    ...tableOfRules().map((row) => caseOf(spelledOut(row, random), ['first', 'second'], keys)),
    ...variants.flatMap((table) => pairwise(table, 3).map((row) => caseOf({ ...usual, ...row }, ['only'], keys))),
  ];
};

/** Three to six lines by chance, most of them well formed and about the host. */
export const randomCases = (keys: Keys, count: number, seed: number): readonly Case[] => {
  const random = randomFrom(seed);
  const often = (chance: number, usual: string, other: string) => (random() < chance ? usual : other);
  return Array.from({ length: count }, () => {
    const names = ['one', 'two', 'three', 'four', 'five', 'six'].slice(0, 3 + Math.floor(random() * 4));
    const lines = names.map((name): Choices => {
      const row = spelledOut(randomRow(random, lineFactors(name)), random);
      return {
        ...row,
        [`${name} spelling`]: often(0.8, 'usual', row[`${name} spelling`]!),
        [`${name} hosts`]: often(0.4, 'exact', row[`${name} hosts`]!),
        [`${name} key`]: often(0.4, 'server ed25519', row[`${name} key`]!),
        [`${name} marker`]: often(0.6, 'none', often(0.6, 'revoked', row[`${name} marker`]!)),
      };
    });
    const place = { goal: pick(random, rules.goal!), server: pick(random, rules.server!) };
    return caseOf(Object.assign(place, ...lines) as Choices, names, keys);
  });
};
