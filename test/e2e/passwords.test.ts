import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startLab, type Lab } from '../lab/hosts.ts';
import { labPassword } from '../lab/spec.ts';
import { createSite, e2eProblem, perfplayCommand, startPerfplay, titled, type Site } from './perfplay.ts';

// A host that lets nobody in without the password of its user, and sudo not without it either; the inventory has none of them.

const problem = e2eProblem ?? (existsSync('/usr/bin/script') ? undefined : 'needs script');

describe.skipIf(problem)(titled('passwords', problem), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'one', login: { sudo: 'password' } },
      { name: 'two', login: { sudo: 'password' } },
    ]);
    site = createSite(lab);
    const { all } = parse(lab.inventory()) as {
      all: { vars: Record<string, unknown>; hosts: Record<string, Record<string, unknown>> };
    };
    delete all.vars['ansible_ssh_private_key_file'];
    for (const host of Object.values(all.hosts)) delete host['ansible_become_password'];
    site.write('bare.yml', { all });
    site.write('right', `${labPassword}\n`);
    site.write('wrong', 'sw0rdfish\n');
    await execa('chmod', ['600', `${site.folder}/right`, `${site.folder}/wrong`]);
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const ping = ['ping', 'all', '-i', 'bare.yml', '-b', '--timeout', '5'];
  const base = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };
  const call = async (more: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    const { exitCode, stdout, stderr } = await startPerfplay([...ping, ...more], {
      cwd: site.folder,
      env: { ...base, ...environment },
    });
    expect(`${stdout}${stderr}`).not.toContain(labPassword);
    return { exitCode, stdout: String(stdout), stderr: String(stderr) };
  };
  const bothFiles = (login: string, become: string): readonly string[] => [
    '--connection-password-file',
    login,
    '--become-password-file',
    become,
  ];

  test('without one, nobody is let in, and with the wrong ones it is said which', async () => {
    expect(await call([])).toMatchObject({ exitCode: 4, stdout: expect.stringContaining('no password') as string });
    expect((await call(['--connection-password-file', 'wrong', '-l', 'one'])).stdout).toMatch(
      /unreachable .*refused the login as operator with the password/,
    );
    const { exitCode, stdout } = await call([...bothFiles('right', 'wrong'), '-l', 'one']);
    expect([exitCode, stdout]).toEqual([2, expect.stringContaining('sudo refused the password')]);
    expect(stdout).not.toContain('sw0rdfish');
  });

  test('from files and from the environment: a file wins', async () => {
    expect(await call(bothFiles('right', 'right'))).toMatchObject({ exitCode: 0, stderr: '' });
    const right = { PERFPLAY_PASSWORD: labPassword, PERFPLAY_BECOME_PASSWORD: labPassword };
    expect(await call([], right)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await call(['--become-password-file', 'wrong', '-l', 'one'], right)).toMatchObject({ exitCode: 2 });
    const wrong = { PERFPLAY_PASSWORD: 'sw0rdfish', PERFPLAY_BECOME_PASSWORD: 'sw0rdfish' };
    expect(await call(bothFiles('right', 'right'), wrong)).toMatchObject({ exitCode: 0 });
    expect(await call([], { ...right, PERFPLAY_PASSWORD: '' }), 'empty is none').toMatchObject({ exitCode: 4 });
  });

  test('from the inventory, which wins', async () => {
    const inventory = parse(lab.inventory()) as { all: { hosts: Record<string, Record<string, unknown>> } };
    site.write('own.yml', {
      all: {
        ...inventory.all,
        vars: { ansible_ssh_common_args: `-o UserKnownHostsFile=${lab.knownHosts}`, ansible_password: labPassword },
      },
    });
    expect(await call(['-i', 'own.yml', ...bothFiles('wrong', 'wrong')])).toMatchObject({ exitCode: 0 });
  });

  test('from a program, whose environment has no password', async () => {
    site.write('program', `#!/bin/sh\nenv | grep -q PERFPLAY_ && exit 1\ncat '${site.folder}/right'\n`);
    await execa('chmod', ['700', `${site.folder}/program`]);
    const environment = { PERFPLAY_PASSWORD: labPassword };
    expect(await call(['--become-password-file', 'program'], environment)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  /** Types one answer to each prompt, once it is shown. */
  const atTerminal = async (
    options: readonly string[],
    answers: readonly (readonly [prompt: string, answer: string])[],
  ) => {
    const child = execa('script', ['-qec', perfplayCommand(...ping, ...options), '/dev/null'], {
      cwd: site.folder,
      reject: false,
      stdin: 'pipe',
      extendEnv: false,
      env: { ...base, TERM: 'xterm', PERFPLAY_PASSWORD: 'sw0rdfish' },
    });
    const left = [...answers];
    let shown = '';
    child.stdout.on('data', (text) => {
      shown += String(text);
      const [prompt, answer] = left[0] ?? [];
      if (prompt === undefined || !shown.includes(prompt)) return;
      left.shift();
      child.stdin.write(`${answer}\n`);
    });
    const { exitCode, stdout } = await child;
    expect(left).toEqual([]);
    expect(stdout).not.toContain(labPassword);
    return { exitCode, stdout };
  };

  test('typed: the prompt wins over a file and the environment, and both may be one', async () => {
    const both = [
      ['SSH password: ', labPassword],
      ['BECOME password[defaults to SSH password]: ', labPassword],
    ] as const;
    expect(await atTerminal(['-k', '-K', ...bothFiles('wrong', 'wrong')], both)).toMatchObject({ exitCode: 0 });
    const same = [both[0], [both[1][0], '']] as const;
    expect(await atTerminal(['-kK'], same)).toMatchObject({ exitCode: 0 });
    const nothing = await atTerminal(['--ask-pass'], [['SSH password: ', '']]);
    expect([nothing.exitCode, nothing.stdout]).toEqual([1, expect.stringContaining('no SSH password was given')]);
  });
});
