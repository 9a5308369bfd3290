import { describe, expect, it, onTestFinished } from 'vitest';
import { environmentNames, isSecretName } from '../../src/playbook/bind/secret-names.ts';
import { compile, playWith } from './site.ts';

/** What is hidden of an environment when a task says this, with these variables in its play. */
const hiddenBy = (text: string, vars = ''): readonly string[] => {
  process.env['PERFPLAY_TEST_WORD'] = 'swordfish';
  process.env['PERFPLAY_TEST_TOKEN'] = 'hunter2';
  onTestFinished(() => {
    delete process.env['PERFPLAY_TEST_WORD'];
    delete process.env['PERFPLAY_TEST_TOKEN'];
  });
  const hidden = new Set<string>();
  const task = playWith(`    - debug: {msg: "${text}"}\n`, `  vars: {${vars}}\n`);
  const { diagnostics } = compile(task, { hide: (secret) => hidden.add(secret) });
  expect(diagnostics).toEqual([]);
  return [...hidden];
};
const word = `"{{ lookup('env', 'PERFPLAY_TEST_WORD') }}"`;

describe('a password of the environment is hidden', () => {
  it('where a variable takes it that is named as one', () => {
    expect(hiddenBy('{{ db_password }}', `db_password: ${word}`)).toEqual(['swordfish']);
    expect(
      hiddenBy('{{ hostvars.kvm01.x | default(1) }} {{ user }}', `api_token: ${word}, user: "{{ api_token }}"`),
    ).toEqual(['swordfish']);
  });

  it('where it is named as one itself', () => {
    expect(hiddenBy("{{ lookup('env', 'PERFPLAY_TEST_TOKEN') }}")).toEqual(['hunter2']);
  });

  it('and nothing else of it', () => {
    expect(hiddenBy('{{ user }}', `user: ${word}`)).toEqual([]);
    expect(hiddenBy('{{ db_password }}', 'db_password: "{{ user }}", user: me')).toEqual([]);
  });
});

describe('names of secrets', () => {
  it.each([
    'password', 'db_passwd', 'ansible_become_pass', 'PGPASSWORD', 'root_pw', 'vault_token', 'GITHUB_TOKEN', 'apiKey', 'API_KEY', 'client_secret',
    'ssl_private_key', 'aws_credentials', 'passphrase', 'pin',
  ])('%s', (name) => expect(isSecretName(name)).toBe(true)); // prettier-ignore

  it.each(['user', 'passes', 'bypass', 'compass_url', 'key', 'public_key', 'spin', 'HOME', 'passive'])(
    'not %s',
    (name) => expect(isSecretName(name)).toBe(false),
  );

  it('are found in every spelling of a lookup, at any depth', () => {
    expect(environmentNames("{{ lookup('env', 'A') }}-{{ query('ansible.builtin.env','B', \"C\") | first }}")).toEqual([
      'A',
      'B',
      'C',
    ]);
    expect(environmentNames({ a: ['{{ q("env", \'D\') }}'], b: 1, c: null })).toEqual(['D']);
    expect(environmentNames("{{ lookup('file', 'A') }} env 'B'")).toEqual([]);
  });
});

describe('a check', () => {
  it('is known to templates', () => {
    const run = playWith('    - debug: {msg: "{{ \'yes\' if ansible_check_mode else undefined_here }}"}\n');
    expect(compile(run, { check: true }).diagnostics).toEqual([]);
    expect(compile(run).diagnostics).toMatchObject([{ code: 'undefined-variable' }]);
  });
});
