import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createConnector } from '../../src/commands/connection.ts';
import { takePasswords } from '../../src/commands/environment-passwords.ts';
import { parseExtraVars } from '../../src/commands/extra-vars.ts';
import type { ConnectOptions } from '../../src/commands/options.ts';
import { obtainPasswords } from '../../src/commands/passwords.ts';
import type { Connection } from '../../src/connect/types.ts';
import { InputError, type Diagnostic } from '../../src/diagnostics.ts';
import { createDelegates } from '../../src/engine/delegates.ts';
import type { ConnectionSettings, Host, Inventory } from '../../src/inventory/types.ts';
import { createFolder, type Folder } from './fixture.ts';

let folder: Folder;
beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());
afterEach(() => vi.restoreAllMocks());

const at = (name: string): string => path.join(folder.path, name);
const write = (name: string, text: string, mode: number): string => {
  folder.write(name, text);
  chmodSync(at(name), mode);
  return at(name);
};
const never = new AbortController().signal;
const options = (more: Partial<ConnectOptions>): ConnectOptions => ({ forks: 1, timeout: 1, ...more });
const obtain = (more: Partial<ConnectOptions>, environment = {}) => obtainPasswords(options(more), never, environment);
const problemOf = async (work: () => unknown): Promise<Diagnostic> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics[0]!;
    throw error;
  }
  return expect.unreachable();
};
/** What is said on standard error meanwhile. */
const heard = (): (() => string) => {
  const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return () => spy.mock.calls.map(([text]) => String(text)).join('');
};

describe('passwords of the environment', () => {
  it('are taken out of it, and empty ones are none', () => {
    const environment = { PERFPLAY_PASSWORD: 'one', PERFPLAY_BECOME_PASSWORD: '', PATH: '/bin' };
    expect(takePasswords(environment)).toEqual({ login: 'one' });
    expect(environment).toEqual({ PATH: '/bin' });
    expect(takePasswords({ PERFPLAY_BECOME_PASSWORD: 'two' })).toEqual({ become: 'two' });
  });

  it('count least: a file wins over them', async () => {
    const file = write('sudo.txt', 'from the file\n', 0o600);
    const environment = { login: 'a', become: 'b' };
    expect(await obtain({}, environment)).toEqual(environment);
    expect(await obtain({ becomePasswordFile: file }, environment)).toEqual({ login: 'a', become: 'from the file' });
    expect(await obtain({ connectionPasswordFile: file }, environment)).toEqual({
      login: 'from the file',
      become: 'b',
    });
  });

  it('are inherited by no inventory script, no lookup and no ProxyCommand', async () => {
    const environment = { PERFPLAY_PASSWORD: 'canary-one', PERFPLAY_BECOME_PASSWORD: 'canary-two' };
    write(
      'inventory.sh',
      `#!/bin/sh\nenv >>'${at('seen')}'\ncase $1 in --list) echo '{"all": {"hosts": ["far"]}}';; *) echo '{}';; esac\n`,
      0o755,
    );
    folder.write(
      'say.yml',
      `- hosts: all\n  tasks:\n    - debug: {msg: "<{{ lookup('env', 'PERFPLAY_PASSWORD') }}>"}\n`,
    );
    folder.write(
      'proxied.yml',
      `all: {vars: {ansible_ssh_common_args: "-F none -o 'ProxyCommand=env >>${at('seen')}'"}}\n`,
    );
    const given = ['-i', 'inventory.sh', '-i', 'proxied.yml'];
    const { stdout, stderr } = await folder.start(['run', 'say.yml', ...given, '--output', 'json'], environment);
    const seen = readFileSync(at('seen'), 'utf8');
    expect(seen.match(/^PATH=/gm)!.length, 'the script, and the ProxyCommand').toBeGreaterThan(1);
    expect(`${seen}${stdout}${stderr}`).not.toContain('canary');
    expect(seen).not.toContain('PERFPLAY_');
    await folder.start(['inventory', '--list', '-i', 'inventory.sh'], { ...environment, PERFPLAY_OTHER: 'kept' });
    expect(readFileSync(at('seen'), 'utf8')).toMatch(/^PERFPLAY_OTHER=kept$/m);
    expect(readFileSync(at('seen'), 'utf8')).not.toContain('canary');
  });
});

describe('a password file', () => {
  const become = async (file: string) => (await obtain({ becomePasswordFile: file })).become;

  it.each([
    ['its first line', 'a b$c\nsecond\n', 'a b$c'],
    ['without a newline', 'word', 'word'],
    ['with a carriage return', 'word\r\n', 'word'],
    ['blanks are part of it', ' word ', ' word '],
  ])('is read: %s', async (_, text, expected) => {
    const said = heard();
    expect(await become(write('p', text, 0o600))).toBe(expected);
    expect(said()).toBe('');
  });

  it('that others can read is warned of', async () => {
    const said = heard();
    const file = write('open', 'word\n', 0o644);
    expect(await become(file)).toBe('word');
    expect(said()).toBe(`warning: others can read the password file ${file}: chmod 600 it\n`);
  });

  it('that is executable is run, and the first line that it prints counts', async () => {
    const said = heard();
    expect(await become(write('p.sh', '#!/bin/sh\necho "a  b"; echo more; echo talk >&2\n', 0o755))).toBe('a  b');
    expect(said()).toBe('');
    const { stdout } = await folder.sh('./p.sh');
    expect(stdout).toBe('a  b\nmore');
  });

  it.each<[string, string, number, RegExp]>([
    ['empty', '\nword\n', 0o600, /^the first line of the password file .*\/bad is empty$/],
    [
      'a program that fails',
      '#!/bin/sh\necho canary; echo canary >&2; exit 3\n',
      0o700,
      /\/bad ended with exit code 3$/,
    ],
    ['a program that is killed', '#!/bin/sh\nkill -9 $$\n', 0o700, /\/bad was ended by SIGKILL$/],
    ['a program that says nothing', '#!/bin/sh\n', 0o700, /\/bad printed nothing on its first line$/],
    ['a program without its interpreter', '#!/nowhere/sh\n', 0o700, /\/bad cannot be used: its interpreter/],
    ['a secret that is executable', 'canary\n', 0o700, /\/bad is executable and no program$/],
    ['endless', '#!/bin/sh\nexec yes canary\n', 0o700, /\/bad cannot be used: it prints too much$/],
  ])('that has none is an error with what to do: %s', async (_, text, mode, expected) => {
    const problem = await problemOf(() => become(write('bad', text, mode)));
    expect(problem).toMatchObject({ code: 'no-password', message: expect.stringMatching(expected) as string });
    expect(problem.hint).toBeTruthy();
    expect(JSON.stringify(problem)).not.toContain('canary');
  });

  it('that is not there, or is no file, is an error that names it', async () => {
    expect(await problemOf(() => become(at('none')))).toMatchObject({
      code: 'missing-file',
      message: `the password file ${at('none')} does not exist`,
    });
    expect(await problemOf(() => become(folder.path))).toMatchObject({
      code: 'unreadable-file',
      message: `the password file ${folder.path} cannot be read: it is a folder`,
    });
  });

  it('is standard input under the name of -, and any stream', async () => {
    const ping = `ping localhost -i localhost, -e ansible_connection=local`;
    expect(await folder.sh(`echo word | perfplay ${ping} --become-password-file -`)).toMatchObject({ exitCode: 0 });
    expect((await folder.sh(`perfplay ${ping} --become-password-file - </dev/null`)).stderr).toMatch(
      /^error: the first line of the password file - is empty .*\n {2}hint: /,
    );
  });
});

describe('a password among the arguments', () => {
  const files = {
    read: () => 'ansible_password: {secret: true, value: canary}\n',
    text: () => undefined,
    hash: () => '',
  };

  it.each([
    ['ansible_password=canary', 'ansible_password', '--connection-password-file', 'PERFPLAY_PASSWORD'],
    ['ansible_ssh_pass=canary', 'ansible_ssh_pass', '--connection-password-file', 'PERFPLAY_PASSWORD'],
    ['ansible_ssh_password=canary', 'ansible_ssh_password', '--connection-password-file', 'PERFPLAY_PASSWORD'],
    ['ansible_become_password=canary', 'ansible_become_password', '--become-password-file', 'PERFPLAY_BECOME_PASSWORD'],
    ['ansible_become_pass=canary', 'ansible_become_pass', '--become-password-file', 'PERFPLAY_BECOME_PASSWORD'],
    ['ansible_sudo_pass=canary', 'ansible_sudo_pass', '--become-password-file', 'PERFPLAY_BECOME_PASSWORD'],
    ['{x: 1, ansible_password: canary}', 'ansible_password', '--connection-password-file', 'PERFPLAY_PASSWORD'],
    ['ansible_password: canary', 'ansible_password', '--connection-password-file', 'PERFPLAY_PASSWORD'],
  ])('is refused with what to do instead: %s', async (given, name, file, variable) => {
    const problem = await problemOf(() => parseExtraVars([given], files));
    expect(problem).toMatchObject({ code: 'extra-vars', message: expect.stringContaining(`-e ${name}: `) as string });
    for (const instead of [file, variable, 'inventory', '-e @FILE']) expect(problem.hint).toContain(instead);
    expect(JSON.stringify(problem)).not.toContain('canary');
  });

  it('is refused once for each, and one that cannot be read is not shown', async () => {
    const { exitCode, stderr } = await folder.perfplay(
      'ping',
      'all',
      '-i',
      'a,',
      '-e',
      'ansible_password=canary',
      '-e',
      'ansible_become_pass=canary',
    );
    expect(exitCode).toBe(1);
    expect(stderr.match(/error: -e ansible_(password|become_pass): /g)).toHaveLength(2);
    expect(stderr).not.toContain('canary');
    const broken = await folder.perfplay('ping', 'all', '-i', 'a,', '-e', '{ansible_password: canary: x');
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).not.toContain('canary');
  });

  it('is welcome in a file, and a name that only looks so is nobody’s business', () => {
    expect(parseExtraVars(['@v.yml'], files).get('ansible_password')?.value).toBe('canary');
    expect(parseExtraVars(['ansible_password_days=3'], files).get('ansible_password_days')?.value).toBe('3');
  });
});

describe('whose password', () => {
  const host = (name: string, connection: Partial<ConnectionSettings> = {}): Host => ({
    name,
    groups: [],
    variables: new Map(),
    connection: { connection: 'ssh', address: name, sshArguments: [], ...connection },
  });
  const own = host('own', { password: 'own login', becomePassword: 'own sudo' });

  it('is that of the inventory where it has one, and what the call gives elsewhere; all of them are hidden', async () => {
    const hidden: string[] = [];
    const files = { connectionPasswordFile: write('l', 'l', 0o600), becomePasswordFile: write('b', 'b', 0o600) };
    const connector = await createConnector(options(files), never, (secret) => hidden.push(secret));
    expect(connector.withPassword(own).connection).toMatchObject({ password: 'own login', becomePassword: 'own sudo' });
    expect(connector.withPassword(host('bare')).connection).toMatchObject({ password: 'l', becomePassword: 'b' });
    expect(hidden).toEqual(['l', 'b']);
  });

  it('goes to sudo of its own host alone, a delegated task’s too', async () => {
    const asked: (readonly [host: string, password: string | undefined])[] = [];
    const connect = async ({ name }: Host): Promise<Connection> => ({
      shell: async (become) => {
        asked.push([name, become?.password]);
        throw new Error('far enough');
      },
      close: () => undefined,
    });
    const hosts = new Map([own, host('bare')].map((one) => [one.name, one]));
    const inventory: Inventory = { sources: [], hosts, groups: new Map() };
    const delegates = createDelegates(inventory, connect, () => undefined);
    for (const name of hosts.keys())
      await expect(delegates.get(name)!.shells.for('root')).rejects.toThrow('far enough');
    expect(asked).toEqual([
      ['own', 'own sudo'],
      ['bare', undefined],
    ]);
  });
});

describe('prompts without a terminal', () => {
  it.each([
    ['-k', /no terminal to ask on: SSH password:/, 'PERFPLAY_PASSWORD'],
    ['-K', /no terminal to ask on: BECOME password:/, 'PERFPLAY_BECOME_PASSWORD'],
  ])('%s says how to give it instead', async (option, expected, variable) => {
    const { exitCode, stderr } = await folder.perfplay('ping', 'all', '-i', 'a,', option);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain(variable);
  });
});
