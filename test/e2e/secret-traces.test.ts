import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startLab, type Lab } from '../lab/hosts.ts';
import { labPassword } from '../lab/spec.ts';
import { createSite, e2eProblem, perfplayCommand, startPerfplay, titled, type Site } from './perfplay.ts';
import { commandLinesDuring } from './processes.ts';
import { acts, extraVars, fromEnvironment, head, nested, seen, tasks } from './secrets.ts';

// What a run leaves behind and what others can see of it meanwhile: lists of processes on both sides, files of the controller, logs of
// the host, the words of what fails. Each look is also taken where nothing is said to be secret, or where a secret was put on purpose.

const problem = e2eProblem ?? (existsSync('/usr/bin/strace') ? undefined : 'needs strace');

/** sudo writes down what it runs. */
const sudoers = (rule: string): string =>
  `Defaults env_reset, logfile=/var/log/sudo.log, loglinelen=0\nroot ALL=(ALL:ALL) ALL\noperator ALL=(ALL:ALL) ${rule}ALL\n`;

/** Errors in the words of programs that had a secret among what they could not read. */
const failing = `
    - name: A shell quotes the line that it cannot read
      command: {argv: [bash, -c, "x={{ token | quote }} )"]}
      ignore_errors: true
    - name: Another names the command that is not there
      command: {shell: "{{ nested.user.password }} --now"}
      ignore_errors: true
    - name: A program names the file that it cannot open
      command: {argv: [cat, "/srv/{{ nested.user.password }}"]}
      ignore_errors: true
    - name: The kernel refuses a value
      sysfs: {values: {/sys/kernel/mm/ksm/run: "{{ nested.user.password }}"}}
      ignore_errors: true
    - name: A folder that cannot be made
      file: {path: "/etc/passwd/{{ nested.user.password }}/x", content: "{{ token }}"}
      ignore_errors: true
`;

describe.skipIf(problem)(titled('traces of secrets', problem), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'one', login: { sudo: 'password' }, tree: { '/etc/sudoers': { mode: 0o440, text: sudoers('') } } },
      { name: 'open', tree: { '/etc/sudoers': { mode: 0o440, text: sudoers('NOPASSWD: ') } } },
    ]);
    site = createSite(lab);
    const inventory = (name: string, more: object): unknown => {
      const { all } = parse(lab.inventory()) as { all: { vars: object; hosts: Record<string, object> } };
      return { all: { vars: { ...all.vars, word: labPassword }, hosts: { [name]: { ...all.hosts[name], ...more } } } };
    };
    site.write('one.yml', inventory('one', { ansible_become_password: '{{ word }}' }));
    site.write('open.yml', inventory('open', {}));
    site.write('wrong.yml', inventory('one', { ansible_become_password: `${labPassword}${nested}` }));
    site.write('secret-vars.yml', extraVars(true));
    site.write('open-vars.yml', extraVars(false));
    site.write('site.yml', `${head}${tasks}${acts}${failing}`);
    site.write('open.yml.site', `${head}${tasks}${acts}${failing}`.replaceAll('app_password', 'app_word'));
    mkdirSync(path.join(site.folder, 'tmp'));
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const inventoryWords = (hidden: boolean): readonly string[] =>
    hidden ? ['-i', 'one.yml', '-e', '@secret-vars.yml'] : ['-i', 'open.yml', '-e', '@open-vars.yml'];
  const run = (site: string, hidden: boolean, ...more: readonly string[]): readonly string[] => [
    'run',
    site,
    '--diff',
    ...inventoryWords(hidden),
    ...more,
  ];
  const surroundings = () => ({
    cwd: site.folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      LANG: 'C.UTF-8',
      TMPDIR: path.join(site.folder, 'tmp'),
      APPLICATION: fromEnvironment,
    },
  });
  const call = async (given: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await startPerfplay(given, surroundings());
    return `${String(stdout)}\n${String(stderr)}`;
  };
  const forget = (): Promise<unknown> =>
    Promise.all(
      lab.hosts.map((host) => host.sh('rm -rf /root/*.conf /var/lib/perfplay; echo TOKEN=old >/root/lines.conf')),
    );

  describe('in lists of processes, here and on the host', () => {
    /** What ps shows of the call and of all that runs on the host meanwhile. */
    const during = async (given: readonly string[]): Promise<string> => {
      const child = startPerfplay(given, surroundings());
      return (await commandLinesDuring([child.pid!, lab.host('one').pid], child)).join('\n');
    };

    test('there are none', async () => {
      await forget();
      site.write(
        'quiet.yml',
        `${head}${tasks}
    - command: {shell: 'sleep 0.3; test -n "$T"'}
      environment: {T: "{{ nested.user.password }} {{ word }}"}
`,
      );
      const text = await during(run('quiet.yml', true));
      // Both sides are looked at.
      expect(text).toMatch(/perfplay\.cjs run quiet\.yml/);
      expect(text).toContain('/usr/bin/sudo -S');
      expect(text).toContain('sleep 0.3');
      expect([...seen(text)]).toEqual([]);
    });

    test('the same eyes see them where they are put there', async () => {
      site.write(
        'words.yml',
        `${head}\n    - command: {argv: [sh, -c, "sleep 0.3", sh, "{{ nested.user.password }}"]}\n`,
      );
      const text = await during(run('words.yml', true, '-e', `other=${fromEnvironment}`));
      expect([...seen(text)]).toEqual(expect.arrayContaining(['fromEnvironment', 'nested']));
    });
  });

  describe('in what the controller starts and writes', () => {
    /** The calls by which it starts programs and opens files for writing, those of its children too. */
    const traced = async (given: readonly string[]): Promise<string> => {
      const file = `${lab.folder}/controller`;
      const words = ['-f', '-qq', '-s', '65536', '-e', 'trace=execve,open,openat,creat', '-o', file];
      const command = ['/bin/sh', '-c', `exec ${perfplayCommand(...given)}`];
      await execa('strace', [...words, ...command], { ...surroundings(), extendEnv: false, reject: false });
      return readFileSync(file, 'utf8');
    };
    /** What was written for later, and what was forgotten in a folder for temporary files. */
    const records = (): readonly { readonly file: string; readonly text: string }[] =>
      readdirSync(site.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .map((file) => ({ file: path.relative(site.folder, file), text: readFileSync(file, 'utf8') }))
        .filter(({ file }) => file.startsWith('.perfplay/') || file.startsWith('tmp/'));

    test('there are none, and it writes below .perfplay alone', async () => {
      await forget();
      site.write('nobody.sh', '#!/bin/sh\necho "{}"\n');
      chmodSync(path.join(site.folder, 'nobody.sh'), 0o700);
      const calls = (await traced(run('site.yml', true, '-i', 'nobody.sh'))).split('\n');
      const started = calls.filter((line) => line.includes('execve('));
      expect(started.join('\n')).toContain('nobody.sh", "--list"]');
      expect([...seen(started.join('\n').replaceAll('\\"', '"'))]).toEqual([]);
      const opened = calls
        .filter((line) => /O_WRONLY|O_RDWR|creat\(/.test(line))
        .map((line) => /"([^"]*)"/.exec(line)![1]!);
      const elsewhere = opened
        .map((file) => path.resolve(site.folder, file))
        .filter((file) => !/^\/dev\/(null|tty)$|^\/proc\/self\/|\.perfplay\//.test(file));
      expect(elsewhere).toEqual([]);
    });

    test('there are none in the records of runs, which nobody else can read', async ({ skip }) => {
      await forget();
      await call(run('open.yml.site', false));
      const open = records();
      if (open.length === 0) skip('this build keeps no records of runs on the controller');
      expect([...seen(open.map(({ text }) => text).join('\n'))]).toEqual(
        expect.arrayContaining(['nested', 'token', 'pin']),
      );
      const before = new Set(open.map(({ file }) => file));
      await call(run('site.yml', true));
      const added = records().filter(({ file }) => !before.has(file));
      expect(added).not.toEqual([]);
      for (const { file, text } of added) {
        expect([...seen(text)], file).toEqual([]);
        expect((statSync(path.join(site.folder, file)).mode & 0o777).toString(8), file).toBe('600');
      }
      expect((statSync(path.join(site.folder, '.perfplay')).mode & 0o777).toString(8)).toBe('700');
    });
  });

  describe('in what the host keeps', () => {
    test('there are none in the logs of sshd and sudo; the journal, which must hold them, is of root alone', async () => {
      await forget();
      const host = lab.host('one');
      await host.sh(': >/var/log/sudo.log');
      await host.clear();
      await call(run('site.yml', true));
      const log = await host.read('/var/log/sudo.log');
      expect(log).toMatch(/operator : .* COMMAND=\/bin\/sh -c /);
      expect([...seen(log)]).toEqual([]);
      expect(await host.log()).toContain('Accepted publickey for operator');
      expect([...seen(await host.log())]).toEqual([]);
      const modes = await host.sh(`find /var/lib/perfplay -printf '%y %m %u\n'`);
      expect(new Set(modes.split('\n'))).toEqual(new Set(['d 700 root', 'f 600 root']));
      const kept = await host.sh(`find /var/lib/perfplay -type f -exec cat {} +`);
      expect(seen(kept), 'its contents are what a rollback needs').toContain('a line of key');
    });

    test('the same eyes see them in its logs where they are put there', async () => {
      const host = lab.host('open');
      await host.sh(': >/var/log/sudo.log');
      await host.sh(`su operator -c "sudo true '$1'"`, nested);
      expect(seen(await host.read('/var/log/sudo.log'))).toContain('nested');
    });
  });

  describe('in the words of what fails', () => {
    test.each(['plain', 'jsonl', 'json'])(
      'there are none, and they are where nothing is hidden: %s',
      async (output) => {
        site.write('failing.yml', `${head}${failing}`);
        expect([...seen(await call(run('failing.yml', false, '--output', output)))]).toEqual(
          expect.arrayContaining(['nested', 'token']),
        );
        const text = await call(run('failing.yml', true, '--output', output));
        expect([...seen(text)]).toEqual([]);
        expect(text).toMatch(/No such file/);
      },
    );

    test('a wrong password is not among them', async () => {
      for (const given of [
        ['ping', 'all', '-b'],
        ['facts', 'all', '-b'],
        ['run', 'failing.yml', '--output', 'json'],
      ]) {
        const text = await call([...given, '-i', 'wrong.yml', '-e', '@secret-vars.yml']);
        expect(text).toContain('sudo refused the password');
        expect([...seen(text)]).toEqual([]);
      }
    });
  });
});
