import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startLab, type Lab } from '../lab/hosts.ts';
import type { Tree } from '../lab/tree.ts';
import { createSite, e2eProblem, titled, type Site } from './perfplay.ts';
import { buildUnescaped, type Unescaped } from './unescaped.ts';

// A host whose files, programs, names, banner, profile and sudo write at the terminal of whoever looks. The oracle reads the bytes.

const problem = e2eProblem ?? (existsSync('/usr/bin/script') ? undefined : 'needs script');

/** A title, a cleared screen, CSI in one byte (C1), text in another order, a line that is written over; and a word to find it by. */
const evil = (word: string): string =>
  `${word}\u001b]0;pwned\u0007\u001b[2J\u001b[31m\u009b1m\u202ekcab\u202c\u2066x\u2069\u2028\roverwritten`;
/** The same for printf(1) of a program of the host: its bytes in octal. */
const octal = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

const tree: Tree = {
  '/etc/banner': `${evil('banner')}\n`,
  '/etc/motd': `${evil('motd')}\n`,
  '/home/operator/.bashrc': `printf '${octal(evil('profile'))}\\n'; printf '${octal(evil('profile'))}\\n' >&2\n`,
  '/etc/sudoers': {
    mode: 0o440,
    text: `Defaults lecture=always, lecture_file=/etc/lecture, badpass_message="${evil('badpass').replaceAll('"', '')}"
root ALL=(ALL:ALL) ALL
operator ALL=(ALL:ALL) ALL
`,
  },
  '/etc/lecture': `${evil('lecture')}\n`,
  '/proc/cpuinfo': `processor\t: 0\nvendor_id\t: ${evil('vendor')}\nmodel name\t: ${evil('model')}\n\n`,
  '/proc/sys/vm/swappiness': `${evil('kernel')}\n`,
  '/etc/evil.conf': `KEY=${evil('content')}\n`,
  [`/sys/block/${evil('disk').replaceAll('/', '')}/queue/scheduler`]: `${evil('queue')}\n`,
  [`/sys/block/${evil('disk').replaceAll('/', '')}/size`]: '8\n',
  [`/etc/sysctl.d/${evil('drop-in')}.conf`]: `vm.swappiness = ${evil('later')}\n`,
  '/usr/local/bin/say': {
    mode: 0o755,
    text: `#!/bin/sh\nprintf '${octal(evil('stdout'))}\\n${octal(`evil : ok=99 ${evil('recap')}`)}\\n'\nprintf '${octal(evil('stderr'))}\\n' >&2\nexit "$1"\n`,
  },
};
const playbook = `- name: Look at it
  hosts: all
  become: true
  tasks:
    - command: {argv: [say, "0"]}
      register: said
    - debug: {var: said}
    - debug: {msg: "{{ said.stdout_lines[0] }}"}
    - name: "{{ said.stdout_lines[0] }}"
      debug: {msg: "{{ facts.cpu }}"}
    - {command: {argv: [say, "3"]}, ignore_errors: true}
    - {sysctl: {values: {vm.swappiness: 1}}, ignore_errors: true}
    - {config_file: {path: /etc/evil.conf, values: {KEY: plain}}, ignore_errors: true}
    - {file: {path: /etc/lecture, content: "plain\\n"}, ignore_errors: true}
    - {block_queue: {devices: {name: "*"}, scheduler: none}, ignore_errors: true}
    - {service: {name: "{{ said.stdout_lines[0] }}", state: started}, ignore_errors: true}
    - {fail: {msg: "{{ said.stderr }}"}, ignore_errors: true}
    - {wait_for: {path: /srv/none, timeout: 0.2, msg: "{{ said.stdout }}"}}
`;

const foreign =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029\u2066-\u2069]|\r(?!\r*\n)/gu;
/** What perfplay writes itself at a terminal: colours, and where the view is drawn. */
// eslint-disable-next-line no-control-regex
const own = /\u001b\[(?:(?:0|1|2|22|39|3[123])m|[0-9]*[AGK]|0?J|\?25[lh]|\?2026[lh])/g;
const controlsIn = (bytes: string): readonly string[] => [
  ...new Set([...bytes.matchAll(foreign)].map(([sign]) => `U+${sign.codePointAt(0)!.toString(16)}`)),
];

describe.skipIf(problem)(titled('a hostile host', problem), () => {
  let lab: Lab;
  let site: Site;
  let server: Server;
  let unescaped: Unescaped;
  beforeAll(async () => {
    unescaped = await buildUnescaped();
    lab = await startLab([
      { name: 'evil', login: { sudo: 'password', loginShell: 'bash' }, tree, sshd: ['Banner /etc/banner'] },
    ]);
    site = createSite(lab);
    server = createServer((socket) => socket.end(`${evil('greeting')}\r\n`));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { all } = parse(lab.inventory()) as { all: { hosts: Record<string, object>; vars: object } };
    const { port } = server.address() as { port: number };
    site.write('evil.yml', { all });
    site.write('greeting.yml', { all: { hosts: { greeting: { ansible_host: '127.0.0.1', ansible_port: port } } } });
    site.write('wrong.yml', {
      all: { ...all, hosts: { evil: { ...all.hosts['evil'], ansible_become_password: 'wrong' } } },
    });
    site.write(
      'names.json',
      JSON.stringify({
        [evil('group')]: { hosts: { one: { [evil('name')]: evil('value'), ansible_port: evil('port') } } },
      }),
    );
    site.write(
      'values.json',
      JSON.stringify({ all: { hosts: { one: { word: evil('value'), list: [evil('item')] } } } }),
    );
    site.write('site.yml', playbook);
    site.write('prompt.yml', `- hosts: all\n  tasks: [{pause: {prompt: "{{ word }}"}}]\n`);
    site.write(
      'broken.yml',
      `- hosts: all\n  tasks:\n    - {debug: {mgs: "${evil('line').replaceAll(/[\r\u2028]/g, '')}"}}\n`,
    );
    site.write(
      'extra.sh',
      `#!/bin/sh\nprintf '${octal(evil('script'))}\\n' >&2\nprintf '${octal(evil('output'))}'\nexit 0\n`,
    );
    await execa('chmod', ['700', path.join(site.folder, 'extra.sh')]);
  });
  afterAll(async () => {
    server?.close();
    site?.remove();
    unescaped?.remove();
    await lab?.stop();
  });

  const sound = path.join(import.meta.dirname, '../../dist/perfplay.cjs');
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8', TERM: 'xterm' };
  const piped = async (program: string, words: readonly string[]): Promise<string> => {
    const options = { cwd: site.folder, reject: false, extendEnv: false, env, stdin: 'ignore', all: true } as const;
    const { all } = await execa(process.execPath, [program, ...words], { ...options, stripFinalNewline: false });
    return all;
  };
  const atTerminal = async (program: string, words: readonly string[]): Promise<string> => {
    const command = `stty cols 200 rows 40; exec ${[process.execPath, program, ...words].map((word) => `'${word}'`).join(' ')}`;
    const options = { cwd: site.folder, reject: false, extendEnv: false, env, input: '\n' } as const;
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], options);
    return stdout.replaceAll(own, '');
  };
  const reset = (): Promise<unknown> =>
    lab.host('evil').sh(`printf '${octal(`KEY=${evil('content')}\n`)}' >/etc/evil.conf
      printf '${octal(`${evil('lecture')}\n`)}' >/etc/lecture
      printf '${octal(`${evil('kernel')}\n`)}' >/proc/sys/vm/swappiness; rm -rf /var/lib/perfplay`);

  const hosts = ['-i', 'evil.yml', '--timeout', '10'];
  const run = ['run', 'site.yml', '--diff', ...hosts];
  /** What is called, which of the words must be seen (the text came through), and whether it is seen where nothing is escaped. */
  const calls: readonly (readonly [name: string, words: readonly string[], expected: readonly string[]])[] = [
    ['run, plain', [...run, '--output', 'plain'], ['stdout', 'stderr', 'kernel', 'content', 'lecture', 'recap']],
    ['run, json', [...run, '--output', 'json'], ['stdout', 'stderr', 'kernel', 'content', 'lecture']],
    ['run, jsonl', [...run, '--output', 'jsonl'], ['stdout', 'stderr', 'kernel', 'content', 'lecture']],
    ['plan', ['plan', 'site.yml', '--diff', ...hosts], ['kernel', 'content', 'lecture']],
    ['facts', ['facts', 'all', '-b', ...hosts], ['vendor', 'model', 'disk']],
    ['facts --snapshot', ['facts', 'all', '-b', '--snapshot', '--site', 'site.yml', ...hosts], ['kernel', 'content', 'drop-in']],
    ['ping, wrong password', ['ping', 'all', '-b', '-i', 'wrong.yml'], ['sudo']],
    ['ping, no ssh', ['ping', 'all', '-i', 'greeting.yml'], ['greeting']],
    ['inventory --list', ['inventory', '--list', '-i', 'values.json'], ['value', 'item']],
    ['inventory --host', ['inventory', '--host', 'one', '-i', 'values.json'], ['value', 'item']],
    ['inventory --explain', ['inventory', '--explain', 'one', '-i', 'values.json'], ['value', 'item']],
    ['inventory, names', ['inventory', '--graph', '-i', 'names.json'], ['group']],
    ['inventory, a script', ['inventory', '--list', '-i', 'extra.sh'], ['output']],
    ['an error with its line', ['validate', 'broken.yml', '-i', 'values.json'], ['line']],
  ]; // prettier-ignore
  /** Made fit before: by `printable` of src/connect, or by JSON that is ASCII as Ansible's is. */
  const cleanAnyway = /^(ping|inventory --|inventory, a script)/;

  test.each(calls)('writes nothing of its own at: %s', async (_, words, expected) => {
    await reset();
    const bytes = await piped(sound, words);
    for (const word of expected) expect(bytes).toContain(word);
    expect(controlsIn(bytes)).toEqual([]);
    expect(bytes).not.toMatch(/^evil : ok=99/m);
  });

  test.each(calls.filter(([name]) => !cleanAnyway.test(name)))(
    'the same eyes see it without escaping at: %s',
    async (_, words) => {
      await reset();
      expect(controlsIn(await piped(unescaped.program, words))).not.toEqual([]);
    },
  );

  const live: readonly (readonly [name: string, words: readonly string[]])[] = [
    ['the live view', [...run, '--output', 'live']],
    ['a plan', ['plan', 'site.yml', '--diff', ...hosts]],
    ['facts', ['facts', 'all', '-b', ...hosts]],
    ['a prompt', ['run', 'prompt.yml', '-i', 'evil.yml', '-e', '@values.yml']],
  ];
  test.each(live)('writes nothing of its own at a terminal: %s', async (_, words) => {
    site.write('values.yml', `word: ${JSON.stringify(evil('prompt'))}\n`);
    await reset();
    const bytes = await atTerminal(sound, words);
    expect(bytes).toContain('evil');
    expect(controlsIn(bytes)).toEqual([]);
    await reset();
    expect(controlsIn(await atTerminal(unescaped.program, words))).not.toEqual([]);
  });

  test('a snapshot is what the host said, for all that', async () => {
    await reset();
    const text = await piped(sound, ['facts', 'all', '-b', '--snapshot', '--site', 'site.yml', ...hosts]);
    expect(JSON.stringify(parse(text))).toContain(JSON.stringify(evil('content')).slice(1, -1));
  });
});
