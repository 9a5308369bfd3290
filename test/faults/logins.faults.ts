import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import type { Login } from '../lab/spec.ts';
import { type Bench, startBench } from './bench.ts';
import { node } from './site.ts';
import { printTable, type Row } from './table.ts';
import { runTrials, type Trial } from './trial.ts';

const shells = ['dash', 'bash', 'busybox', 'mksh'] as const;
const loginShells = ['sh', 'bash', 'csh', 'fish'] as const;
const profiles = ['noisy', 'exits'] as const;

const logins: Readonly<Record<string, Partial<Login>>> = Object.fromEntries(
  loginShells.flatMap((loginShell) =>
    profiles.map((profile) => [`${loginShell}-${profile}`, { loginShell, profile }] as const),
  ),
);

describe.skipIf(e2eProblem)(titled('shells, profiles and sudo'), () => {
  let bench: Bench;
  const rows: Row[] = [];
  beforeAll(async () => {
    bench = await startBench([
      ...shells.map((shell) => node(shell, { shell, ...(shell === 'busybox' && { userland: 'busybox' }) })),
      ...Object.entries(logins).map(([name, login], index) => node(name, { login, shell: shells[index % 4]! })),
      node('asks', { login: { sudo: 'password' } }),
      node('asks-not', { login: { sudo: 'nopasswd' } }),
      node('tty', { login: { sudo: 'tty' } }),
      node('none', { login: { sudo: 'none' } }),
      node('closed'),
      node('sessions', { sshd: ['MaxSessions 1'] }),
    ]);
  });
  afterAll(async () => {
    printTable('Shells, profiles and sudo', rows);
    await bench?.stop();
  });
  const see = async (trials: readonly Trial[]): Promise<void> => {
    const ran = await runTrials(bench, trials);
    rows.push(...ran.rows);
    expect(ran.problems).toEqual([]);
  };
  const always = (fault: string, host: string, more: Partial<Trial> = {}): Trial => ({
    fault,
    stage: 'session',
    host,
    injected: () => true,
    allowed: ['changed'],
    says: /./,
    ...more,
  });
  const failed = (says: RegExp): Partial<Trial> => ({ allowed: ['failed'], says });
  const sudoers = 'operator ALL=(ALL:ALL) NOPASSWD: ALL';

  test('every /bin/sh does the same', () => see(shells.map((shell) => always(`/bin/sh is ${shell}`, shell))));

  test('no profile comes between', () =>
    see(
      Object.entries(logins).map(([name, { loginShell, profile }]) =>
        always(`${loginShell} with a profile that ${profile === 'exits' ? 'exits' : 'makes noise'}`, name, {
          // Only bash reads its file, and ends, before it does what it is told; tcsh goes on, and fish ends the file alone.
          ...(name === 'bash-exits' && failed(/ended before|start-up file/)),
          undo: ({ host }) =>
            void host.sh('for file in .bashrc .cshrc .config/fish/config.fish; do rm -f "/home/operator/$file"; done'),
        }),
      ),
    ));

  test('sudo that refuses', () =>
    see([
      always('wrong sudo password', 'asks', {
        vars: { ansible_become_password: 'wrong' },
        ...failed(/sudo refused the password/),
      }),
      // The password would run as a command if it were sent unasked.
      always('a password where sudo wants none', 'asks-not', {
        vars: { ansible_become_password: 'touch /root/steps' },
      }),
      always('requiretty', 'tty', {
        undo: async ({ host }) => void (await host.sh('sed -i /requiretty/d /etc/sudoers')),
        ...failed(/sudo wants a terminal \(requiretty\)/),
      }),
      always('not in sudoers', 'none', {
        undo: async ({ host }) => void (await host.sh('echo "$1" >>/etc/sudoers', sudoers)),
        ...failed(/sudo /),
      }),
      always('no logins (/etc/nologin)', 'closed', {
        prepare: ({ host }) => host.write('/etc/nologin', 'closed for today\n'),
        undo: async ({ host }) => void (await host.sh('rm /etc/nologin')),
        allowed: ['failed', 'unreachable'],
        says: /closed for today/,
      }),
    ]));

  test('MaxSessions 1, and tasks of two users', async () => {
    const target = bench.target('sessions');
    bench.write(
      'two.yml',
      `- hosts: all
  tasks:
    - name: as root
      become: true
      command: {argv: [touch, /root/first], creates: /root/first}
    - name: as the login user
      become: false
      command: {argv: [touch, /home/operator/second], creates: /home/operator/second}
`,
    );
    const ran = await bench.run(['run', 'two.yml'], { hosts: [target.name] }).ended;
    const { ended, tasks } = ran.said(target.name);
    const made = await target.host.sh('ls -d /root/first /home/operator/second 2>/dev/null || :');
    rows.push({
      fault: 'MaxSessions 1, two users',
      stage: 'session',
      host: target.name,
      status: ended[0]?.status,
      exit: ran.exit,
      message: ended[0]?.message ?? '',
      disk: made === '/root/first' ? 'between' : 'broken',
      falseSuccesses: tasks.filter(({ name, outcome }) => name === 'as the login user' && outcome !== 'failed').length,
      neither: 0,
      stateless: ended.length !== 1,
    });
    expect(made).toBe('/root/first');
    // The first task's change was made, and said to be; the host could not be gone on with.
    expect(tasks.map(({ name, outcome }) => [name, outcome])).toContainEqual(['as root', 'changed']);
    expect(ended[0]).toMatchObject({
      status: expect.stringMatching(/^(failed|unreachable)$/),
      message: expect.stringMatching(/opens no further session: .*open failed/),
      hint: expect.stringContaining('MaxSessions'),
    });
    await target.host.sh('sed -i /MaxSessions/d /etc/ssh/sshd_config; kill -HUP $(cat /run/sshd.pid); sleep 0.3');
    const again = await bench.run(['run', 'two.yml'], { hosts: [target.name] }).ended;
    expect(again.exit).toBe(0);
    expect(await target.host.sh('ls -d /root/first /home/operator/second | wc -l')).toBe('2');
  });
});
