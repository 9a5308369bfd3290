import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesFor, judge, knownName, knownTypes, parseKnownHosts } from '../../src/connect/known-hosts.ts';
import { addKnownHost } from '../../src/connect/trust.ts';
import { knownHostsFile } from './fixture.ts';
import { makeKey, temporaryFolder } from './sshd.ts';

const folder = temporaryFolder();
const first = makeKey(folder, 'first').public;
const second = makeKey(folder, 'second').public;
const other = makeKey(folder, 'ecdsa', 'ecdsa').public;
const bytes = (key: string) => Buffer.from(key.split(' ')[1]!, 'base64');
const wire = (...fields: readonly (string | Buffer)[]): string => {
  const framed = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, Buffer.from(field)];
  });
  return `${String(fields[0])} ${Buffer.concat(framed).toString('base64')}`;
};
const strange = wire('ssh-future', Buffer.alloc(32, 1));
const beside = wire('ecdsa-sha2-nistp256', 'nistp256', Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)]));
const short = wire('ssh-rsa', Buffer.of(1, 0, 1), Buffer.alloc(96, 0x7f));
const hashed = (name: string, salt: string): string => {
  const sum = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${Buffer.from(salt).toString('base64')}|${sum}`;
};
const verdict = (lines: readonly string[], host: string, port: number, key: string, alias?: string) =>
  judge(entriesFor(parseKnownHosts(lines.join('\n'), 'f'), host, port, alias), bytes(key)).verdict;
const typesOf = (lines: readonly string[], host: string, port: number) => [
  ...knownTypes(entriesFor(parseKnownHosts(lines.join('\n'), 'f'), host, port)),
];

describe('judge', () => {
  it.each([
    ['the plain name', [`web1 ${first}`], 'web1', 22, 'known'],
    ['a name in other letters', [`Web1 ${first}`], 'WEB1', 22, 'known'],
    ['one of several names', [`db1,web1,10.0.0.1 ${first}`], '10.0.0.1', 22, 'known'],
    ['a pattern', [`web?.*.example ${first}`], 'web1.rack.example', 22, 'known'],
    ['a pattern that does not reach', [`web?.example ${first}`], 'web10.example', 22, 'unknown'],
    ['a dot is no wildcard', [`web.1 ${first}`], 'webx1', 22, 'unknown'],
    ['an exception', [`*.example,!web1.example ${first}`], 'web1.example', 22, 'unknown'],
    ['an exception that stands first', [`!web1.example,*.example ${first}`], 'web1.example', 22, 'unknown'],
    ['the name with its port', [`[web1]:2222 ${first}`], 'web1', 2222, 'known'],
    ['the bare name for another port', [`web1 ${first}`], 'web1', 2222, 'known'],
    ['the port name does not serve port 22', [`[web1]:2222 ${first}`], 'web1', 22, 'unknown'],
    ['the bare name never refuses another port', [`web1 ${second}`], 'web1', 2222, 'unknown'],
    ['a key at the port hides the bare name', [`[web1]:2222 ${second}`, `web1 ${first}`], 'web1', 2222, 'changed'],
    ['another key', [`web1 ${second}`], 'web1', 22, 'changed'],
    ['another type of key', [`web1 ${other}`], 'web1', 22, 'changed'],
    ['any entry that matches', [`web1 ${second}`, `web1 ${first}`], 'web1', 22, 'known'],
    ['a revoked key', [`web1 ${first}`, `@revoked * ${first}`], 'web1', 22, 'revoked'],
    ['another host’s revoked key', [`web1 ${first}`, `@revoked db1 ${first}`], 'web1', 22, 'known'],
    ['an authority is no host key', [`@cert-authority * ${first}`], 'web1', 22, 'unknown'],
    ['an unknown marker', [`@trusted web1 ${first}`], 'web1', 22, 'unknown'],
    ['a comment', [`# web1 ${first}`, `  web1   ${first} trailing words`], 'web1', 22, 'known'],
    ['a type that is not the key’s', [`web1 ssh-rsa ${first.split(' ')[1]}`], 'web1', 22, 'unknown'],
    ['a cut line', [`web1 ssh-ed25519`, 'web1', ''], 'web1', 22, 'unknown'],
    ['IPv6', [`2001:db8::1 ${first}`], '2001:db8::1', 22, 'known'],
    ['IPv6 in its long form', [`[2001:db8::1]:2222 ${first}`], '2001:0DB8:0:0::1', 2222, 'known'],
    ['IPv6 with a zone', [`fe80::1%eth0 ${first}`], 'FE80:0::1%eth0', 22, 'known'],
    ['Windows line ends', [`web1 ${first}\r`, '\r'], 'web1', 22, 'known'],
    ['a byte order mark', [`\ufeffweb1 ${first}`], 'web1', 22, 'unknown'],
    ['a blank that is none', [`\u00a0web1 ${first}`, `\fweb1 ${first}`], 'web1', 22, 'unknown'],
    ['a NUL byte ends the line', [`web1 ${first}\0 x`], 'web1', 22, 'known'],
    ['a letter that lowers to an ASCII one', [`\u212aeb1 ${first}`], 'keb1', 22, 'unknown'],
    ['more than one marker', [`@revoked @revoked web1 ${first}`], 'web1', 22, 'unknown'],
    ['a marker with a tab, and spaces after it', [`@revoked\tweb1 ${first}`], 'web1', 22, 'unknown'],
    ['a marker with nothing but tabs', [`@revoked\tweb1\t${first.replace(' ', '\t')}`], 'web1', 22, 'revoked'],
    ['base64 without its padding', [`web1 ${other.replace('=', '')}`], 'web1', 22, 'unknown'],
    ['too much padding', [`web1 ${first}=`], 'web1', 22, 'unknown'],
    ['a letter that is not of base64', [`web1 ${first.slice(0, 40)}!${first.slice(40)}`], 'web1', 22, 'unknown'],
    ['a key cut short', [`web1 ${first.slice(0, -4)}`], 'web1', 22, 'unknown'],
    ['a key with further bytes', [`web1 ${first}AAAA`], 'web1', 22, 'unknown'],
    ['a key of a type that nobody knows', [`web1 ${strange}`], 'web1', 22, 'unknown'],
    ['a point beside its curve', [`web1 ${beside}`], 'web1', 22, 'unknown'],
    ['an RSA key of 768 bits', [`web1 ${short}`], 'web1', 22, 'unknown'],
    ['a salt that is too short', [`${hashed('web1', 'salt')} ${first}`], 'web1', 22, 'unknown'],
    ['a salt of the right length', [`${hashed('web1', 'twenty bytes of salt')} ${first}`], 'web1', 22, 'known'],
    ['more behind a hash', [`${hashed('web1', 'twenty bytes of salt')}|x ${first}`], 'web1', 22, 'unknown'],
    [
      'a hash of another version',
      [`${hashed('web1', 'twenty bytes of salt').replace('1', '2')} ${first}`],
      'web1',
      22,
      'unknown',
    ],
  ] as const)('%s', (_, lines, host, port, expected) => {
    expect(verdict(lines, host, port, first)).toBe(expected);
  });

  it('takes an alias as the only name', () => {
    expect(verdict([`rack ${first}`], 'web1', 2222, first, 'rack')).toBe('known');
    expect(verdict([`web1 ${first}`], 'web1', 2222, first, 'rack')).toBe('unknown');
  });

  it('reads an RSA key that is named by one of its signatures', () => {
    const rsa = makeKey(folder, 'rsa', 'rsa').public;
    const named = rsa.replace('ssh-rsa', 'rsa-sha2-512');
    expect(verdict([`web1 ${named}`], 'web1', 22, rsa)).toBe('known');
    expect(verdict([`web1 ${rsa}`, `@revoked web1 ${named}`], 'web1', 22, rsa)).toBe('revoked');
    expect(typesOf([`web1 ${named}`], 'web1', 22)).toEqual(['ssh-rsa']);
  });

  it('names file and line of the key that differs', () => {
    const entries = entriesFor(parseKnownHosts(`#\n\nweb1 ${second}\n`, '/k'), 'web1', 22);
    expect(judge(entries, bytes(first))).toMatchObject({ verdict: 'changed', entry: { file: '/k', line: 3 } });
    expect([...knownTypes(entries)]).toEqual(['ssh-ed25519']);
  });

  it('counts the types of keys by the very name that are not revoked', () => {
    expect(typesOf([`[web1]:2222 ${first}`, `web1 ${other}`], 'web1', 2222)).toEqual(['ssh-ed25519']);
    expect(typesOf([`web1 ${other}`], 'web1', 2222)).toEqual([]);
    expect(typesOf([`@cert-authority web1 ${first}`, `web1 ${other}`], 'web1', 22)).toEqual(['ecdsa-sha2-nistp256']);
    expect(typesOf([`web1 ${first}`, `web1 ${second}`, `@revoked * ${first}`], 'web1', 22)).toEqual([]);
    expect(typesOf([`web1 ${second}`, `web1 ${first}`, `@revoked * ${first}`], 'web1', 22)).toEqual(['ssh-ed25519']);
  });

  it('never throws, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, host) => {
        judge(entriesFor(parseKnownHosts(text, 'f'), host, 22), bytes(first));
      }),
    );
  });
});

describe('the same as ssh-keygen -F', () => {
  const file = knownHostsFile(
    `web1,web2 ${first}`,
    `*.example,!bad.example ${second}`,
    `[port]:2222 ${first}`,
    `@revoked * ${other}`,
    `MiXed ${first}`,
    `?.short ${first}`,
    `|1|AAAA|BBBB ${first}`,
  );
  const hashed = knownHostsFile(`secret.example ${first}`, `[secret.example]:2200 ${second}`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', hashed], { stdio: 'ignore' });
  const names = [
    'web1',
    'web2',
    'web',
    'a.example',
    'bad.example',
    'example',
    'port',
    '[port]:2222',
    'mixed',
    'a.short',
  ];
  const more = [
    'ab.short',
    'secret.example',
    'SECRET.example',
    '[secret.example]:2200',
    '[secret.example]:22',
    'other',
  ];

  it.each([...names, ...more])('%s', (name) => {
    const [, host, port] = /^\[(.*)\]:(\d+)$/.exec(name) ?? [null, name, '22'];
    for (const path of [file, hashed]) {
      // ssh lowers the name before it looks; ssh-keygen does not, where names are hashed.
      const found = spawnSync('ssh-keygen', ['-F', name.toLowerCase(), '-f', path], { encoding: 'utf8' }).stdout;
      const lines = [...found.matchAll(/line (\d+)/g)].map((match) => Number(match[1]));
      if (port === '22' && name.startsWith('[')) continue;
      const ours = entriesFor(parseKnownHosts(readFileSync(path, 'utf8'), path), host!, Number(port)).named;
      expect(ours.map(({ line }) => line)).toEqual(lines);
    }
  });
});

describe('addKnownHost', () => {
  const entry = `${knownName('web1', 2222)} ${first}`;

  it('creates folder and file for their owner alone', async () => {
    const file = join(temporaryFolder(), '.ssh/known_hosts');
    expect(await addKnownHost(file, entry)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(`${entry}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  });

  it('keeps what is there, also an unfinished last line', async () => {
    const file = join(temporaryFolder(), 'known_hosts');
    writeFileSync(file, `web2 ${second}`);
    await addKnownHost(file, entry);
    expect(readFileSync(file, 'utf8')).toBe(`web2 ${second}\n${entry}\n`);
  });

  it('refuses what is no line, and says where it cannot write', async () => {
    const file = join(temporaryFolder(), 'known_hosts');
    await expect(addKnownHost(file, 'web1 not-a-key')).rejects.toThrow('not a known_hosts line');
    mkdirSync(file);
    await expect(addKnownHost(file, entry)).rejects.toThrow('EISDIR');
  });
});
