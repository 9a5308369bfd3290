import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execCommand, sudoCall } from '../../src/connect/become.ts';
import { connect } from '../../src/connect/connect.ts';
import { BecomeError, type Connection } from '../../src/connect/types.ts';
import { failureOf, knownHostsFile, optionsFor, runScript, settingsFor } from './fixture.ts';
import { type KeyPair, makeKey, noSshd, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

const noSudo = existsSync('/usr/bin/sudo') ? noSshd : '/usr/bin/sudo is missing: install sudo';

/** `openssl passwd -6` of the word `right`. */
const rightHash = '$6$perfplay$TQc0.DZqzSrhnERa/h83SysEyXrHr10ATjspu..pSLX1MmWh27sNIMZz2VNZZFbn4cLJDvok2PTL06wm0qtqk1';

const sudoLog = join(temporaryFolder(), 'sudo.log');
const sudoers = `
Defaults timestamp_timeout=0, lecture=always, logfile=${sudoLog}
Defaults:tty requiretty
root ALL=(ALL:ALL) ALL
asked ALL=(ALL:ALL) ALL
crowd ALL=(ALL:ALL) ALL
free ALL=(ALL:ALL) NOPASSWD: ALL
tty ALL=(ALL:ALL) NOPASSWD: ALL
noisy ALL=(ALL:ALL) ALL
`;

describe('the call of sudo', () => {
  it('may not ask where there is no password', () => {
    const { argv, ready } = sudoCall({ user: 'root' });
    expect(execCommand(argv)).toBe(`exec /usr/bin/sudo -n -u root -- /bin/sh -c 'echo ${ready}; exec /bin/sh'`);
  });

  it('carries no password', () => {
    expect(JSON.stringify(sudoCall({ user: 'root', password: 'sw0rdfish' }))).not.toContain('sw0rdfish');
  });

  it('quotes what a user name could do to a shell', () => {
    expect(execCommand(sudoCall({ user: "x'; id" }).argv)).toContain(`-u 'x'\\''; id' --`);
    expect(() => sudoCall({ user: 'x\nid' })).toThrow(BecomeError);
  });
});

describe.skipIf(noSudo)(`sudo behind a real sshd ${noSudo ?? ''}`, () => {
  let sshd: Sshd;
  let key: KeyPair;
  let trusted: string;
  const connections: Connection[] = [];
  beforeAll(async () => {
    key = makeKey(temporaryFolder(), 'id');
    const noisy = temporaryFolder();
    chmodSync(noisy, 0o755);
    writeFileSync(join(noisy, '.bashrc'), 'echo hello; echo hello >&2; sudo() { echo fake; };\n');
    sshd = await startSshd({
      authorizedKeys: [key.public],
      users: [
        ...['asked', 'crowd', 'free', 'nobody-special', 'tty'].map((name) => ({ name, passwordHash: rightHash })),
        { name: 'noisy', passwordHash: rightHash, shell: '/bin/bash', home: noisy },
      ],
      overlay: { '/etc/sudoers': { content: sudoers, mode: 0o440 } },
    });
    trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  });
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await sshd.stop();
  });

  const shell = async (login: string, become: { readonly user: string; readonly password?: string }) => {
    const settings = settingsFor(sshd.port, trusted, { user: login, privateKeyFile: key.file });
    const connection = await connect(settings, optionsFor());
    connections.push(connection);
    return connection.shell(become);
  };
  const who = async (...from: Parameters<typeof shell>) => {
    const { stdout, stderr, end } = await runScript(await shell(...from), 'id -un; exit 5\n');
    return [stdout.toString(), stderr.toString(), end];
  };
  const refusal = async (...from: Parameters<typeof shell>) => {
    const error = await failureOf(shell(...from));
    expect(error).toBeInstanceOf(BecomeError);
    expect(`${error.message} ${error.hint}`).not.toContain('sw0rdfish');
    return error;
  };

  it('becomes root without a password', async () => {
    expect(await who('free', { user: 'root' })).toEqual(['root\n', '', { exit: 5 }]);
  });

  it('becomes root with a password, and nothing of the dialogue is left', async () => {
    expect(await who('asked', { user: 'root', password: 'right' })).toEqual(['root\n', '', { exit: 5 }]);
  });

  it('gets through a noisy profile that fakes sudo', async () => {
    expect(await who('noisy', { user: 'root', password: 'right' })).toEqual(['root\n', '', { exit: 5 }]);
  });

  it('becomes another user', async () => {
    expect(await who('free', { user: 'asked' })).toEqual(['asked\n', '', { exit: 5 }]);
    expect(await who('root', { user: 'free' })).toEqual(['free\n', '', { exit: 5 }]);
  });

  it('needs no sudo to be who it is', async () => {
    const before = sshd.log().length;
    expect(await who('root', { user: 'root' })).toEqual(['root\n', '', { exit: 5 }]);
    expect(sshd.log().slice(before)).not.toContain('sudo');
    expect(await who('nobody-special', { user: 'nobody-special' })).toEqual(['nobody-special\n', '', { exit: 5 }]);
  });

  it('keeps a password to itself that sudo does not want', async () => {
    expect(await who('free', { user: 'root', password: 'touch /tmp/sw0rdfish' })).toEqual(['root\n', '', { exit: 5 }]);
    expect(existsSync('/tmp/sw0rdfish')).toBe(false);
  });

  it('opens a shell of each kind on one connection', async () => {
    const settings = settingsFor(sshd.port, trusted, { user: 'free', privateKeyFile: key.file });
    const connection = await connect(settings, optionsFor());
    connections.push(connection);
    const [own, root] = await Promise.all([connection.shell(), connection.shell({ user: 'root' })]);
    expect((await runScript(own, 'id -un\n')).stdout.toString()).toBe('free\n');
    expect((await runScript(root, 'id -un\n')).stdout.toString()).toBe('root\n');
  });

  it('says that a password is wanted', async () => {
    const error = await refusal('asked', { user: 'root' });
    expect(error.message).toBe('sudo wants a password to become root');
    expect(error.hint).toContain('-K');
  });

  it('says that the password is wrong, after one try', async () => {
    const error = await refusal('asked', { user: 'root', password: 'sw0rdfish' });
    expect(error.message).toBe('sudo refused the password');
  });

  describe('with the password of a whole fleet', () => {
    /** What came of becoming root on so many hosts at once, and how often their sudo was given a wrong password. */
    const fleet = async (count: number, password: string) => {
      const options = optionsFor();
      const settings = settingsFor(sshd.port, trusted, { user: 'crowd', privateKeyFile: key.file });
      const before = refused();
      const outcomes = await Promise.all(
        Array.from({ length: count }, async () => {
          const connection = await connect(settings, options);
          connections.push(connection);
          return connection.shell({ user: 'root', password }).then(
            () => 'root',
            (error: Error) => error.message,
          );
        }),
      );
      await expect.poll(() => refused() - before).toBe(outcomes.filter((one) => /refused the/.test(one)).length);
      return outcomes;
    };
    // sudo writes its line when the session is over: those of other tests' users may come meanwhile.
    const refused = (): number =>
      readFileSync(sudoLog, { encoding: 'utf8', flag: 'a+' }).split(' : crowd : 1 incorrect password attempt').length -
      1;

    it('tries a wrong one on three hosts', async () => {
      const outcomes = await fleet(8, 'sw0rdfish');
      expect(outcomes.filter((one) => one === 'sudo refused the password')).toHaveLength(3);
      expect(outcomes.filter((one) => one.endsWith('refused by other hosts and not tried here'))).toHaveLength(5);
    });

    it('gives the right one to all', async () => {
      expect(await fleet(8, 'right')).toEqual(Array(8).fill('root'));
    });
  });

  it('says that sudo does not allow it', async () => {
    const error = await refusal('nobody-special', { user: 'root', password: 'right' });
    expect(error.message).toBe('sudo does not let the login user run /bin/sh as root');
  });

  it('says that sudo wants a terminal', async () => {
    const error = await refusal('tty', { user: 'root' });
    expect(error.message).toContain('requiretty');
  });

  it('says that there is no such user', async () => {
    const error = await refusal('free', { user: 'nosuchuser' });
    expect(error.message).toBe('there is no user nosuchuser on the host');
  });

  it('says that sudo is missing', async () => {
    const bare = await startSshd({
      authorizedKeys: [key.public],
      users: [{ name: 'plain' }],
      overlay: { '/usr/bin/sudo': { content: '', mode: 0o644 } },
    });
    const file = knownHostsFile(`[127.0.0.1]:${bare.port} ${bare.hostKey}`);
    const connection = await connect(
      settingsFor(bare.port, file, { user: 'plain', privateKeyFile: key.file }),
      optionsFor(),
    );
    const error = await failureOf(connection.shell({ user: 'root' }));
    expect(error).toBeInstanceOf(BecomeError);
    expect(error.message).toBe('/usr/bin/sudo is not there or cannot be run');
    connection.close();
    await bare.stop();
  });
});
