import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startLab, type Lab } from '../lab/hosts.ts';
import { labPassword } from '../lab/spec.ts';
import { createSite, e2eProblem, perfplayCommand, startPerfplay, titled, type Site } from './perfplay.ts';
import {
  acts,
  extraVars,
  fromEnvironment,
  head,
  key,
  names,
  nested,
  seen,
  tasks,
  token,
  type Name,
} from './secrets.ts';

// What is secret is looked for in everything that perfplay shows. That the same texts are found where nothing is said to be secret
// shows that the eyes can see.

const needs = (program: string): string | undefined =>
  existsSync(`/usr/bin/${program}`) ? undefined : `needs ${program}`;
const problem = e2eProblem ?? needs('script') ?? needs('strace') ?? needs('pgrep');

describe.skipIf(problem)(titled('secrets', problem), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'one', login: { sudo: 'password' } },
      { name: 'open', login: { sudo: 'nopasswd' } },
    ]);
    site = createSite(lab);
    const inventory = (name: string, more: object): unknown => {
      const { all } = parse(lab.inventory()) as { all: { vars: object; hosts: Record<string, object> } };
      return { all: { vars: { ...all.vars, word: labPassword }, hosts: { [name]: { ...all.hosts[name], ...more } } } };
    };
    site.write('one.yml', inventory('one', { ansible_become_password: '{{ word }}' }));
    site.write('open.yml', inventory('open', {}));
    site.write('secret-vars.yml', extraVars(true));
    site.write('open-vars.yml', extraVars(false));
    site.write('static.yml', `${head}${tasks}`);
    site.write('site.yml', `${head}${tasks}${acts}`);
    site.write('open.yml.site', `${head}${tasks}${acts}`.replaceAll('app_password', 'app_word'));
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const words = (hidden: boolean): readonly string[] =>
    hidden ? ['-i', 'one.yml', '-e', '@secret-vars.yml'] : ['-i', 'open.yml', '-e', '@open-vars.yml'];
  const forget = (): Promise<unknown> =>
    Promise.all(lab.hosts.map((host) => host.sh('rm -f /root/*.conf; echo TOKEN=old >/root/lines.conf')));
  const environment = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8' };
  const call = async (given: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> => {
    const options = { cwd: site.folder, env: { ...environment, ...variables } };
    const { stdout, stderr } = await startPerfplay(given, options);
    return `${String(stdout)}\n${String(stderr)}`;
  };
  /** Everything that a call shows; the playbook of the control has no password variable. */
  const shown = (given: readonly string[], hidden: boolean): Promise<string> => {
    const all = given.map((word) => (!hidden && word === 'site.yml' ? 'open.yml.site' : word));
    return call([...all, ...words(hidden)], { APPLICATION: fromEnvironment });
  };
  /** The same on a terminal. */
  const live = async (given: readonly string[], hidden: boolean, size: string): Promise<string> => {
    const all = given.map((word) => (!hidden && word === 'site.yml' ? 'open.yml.site' : word));
    const command = `stty ${size}; ${perfplayCommand(...all, ...words(hidden))}`;
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], {
      cwd: site.folder,
      reject: false,
      stdin: 'ignore',
      env: { TERM: 'xterm', APPLICATION: fromEnvironment, CI: '' },
    });
    return stdout;
  };

  /** Every secret as it is. */
  const plainly = names.filter((name) => name !== 'key');
  const everything = [
    ...plainly,
    'a line of key',
    'token in JSON',
    'token in a URL',
    'token in base64',
    'key alone in base64',
  ];

  describe.each([
    ['run, plain', ['run', 'site.yml', '--diff', '--output', 'plain'], everything],
    ['run, jsonl', ['run', 'site.yml', '--diff', '--output', 'jsonl'], everything],
    ['run, json', ['run', 'site.yml', '--diff', '--output', 'json'], everything],
    ['plan', ['plan', 'site.yml', '--diff'], plainly],
    ['check', ['run', 'site.yml', '--check', '--diff', '--output', 'json'], plainly],
    ['inventory --list', ['inventory', '--list'], ['token', 'pin', 'nested', 'password']],
    ['inventory --explain', ['inventory', '--explain'], ['token', 'pin', 'nested', 'password']],
    ['inventory --host', ['inventory', '--host'], ['token', 'pin', 'nested', 'password']],
  ] as const)('in what it shows: %s', (name, given, expected) => {
    const all = (hidden: boolean) =>
      name.startsWith('inventory --') && name !== 'inventory --list' ? [...given, hidden ? 'one' : 'open'] : given;

    test('they are seen where nothing is said to be secret', async () => {
      await forget();
      const found = seen(await shown(all(false), false));
      for (const form of expected) expect(found, form).toContain(form);
    });

    test('nothing of them is seen', async () => {
      await forget();
      const text = await shown(all(true), true);
      expect([...seen(text)]).toEqual([]);
      expect(text).toContain('********');
    });
  });

  test.each(['rows 24 cols 80', 'rows 50 cols 200'])('nothing of them is seen on a terminal: %s', async (size) => {
    await forget();
    expect([...seen(await live(['run', 'site.yml', '--diff'], false, size))]).toEqual(expect.arrayContaining(plainly));
    await forget();
    const text = await live(['run', 'site.yml', '--diff'], true, size);
    expect([...seen(text)]).toEqual([]);
    expect(text).toContain('********');
  });

  describe('in errors before the run, on their lines too', () => {
    const wrong = (tasks: string): string => `- name: Wrong\n  hosts: all\n  tasks:\n${tasks}`;
    const cases: readonly (readonly [what: string, files: Readonly<Record<string, string>>, form: Name])[] = [
      ['an unknown key', { 'wrong.yml': wrong(`    - debug: {msg: x ${nested}, mgs: y}\n`) }, 'nested'],
      ['a word of YAML', { 'wrong.yml': wrong(`    - debug: {msg: x ${nested}: y}\n`) }, 'nested'],
      ['a wrong value', { 'wrong.yml': wrong('    - service: {name: x, state: "{{ token }}"}\n') }, 'token'],
      ['a wrong value, cut', { 'wrong.yml': wrong('    - ksm: {run: "{{ token }} and {{ key * 4 }}"}\n') }, 'token'],
      ['a name that is undefined', { 'wrong.yml': wrong('    - debug: {msg: "{{ nested[token] }}"}\n') }, 'token'],
      ['a host that is not there', { 'wrong.yml': wrong('    - debug: {msg: x}\n      delegate_to: "{{ nested.user.password }}"\n') }, 'nested'],
      ['a duplicate key of a file of variables', { 'wrong.yml': wrong('    - debug: {msg: x}\n'), 'group_vars/all.yml': `a: 1\n"a": ${nested}\n` }, 'nested'],
      ['a warning', { 'wrong.yml': wrong(`    - debug: {msg: {a: 0777, b: "${nested}"}}\n`) }, 'nested'],
    ]; // prettier-ignore

    test.each(cases)('%s', async (_what, files, form) => {
      for (const [name, text] of Object.entries(files)) site.write(name, text);
      try {
        for (const given of [
          ['validate', 'wrong.yml'],
          ['plan', 'wrong.yml', '--output', 'plain'],
        ]) {
          expect(seen(await shown(given, false)), given[0]).toContain(form);
          const text = await shown(given, true);
          expect([...seen(text)], given[0]).toEqual([]);
          expect(text).toContain('********');
        }
      } finally {
        site.write('group_vars/all.yml', '{}\n');
      }
    });

    test('a file of secrets that cannot be read', async () => {
      site.write('broken.yml', `token:\n  secret: true\n  value: ${nested}: x\n`);
      const text = await call(['validate', 'static.yml', '-i', 'one.yml', '-e', '@broken.yml'], {});
      expect(text).toMatch(/broken\.yml:3:\d+/);
      expect([...seen(text)]).toEqual([]);
    });
  });

  test('no_log: what a task waits for, and why it fails, is seen without it alone', async () => {
    const quiet = (noLog: boolean): string => `- name: Quiet
  hosts: all
  become: true
  no_log: ${noLog}
  tasks:
    - {wait_for: {path: /srv/none, timeout: 0.2, msg: "{{ token }}"}, ignore_errors: true}
    - {command: {argv: [sh, -c, "echo {{ pin }} >&2; exit 1"]}, ignore_errors: true}
    - {sysctl: {values: {net.core.somaxconn: "{{ nested.user.password }}"}}, ignore_errors: true}
    - {assert: {that: "false", fail_msg: "{{ word }}"}, ignore_errors: true}
    - {debug: {msg: "{{ key }}"}, loop: ["{{ token }}"]}
    - {service: {name: x, state: "{{ token }}"}, when: false}
`;
    for (const output of ['jsonl', 'plain', 'json']) {
      site.write('quiet.yml', quiet(false));
      const given = ['run', 'quiet.yml', '--diff', '--output', output];
      const forms = ['token', 'pin', 'nested', 'password', 'a line of key'];
      expect([...seen(await shown(given, false))], output).toEqual(expect.arrayContaining(forms));
      site.write('quiet.yml', quiet(true));
      expect([...seen(await shown(given, false))], output).toEqual([]);
    }
  });

  describe('on the target', () => {
    /** Runs as the tasks of a playbook while each program that is started on the host is written down with its words. */
    const traced = async (name: string, given: readonly string[]): Promise<string> => {
      const host = lab.host(name);
      const { stdout: daemon } = await execa('pgrep', ['-P', String(host.pid), '-x', 'sshd']);
      const file = `${lab.folder}/execve`;
      const words = ['-f', '-qq', '-s', '65536', '-e', 'trace=execve', '-o', file, '-p', daemon.trim()];
      const strace = execa('strace', words, { reject: false });
      try {
        await expect
          .poll(async () => (await execa('cat', [`/proc/${daemon.trim()}/status`])).stdout)
          .toMatch(/TracerPid:\s+[1-9]/);
        await shown(given, true);
      } finally {
        strace.kill('SIGINT');
        await strace;
      }
      return (await execa('cat', [file])).stdout;
    };
    const withEnvironment = `
    - command: {argv: [sh, -c, 'touch /root/started; sleep 0.3; echo "$T" >/root/told.conf'], chdir: /tmp}
      environment: {T: "{{ nested.user.password }} {{ word }}"}
      timeout: 20
`;

    test('no program has them among its words, and they arrive', async () => {
      await forget();
      site.write('target.yml', `${head}${tasks}${withEnvironment}`);
      const programs = await traced('one', ['run', 'target.yml']);
      for (const program of ['/usr/bin/sudo', 'sleep', 'dd']) expect(programs).toContain(program);
      const spelled = programs.replaceAll('\\"', '"').replaceAll(/\\n/g, '\n');
      expect([...seen(spelled)]).toEqual([]);
      expect(await lab.host('one').read('/root/told.conf')).toBe(`${nested} ${labPassword}\n`);
      expect(await lab.host('one').read('/root/app.conf')).toContain(key);
    });

    test('the same eyes see them among words', async () => {
      site.write('target.yml', `${head}\n    - command: {argv: [echo, "{{ nested.user.password }}"]}\n`);
      expect([...seen(await traced('one', ['run', 'target.yml']))]).toEqual(expect.arrayContaining(['nested']));
    });

    test('they lie in the files that they were meant for, and in the journal of root alone', async () => {
      const host = lab.host('one');
      await forget();
      await host.clear();
      site.write('target.yml', `${head}${tasks}${withEnvironment}`);
      await shown(['run', 'target.yml'], true);
      const find = `grep -rlFs -e '${nested}' -e '${token.slice(0, 8)}' -e 'MIIEvQIBADANB' -e '${fromEnvironment}' \\
        -e '$ecret' /root /home /etc /tmp /run /var/lib/perfplay /var/log /var/tmp`;
      const files = (await host.sh(find)).split('\n').sort();
      const journal = files.filter((file) => file.startsWith('/var/lib/perfplay/journal/'));
      expect(files.filter((file) => !journal.includes(file))).toEqual([
        '/root/app.conf',
        '/root/lines.conf',
        '/root/told.conf',
      ]);
      expect(journal.length).toBeGreaterThan(0);
      const modes = await host.sh(`stat -c '%a %U' /var/lib/perfplay/journal ${journal.join(' ')}`);
      expect(new Set(modes.split('\n'))).toEqual(new Set(['700 root', '600 root']));
      expect(await host.sh("stat -c '%a' /root/app.conf")).toBe('600');
      expect([...seen(await host.log())]).toEqual([]);
    });

    test('what was read of a host is shown without them', async () => {
      const given = ['facts', 'all', '-b', '--snapshot', '--site', 'static.yml'];
      await shown(['run', 'static.yml'], true);
      const found = seen(await shown(given, true));
      expect([...found]).toEqual([]);
      await shown(['run', 'static.yml'], false);
      expect([...seen(await shown(given, false))]).toEqual(expect.arrayContaining(['pin', 'a line of key', 'nested']));
    });
  });
});
