import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { ConnectError } from '../../src/connect/types.ts';
import { failureOf, knownHostsFile, optionsFor, runOn, runScript, settingsFor } from './fixture.ts';
import { type KeyPair, makeKey, noSshd, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

describe.skipIf(noSshd)(`a real sshd ${noSshd ?? ''}`, () => {
  let sshd: Sshd;
  let key: KeyPair;
  let trusted: string;
  beforeAll(async () => {
    key = makeKey(temporaryFolder(), 'id');
    sshd = await startSshd({ authorizedKeys: [key.public] });
    trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  });
  afterAll(() => sshd.stop());
  const settings = () => settingsFor(sshd.port, trusted, { privateKeyFile: key.file });

  it('runs a shell and tells its exit code', async () => {
    const { stdout, stderr, end } = await runOn(settings(), optionsFor(), 'echo out; echo err >&2; exit 3\n');
    expect(stdout.toString()).toBe('out\n');
    expect(stderr.toString()).toBe('err\n');
    expect(end).toEqual({ exit: 3 });
  });

  it('never has a terminal', async () => {
    const { stdout } = await runOn(settings(), optionsFor(), '[ -t 0 ] || [ -t 1 ] || echo none; echo "$0"\n');
    expect(stdout.toString()).toBe('none\n/bin/sh\n');
  });

  it('tells the signal that killed the shell', async () => {
    const { end } = await runOn(settings(), optionsFor(), 'kill -KILL $$\n');
    expect(end).toEqual({ signal: 'SIGKILL' });
  });

  it('opens several shells on one connection', async () => {
    const connection = await connect(settings(), optionsFor());
    const shells = await Promise.all([connection.shell(), connection.shell()]);
    const results = await Promise.all(shells.map((shell, index) => runScript(shell, `echo ${index}\n`)));
    expect(results.map(({ stdout }) => stdout.toString())).toEqual(['0\n', '1\n']);
    connection.close();
  });

  it('asks once: the first request of the login carries the signature', async () => {
    const before = sshd.log().length;
    await runOn(settings(), optionsFor(), 'true\n');
    const log = sshd.log().slice(before);
    expect(log).toContain('Accepted publickey for root');
    expect(log).not.toContain('Postponed publickey');
    expect(log).not.toContain('method none');
  });

  it('refuses a wrong key, once, and says what was tried', async () => {
    const wrong = makeKey(temporaryFolder(), 'wrong');
    const before = sshd.log().length;
    const error = await failureOf(connect({ ...settings(), privateKeyFile: wrong.file }, optionsFor()));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.message).toBe(
      `127.0.0.1:${sshd.port} refused the login as root with ${wrong.file} (it takes publickey)`,
    );
    expect(error.hint).toContain('authorized_keys of root');
    expect(
      sshd
        .log()
        .slice(before)
        .match(/Failed publickey for root/g),
    ).toHaveLength(1);
  });

  it('says which key file is missing', async () => {
    const error = await failureOf(connect({ ...settings(), privateKeyFile: '/nowhere/id' }, optionsFor()));
    expect(error.message).toContain('no key and no password');
    expect(error.hint).toBe('/nowhere/id does not exist');
  });
});
