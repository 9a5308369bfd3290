import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, it } from 'vitest';
import { algorithms } from '../../src/connect/algorithms.ts';
import { connect } from '../../src/connect/connect.ts';
import {
  entriesFor,
  fingerprint,
  type HostEntries,
  judge,
  type KnownHost,
  knownTypes,
  parseKnownHosts,
  type Verdict,
} from '../../src/connect/known-hosts.ts';
import { failureOf, optionsFor } from './fixture.ts';
import {
  type Case,
  type KeyKind,
  type Keys,
  pairCases,
  randomCases,
  rules,
  servers,
  tableOfRules,
} from './known-hosts/cases.ts';
import { uncovered } from './known-hosts/pairs.ts';
import { askSsh, type SshAnswer, sshdCommand, sshOptions, writeFiles } from './known-hosts/ssh.ts';
import { makeKey, noSshd, temporaryFolder } from './sshd.ts';

const random = { count: 150, seed: 7 };
/** Every one of so many cases is also connected to. */
const sample = 9;

/** A case with ssh's answer. */
interface Asked extends Case {
  readonly paths: readonly string[];
  /** ssh_config options. */
  readonly options: readonly string[];
  readonly answer: SshAnswer;
}

/** What is said of a key that the server of a case shows, by the lines of the case's files. */
type Judge = (one: Asked, lines: readonly KnownHost[], key: Buffer) => Verdict;

const keyBytes = (key: string): Buffer => Buffer.from(key.split(' ')[1]!, 'base64');
const entriesOf = ({ goal }: Asked, lines: readonly KnownHost[]): HostEntries =>
  entriesFor(lines, goal.host, goal.port, goal.alias);
const ours: Judge = (one, lines, key) => judge(entriesOf(one, lines), key);

/** Judges that break one rule each: the comparison must find every one of them. */
const ofLines =
  (change: (line: KnownHost) => readonly KnownHost[]): Judge =>
  (one, lines, key) =>
    ours(one, lines.flatMap(change), key);
const ofEntries =
  (change: (entries: HostEntries, key: Buffer) => HostEntries): Judge =>
  (one, lines, key) =>
    judge(change(entriesOf(one, lines), key), key);
const passedOver = (isPassedOver: (line: KnownHost) => boolean): Judge =>
  ofLines((line) => (isPassedOver(line) ? [] : [line]));
const isPlain = ({ marker }: KnownHost): boolean => marker === undefined;
const broken: Readonly<Record<string, Judge>> = {
  'negation is ignored': ofLines((line) => {
    const words = line.hosts.split(',').filter((word) => !word.startsWith('!'));
    return [{ ...line, hosts: words.join(',') }];
  }),
  'hashed names are passed over': passedOver(({ hosts }) => hosts.startsWith('|')),
  'patterns are passed over': passedOver(({ hosts }) => /[*?]/.test(hosts)),
  'capitals are another name': passedOver(({ hosts }) => !hosts.startsWith('|') && hosts !== hosts.toLowerCase()),
  'the global file is not read': passedOver(({ file }) => file.endsWith('_2')),
  'revocation is ignored': passedOver(({ marker }) => marker === 'revoked'),
  'a known key is asked for before a revoked one': (one, lines, key) => {
    const verdict = ours(one, lines.filter(isPlain), key);
    return verdict.verdict === 'known' ? verdict : ours(one, lines, key);
  },
  'an authority is a host key': ofLines(({ marker, ...line }) => [marker === 'revoked' ? { ...line, marker } : line]),
  'only the first key counts': ofEntries(({ named, bare }) => ({ named: named.slice(0, 1), bare: bare.slice(0, 1) })),
  'a key of another type is no change': ofEntries(({ named, bare }, key) => ({
    named: named.filter((entry) => entry.type === parseKnownHosts(`x ${keyText(key)}`, '')[0]!.type),
    bare,
  })),
  'the bare name does not count': ofEntries(({ named }) => ({ named, bare: [] })),
  'the bare name can refuse': ofEntries(({ named, bare }) => ({ named: [...named, ...bare], bare: [] })),
  'the port does not count': (one, lines, key) => ours({ ...one, goal: { ...one.goal, port: 22 } }, lines, key),
  'the alias does not count': (one, lines, key) =>
    ours({ ...one, goal: { host: one.goal.host, port: one.goal.port } }, lines, key),
};
const keyText = (key: Buffer): string =>
  `${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`;

const described = (verdict: Verdict): string =>
  verdict.verdict === 'changed' ? `changed ${verdict.entry.file}:${verdict.entry.line}` : verdict.verdict;
const expected = ({ answer }: Asked): string => [answer.verdict, answer.against].filter(Boolean).join(' ');

describe.skipIf(noSshd)(`known_hosts, against the ssh program ${noSshd ? `(skipped: ${noSshd})` : ''}`, () => {
  let keys: Keys;
  let asked: readonly Asked[];
  beforeAll(async () => {
    const folder = temporaryFolder();
    const keySet = (name: string) =>
      Object.fromEntries(
        servers.all.map((kind) => [kind, makeKey(folder, `${name}_${kind}`, kind).public]),
      ) as Keys['server'];
    keys = { server: keySet('server'), strange: keySet('strange'), lost: keySet('lost') };
    const commands = new Map(
      Object.entries(servers).map(([name, kinds]) => {
        const files = kinds.map((kind) => join(folder, `server_${kind}`));
        return [name, sshdCommand(folder, name.replaceAll(' ', '_'), files)] as const;
      }),
    );
    const limit = pLimit(4);
    const cases = [...pairCases(keys), ...randomCases(keys, random.count, random.seed)];
    asked = await Promise.all(
      cases.map((one, index) =>
        limit(async (): Promise<Asked> => {
          const paths = writeFiles(folder, index, one);
          const options = sshOptions(one.goal, paths, commands.get(one.server)!);
          return { ...one, paths, options, answer: await askSsh(one.goal, options) };
        }),
      ),
    );
  }, 120_000);

  const linesOf = ({ paths }: Asked): readonly KnownHost[] =>
    paths.flatMap((path) => parseKnownHosts(readFileSync(path, 'utf8'), path));
  const kindOf = (shown: string): KeyKind =>
    servers.all.find((kind) => fingerprint(keyBytes(keys.server[kind])) === shown)!;
  const failing = ({ recipe, goal, server, files }: Asked, what: object) => ({ ...what, recipe, goal, server, files });

  /** Where a judge and ssh say different things of the key that ssh was shown. */
  const disagreements = (by: Judge): readonly object[] =>
    asked.flatMap((one) => {
      const key = keyBytes(keys.server[kindOf(one.answer.shown)]);
      const said = described(by(one, linesOf(one), key));
      return said === expected(one) ? [] : [failing(one, { said, ssh: expected(one) })];
    });

  it('is asked of files in which each rule meets each other, and ssh has given every answer often', () => {
    expect(uncovered(rules, tableOfRules())).toEqual([]);
    expect(asked.length).toBeGreaterThan(500);
    for (const verdict of ['known', 'unknown', 'changed', 'revoked'] as const)
      expect(asked.filter(({ answer }) => answer.verdict === verdict).length, verdict).toBeGreaterThan(30);
    for (const kind of servers.all)
      expect(asked.filter(({ answer }) => kindOf(answer.shown) === kind).length, kind).toBeGreaterThan(100);
  });

  it('says what ssh says of the key that ssh was shown, and holds the same line against it', () => {
    expect(disagreements(ours)).toEqual([]);
  });

  it.each(Object.entries(broken))('would find it if %s', (_, judgeBroken) => {
    expect(disagreements(judgeBroken)).not.toEqual([]);
  });

  /** Of the algorithms a client offers, the first that the server has a key for is taken (RFC 4253, section 7.1). */
  const kindAskedFor = (one: Asked): KeyKind => {
    const kinds: readonly (readonly [RegExp, KeyKind])[] = [
      [/^ssh-ed25519$/, 'ed25519'],
      [/^ecdsa-sha2-nistp256$/, 'ecdsa'],
      [/^rsa-sha2-/, 'rsa'],
    ];
    const offered = algorithms(knownTypes(entriesOf(one, linesOf(one)))).serverHostKey as readonly string[];
    const has: readonly KeyKind[] = servers[one.server];
    return offered
      .flatMap((name) => kinds.flatMap(([pattern, kind]) => (pattern.test(name) && has.includes(kind) ? [kind] : [])))
      .at(0)!;
  };
  /**
   * Since OpenSSH 8.5, ssh keeps its own order where it knows a key of the type it likes best, also for a server that has none:
   * such a server shows the next one, known or not. Here the known types go first whatever they are.
   */
  const keepsOrder = (one: Asked): boolean =>
    one.server !== 'all' && knownTypes(entriesOf(one, linesOf(one))).has('ssh-ed25519');

  it('asks a server with several keys for the one that ssh asks for', () => {
    const others = asked.filter((one) => kindAskedFor(one) !== kindOf(one.answer.shown));
    const unexplained = others.filter((one) => !keepsOrder(one));
    expect(unexplained.map((one) => failing(one, { asked: kindAskedFor(one), ssh: kindOf(one.answer.shown) }))).toEqual(
      [],
    );
    expect(others.filter(({ server }) => server === 'all')).toEqual([]);
  });

  it('comes to the same end over its own connections', async () => {
    const limit = pLimit(4);
    const ends: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
      [/which is revoked in/, () => 'revoked'],
      [/another one than in (.*:\d+)/, (match) => `changed ${match[1]}`],
      [/shows the unknown key/, () => 'unknown'],
      [/^no key and no password to log in/, () => 'known'],
    ];
    const some = asked.filter((one, index) => index % sample === 0 && !keepsOrder(one));
    const wrong = await Promise.all(
      some.map((one) =>
        limit(async () => {
          const { host: address, port } = one.goal;
          const sshArguments = ['-F', 'none', ...one.options.flatMap((option) => ['-o', option])];
          const settings = { connection: 'ssh', address, port, user: 'root', sshArguments } as const;
          const { message } = await failureOf(connect(settings, optionsFor()));
          const said = ends.flatMap(([pattern, end]) => {
            const match = pattern.exec(message);
            return match ? [end(match)] : [];
          })[0];
          return said === expected(one) ? [] : [failing(one, { message, ssh: expected(one) })];
        }),
      ),
    );
    expect(wrong.flat()).toEqual([]);
    expect(some.length).toBeGreaterThan(60);
  }, 60_000);
});
