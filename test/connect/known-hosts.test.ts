import { execFileSync, spawnSync } from 'node:child_process';
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
const verdict = (lines: readonly string[], host: string, port: number, key: string, alias?: string) =>
  judge(entriesFor(parseKnownHosts(lines.join('\n'), 'f'), host, port, alias), bytes(key)).verdict;

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
  ] as const)('%s', (_, lines, host, port, expected) => {
    expect(verdict(lines, host, port, first)).toBe(expected);
  });

  it('takes an alias as the only name', () => {
    expect(verdict([`rack ${first}`], 'web1', 2222, first, 'rack')).toBe('known');
    expect(verdict([`web1 ${first}`], 'web1', 2222, first, 'rack')).toBe('unknown');
  });

  it('names file and line of the key that differs', () => {
    const entries = entriesFor(parseKnownHosts(`#\n\nweb1 ${second}\n`, '/k'), 'web1', 22);
    expect(judge(entries, bytes(first))).toMatchObject({ verdict: 'changed', entry: { file: '/k', line: 3 } });
    expect([...knownTypes(entries)]).toEqual(['ssh-ed25519']);
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
