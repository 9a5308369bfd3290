import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { ConnectError } from '../../src/connect/types.ts';
import { failureOf, knownHostsFile, optionsFor, runOn, runScript } from './fixture.ts';
import { leaveNothing, noSsh, open, opensshSettings, processes, sshPrograms } from './openssh-fixture.ts';
import { type KeyPair, makeKey, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

leaveNothing();

describe.skipIf(noSsh)(`the ssh program and a real sshd ${noSsh ?? ''}`, () => {
  let sshd: Sshd;
  let key: KeyPair;
  let trusted: string;
  beforeAll(async () => {
    key = makeKey(temporaryFolder(), 'id');
    sshd = await startSshd({ authorizedKeys: [key.public] });
    trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  });
  afterAll(() => sshd.stop());
  const settings = () => opensshSettings(sshd.port, trusted, { privateKeyFile: key.file });
  const loginsSince = (mark: number) =>
    sshd
      .log()
      .slice(mark)
      .match(/Accepted publickey/g)?.length ?? 0;

  it('runs a shell without a terminal and tells its exit code', async () => {
    const script = '[ -t 0 ] || [ -t 1 ] || echo none; echo err >&2; echo "$0"; exit 3\n';
    const { stdout, stderr, end } = await runOn(settings(), optionsFor(), script);
    expect(stdout.toString()).toBe('none\n/bin/sh\n');
    expect(stderr.toString()).toBe('err\n');
    expect(end).toEqual({ exit: 3 });
  });

  it('takes nothing of the exit code that ssh uses itself', async () => {
    const { end } = await runOn(settings(), optionsFor(), 'exit 255\n');
    expect(end).toEqual({ lost: 'the session ended without an exit status' });
    expect((await runOn(settings(), optionsFor(), 'kill -KILL $$\n')).end.lost).toBeDefined();
  });

  it('opens several shells with one login', async () => {
    const mark = sshd.log().length;
    const connection = await open(settings(), optionsFor());
    const shells = await Promise.all([connection.shell(), connection.shell(), connection.shell()]);
    const results = await Promise.all(shells.map((shell, index) => runScript(shell, `echo ${index}\n`)));
    expect(results.map(({ stdout }) => stdout.toString())).toEqual(['0\n', '1\n', '2\n']);
    expect((await runScript(await connection.shell(), 'echo later\n')).stdout.toString()).toBe('later\n');
    expect(loginsSince(mark)).toBe(1);
    connection.close();
  });

  it('carries megabytes both ways, byte by byte', async () => {
    const data = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    const script = Buffer.concat([Buffer.from(`head -c ${data.length}\nexit 4\n`), data]);
    const connection = await open(settings(), optionsFor());
    const shell = await connection.shell();
    const pieces: Buffer[] = [];
    shell.onStdout((bytes) => pieces.push(bytes));
    // dash reads ahead, so that data must not follow its commands at once.
    shell.write(script.subarray(0, script.indexOf('\n') + 1));
    await new Promise((resolve) => setTimeout(resolve, 300));
    shell.write(data);
    await expect.poll(() => pieces.reduce((sum, { length }) => sum + length, 0), { timeout: 10_000 }).toBe(data.length);
    shell.write(Buffer.from('exit 4\n'));
    expect(await shell.closed).toEqual({ exit: 4 });
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
    connection.close();
  });

  it('is not blocked by a shell whose output nobody reads', async () => {
    const connection = await open(settings(), optionsFor());
    const [unread, other] = await Promise.all([connection.shell(), connection.shell()]);
    unread.write(Buffer.from('head -c 20000000 /dev/zero; head -c 2000000 /dev/zero >&2; exit 6\n'));
    expect((await runScript(other, 'echo through\n')).stdout.toString()).toBe('through\n');
    expect(await unread.closed).toEqual({ exit: 6 });
    connection.close();
  });

  it('loses its shells with the connection, and says so', async () => {
    const connection = await open(settings(), optionsFor());
    const shells = await Promise.all([connection.shell(), connection.shell()]);
    for (const session of sshd.sessions()) process.kill(session, 'SIGKILL');
    for (const shell of shells) expect((await shell.closed).lost).toBe(`127.0.0.1:${sshd.port} closed the connection`);
    const error = await failureOf(connection.shell());
    expect(error).toBeInstanceOf(ConnectError);
    connection.close();
  });

  it('ends what a destroyed shell has started, and nothing else', async () => {
    const connection = await open(settings(), optionsFor());
    const [victim, other] = await Promise.all([connection.shell(), connection.shell()]);
    const length = `4${process.pid}`;
    const isSleeping = () => processes().some(({ words }) => words[0] === 'sleep' && words[1] === length);
    victim.write(Buffer.from(`sleep ${length}; echo more\n`));
    await expect.poll(isSleeping).toBe(true);
    victim.destroy();
    expect((await victim.closed).lost).toContain('cut from this side');
    await expect.poll(isSleeping, { timeout: 5000 }).toBe(false);
    expect((await runScript(other, 'echo unharmed\n')).stdout.toString()).toBe('unharmed\n');
    connection.close();
  });

  it('ends what a destroyed shell has started when the connection is closed at once', async () => {
    const connection = await open(settings(), optionsFor());
    const victim = await connection.shell();
    const length = `5${process.pid}`;
    const isSleeping = () => processes().some(({ words }) => words[0] === 'sleep' && words[1] === length);
    victim.write(Buffer.from(`sleep ${length}; echo more\n`));
    await expect.poll(isSleeping).toBe(true);
    victim.destroy();
    connection.close();
    await expect.poll(isSleeping, { timeout: 5000 }).toBe(false);
  });

  it('refuses a wrong key, once, and says what was tried', async () => {
    const wrong = makeKey(temporaryFolder(), 'wrong');
    const mark = sshd.log().length;
    const error = await failureOf(connect({ ...settings(), privateKeyFile: wrong.file }, optionsFor()));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.message).toBe(
      `127.0.0.1:${sshd.port} refused the login as root with ${wrong.file} (it takes publickey)`,
    );
    expect(error.hint).toContain('authorized_keys');
    expect(
      sshd
        .log()
        .slice(mark)
        .match(/Failed publickey for root/g),
    ).toHaveLength(1);
  });

  it('says that a key is locked', async () => {
    const locked = makeKey(temporaryFolder(), 'locked', 'ed25519', 'secret');
    const other = await startSshd({ authorizedKeys: [locked.public] });
    const known = knownHostsFile(`[127.0.0.1]:${other.port} ${other.hostKey}`);
    const error = await failureOf(
      connect(opensshSettings(other.port, known, { privateKeyFile: locked.file }), optionsFor()),
    );
    expect(error.message).toBe(`127.0.0.1:${other.port} would take ${locked.file} as root, and it could not sign`);
    expect(error.hint).toContain('ssh-add');
    await other.stop();
  });

  it('says that a key file is missing', async () => {
    const error = await failureOf(connect({ ...settings(), privateKeyFile: '/nowhere/id' }, optionsFor()));
    expect(error.message).toBe(`no key to log in to 127.0.0.1:${sshd.port} as root (it takes publickey)`);
    expect(error.hint).toContain('/nowhere/id does not exist');
  });

  it('gives no passwords', async () => {
    const mark = sshd.log().length;
    const error = await failureOf(connect({ ...settings(), password: 'sw0rdfish' }, optionsFor(), 'web1'));
    expect(error.message).toBe('web1 has an ansible_password, which ssh cannot be given');
    expect(error.hint).toContain('ansible_connection: ssh');
    expect(`${error.message}${error.hint}`).not.toContain('sw0rdfish');
    expect(sshd.log().slice(mark)).toBe('');
  });

  it('names the package where there is no ssh', async () => {
    const path = process.env.PATH;
    process.env.PATH = temporaryFolder();
    try {
      const error = await failureOf(connect(settings(), optionsFor()));
      expect(error).toBeInstanceOf(ConnectError);
      expect(error.message).toContain('there is no ssh program');
      expect(error.hint).toContain('openssh-client');
    } finally {
      process.env.PATH = path;
    }
  });

  it('says that there are no more sessions', async () => {
    const single = await startSshd({ authorizedKeys: [key.public], extraConfig: 'MaxSessions 1' });
    const file = knownHostsFile(`[127.0.0.1]:${single.port} ${single.hostKey}`);
    const connection = await open(opensshSettings(single.port, file, { privateKeyFile: key.file }), optionsFor());
    const first = await connection.shell();
    const error = await failureOf(connection.shell());
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.message).toContain(`127.0.0.1:${single.port} opens no further session`);
    expect(error.hint).toContain('MaxSessions');
    expect((await runScript(first, 'exit 7\n')).end).toEqual({ exit: 7 });
    expect(single.log().match(/Accepted publickey/g)).toHaveLength(1);
    connection.close();
    await single.stop();
  });

  it('gets through a noisy profile, and tells of one that ends', async () => {
    const home = temporaryFolder();
    chmodSync(home, 0o755);
    writeFileSync(join(home, '.bashrc'), 'head -c 100000 /dev/zero; echo hello; echo hello >&2; echo() { false; }\n');
    const ending = temporaryFolder();
    chmodSync(ending, 0o755);
    writeFileSync(join(ending, '.bashrc'), 'exit 9\n');
    const noisy = await startSshd({
      authorizedKeys: [key.public],
      users: [
        { name: 'noisy', shell: '/bin/bash', home },
        { name: 'ending', shell: '/bin/bash', home: ending },
      ],
    });
    const file = knownHostsFile(`[127.0.0.1]:${noisy.port} ${noisy.hostKey}`);
    const as = (user: string) => opensshSettings(noisy.port, file, { privateKeyFile: key.file, user });
    const { stdout, end } = await runOn(as('noisy'), optionsFor(), 'id -un; exit 2\n');
    expect(stdout.toString()).toBe('noisy\n');
    expect(end).toEqual({ exit: 2 });
    expect((await runOn(as('ending'), optionsFor(), 'id -un\n')).end).toEqual({ exit: 9 });
    await noisy.stop();
  });

  it('leaves nothing where the process ends by an error', async () => {
    const program = join(temporaryFolder(), 'program.mjs');
    await build({
      stdin: {
        contents: `
          import { connectOpenssh } from './openssh.ts';
          import { createPasswordGate } from './password-gate.ts';
          const options = { ask: () => Promise.reject(new Error()), agentSocket: '' };
          const connection = await connectOpenssh(${JSON.stringify(settings())}, options, createPasswordGate(), 'web1');
          const shell = await connection.shell();
          shell.onStdout(() => { throw new Error('an error of our own'); });
          shell.write(Buffer.from('echo ready\\n'));
        `,
        resolveDir: join(import.meta.dirname, '../../src/connect'),
      },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(said).toContain('an error of our own');
    expect(code).not.toBe(0);
  });

  it('needs a temporary folder, and is not harmed by its long name', async () => {
    const options = optionsFor();
    const usual = process.env.TMPDIR;
    try {
      process.env.TMPDIR = '/nowhere';
      const error = await failureOf(connect(settings(), options));
      expect(error).toBeInstanceOf(ConnectError);
      expect(error.message).toBe('ssh needs a private folder below /nowhere: ENOENT');
      process.env.TMPDIR = `/${'long'.repeat(30)}`;
      expect((await runOn(settings(), options, 'exit 5\n')).end).toEqual({ exit: 5 });
    } finally {
      process.env.TMPDIR = usual;
    }
  });

  it('is not reached by an interrupt of the terminal', async () => {
    const connection = await open(settings(), optionsFor());
    const shell = await connection.shell();
    const sessions = sshPrograms().map(({ session }) => session);
    expect(sessions).toHaveLength(2);
    expect(sessions).not.toContain(processes().find(({ pid }) => pid === process.pid)!.session);
    expect((await runScript(shell, 'exit 1\n')).end).toEqual({ exit: 1 });
    connection.close();
  });
});
