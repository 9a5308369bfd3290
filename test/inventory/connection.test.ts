import { homedir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkVariableName } from '../../src/inventory/connection-names.ts';
import { connectionSettings } from '../../src/inventory/connection.ts';
import type { Value } from '../../src/inventory/types.ts';
import { splitWords } from '../../src/inventory/words.ts';

const connect = (variables: Readonly<Record<string, Value>>) =>
  connectionSettings('web1', new Map(Object.entries(variables)));

describe('connectionSettings', () => {
  it('leaves everything to ssh_config and the defaults without variables', () => {
    expect(connect({})).toEqual({ settings: { connection: 'ssh', address: 'web1', sshArguments: [] }, problems: [] });
  });

  it('takes every variable', () => {
    const { settings, problems } = connect({
      ansible_connection: 'smart',
      ansible_host: '10.0.0.1',
      ansible_port: '2222',
      ansible_user: 'admin',
      ansible_password: 's3cret',
      ansible_ssh_private_key_file: '~/keys/id',
      ansible_ssh_common_args: '-o "ProxyJump=a b"',
      ansible_ssh_extra_args: '-v',
      ansible_become: 'yes',
      ansible_become_user: 'root',
      ansible_become_method: 'sudo',
      ansible_become_password: 'word',
      perfplay_root: '/srv/root',
      perfplay_write: '/srv/write',
      perfplay_path: '/srv/bin',
      perfplay_known_hosts: '~/known',
    });
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      connection: 'ssh',
      address: '10.0.0.1',
      port: 2222,
      user: 'admin',
      password: 's3cret',
      privateKeyFile: join(homedir(), 'keys/id'),
      sshArguments: ['-o', 'ProxyJump=a b', '-v'],
      become: true,
      becomeUser: 'root',
      becomePassword: 'word',
      root: '/srv/root',
      write: '/srv/write',
      path: '/srv/bin',
      knownHostsFile: join(homedir(), 'known'),
    });
  });

  it('knows the older names, which win', () => {
    const { settings } = connect({ ansible_host: 'new', ansible_ssh_host: 'old', ansible_become_pass: 'p' });
    expect(settings).toMatchObject({ address: 'old', becomePassword: 'p' });
  });

  it.each([
    ['local', 'local'],
    ['ssh', 'ssh'],
    ['openssh', 'openssh'],
    ['ansible.builtin.local', 'local'],
  ])('connects by %s', (name, connection) => {
    expect(connect({ ansible_connection: name }).settings.connection).toBe(connection);
  });

  it.each([
    [true, true],
    ['No', false],
    [1, true],
    ['off', false],
  ])('reads %j as a boolean', (value, become) => {
    expect(connect({ ansible_become: value }).settings.become).toBe(become);
  });

  it.each([null, ''])('counts %j as unset', (value) => {
    const { settings, problems } = connect({
      ansible_host: value,
      ansible_port: value,
      ansible_become_password: value,
    });
    expect(problems).toEqual([]);
    expect(settings).toEqual({ connection: 'ssh', address: 'web1', sshArguments: [] });
  });

  it.each([
    ['ansible_port', 0],
    ['ansible_port', 65536],
    ['ansible_port', '22a'],
    ['ansible_port', [22]],
    ['ansible_host', '-oProxyCommand=evil'],
    ['ansible_host', 'a b'],
    ['ansible_host', ['a']],
    ['ansible_user', 'root\nevil'],
    ['ansible_user', true],
    ['ansible_become_user', '-s'],
    ['ansible_become', 'perhaps'],
    ['ansible_connection', 'paramiko'],
    ['ansible_connection', 'docker'],
    ['ansible_become_method', 'su'],
    ['ansible_ssh_common_args', '-o "open'],
    ['ansible_password', 12],
  ] satisfies [string, Value][])('refuses %s: %j', (variable, value) => {
    const { problems } = connect({ [variable]: value });
    expect(problems).toMatchObject([{ variable, severity: 'error' }]);
  });

  it('finds all problems of a host', () => {
    expect(
      connect({ ansible_port: 'x', ansible_become_method: 'su', ansible_connection: 'winrm' }).problems,
    ).toHaveLength(3);
  });
});

describe('checkVariableName', () => {
  it.each([
    'ansible_host',
    'ansible_python_interpreter',
    'my_ansible_host',
    'perfplay_root',
    'ansible_my_own_fact',
    'toString',
  ])('accepts %s', (name) => {
    expect(checkVariableName(name)).toBeUndefined();
  });
  it.each([
    ['ansible_become_exe', 'error'],
    ['ansible_ssh_args', 'error'],
    ['ansible_host_key_checking', 'warning'],
    ['ansible_uesr', 'warning'],
    ['perfplay_anything', 'error'],
  ])('takes %s for an %s', (name, severity) => {
    expect(checkVariableName(name)).toMatchObject({ severity });
  });
});

describe('splitWords', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['-o A=b  -v', ['-o', 'A=b', '-v']],
    [`-o 'A b'"c d"e`, ['-o', 'A bc de']],
    ['a\\ b', ['a b']],
    ['"a\\"b\\n"', ['a"b\\n']],
    [`'' ""`, ['', '']],
    ["it''s", ['its']],
  ])('splits %j', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
  it.each(['"open', "'open", 'end\\'])('refuses %j', (line) => {
    expect(splitWords(line)).toBeUndefined();
  });
  it('gives back what was quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' ');
        expect(splitWords(line)).toEqual(words);
      }),
    );
  });
});
