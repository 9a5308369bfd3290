import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BecomeError } from '../../src/connect/types.ts';
import { failureOf, knownHostsFile, optionsFor, runScript } from './fixture.ts';
import { leaveNothing, noSsh, open, opensshSettings } from './openssh-fixture.ts';
import { type KeyPair, makeKey, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

leaveNothing();

const noSudo = existsSync('/usr/bin/sudo') ? noSsh : '/usr/bin/sudo is missing: install sudo';

/** `openssl passwd -6` of the word `right`. */
const rightHash = '$6$perfplay$TQc0.DZqzSrhnERa/h83SysEyXrHr10ATjspu..pSLX1MmWh27sNIMZz2VNZZFbn4cLJDvok2PTL06wm0qtqk1';

const sudoers = `
Defaults timestamp_timeout=0, lecture=always
root ALL=(ALL:ALL) ALL
asked ALL=(ALL:ALL) ALL
free ALL=(ALL:ALL) NOPASSWD: ALL
`;

describe.skipIf(noSudo)(`sudo behind the ssh program ${noSudo ?? ''}`, () => {
  let sshd: Sshd;
  let key: KeyPair;
  let trusted: string;
  beforeAll(async () => {
    key = makeKey(temporaryFolder(), 'id');
    sshd = await startSshd({
      authorizedKeys: [key.public],
      users: ['asked', 'free'].map((name) => ({ name, passwordHash: rightHash })),
      overlay: { '/etc/sudoers': { content: sudoers, mode: 0o440 } },
    });
    trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  });
  afterAll(() => sshd.stop());
  const login = (user: string) =>
    open(opensshSettings(sshd.port, trusted, { user, privateKeyFile: key.file }), optionsFor());
  const who = async (user: string, become: { readonly user: string; readonly password?: string }) => {
    const { stdout, stderr, end } = await runScript(await (await login(user)).shell(become), 'id -un; exit 5\n');
    return [stdout.toString(), stderr.toString(), end];
  };

  it('becomes another user with and without a password, and nothing of the dialogue is left', async () => {
    expect(await who('free', { user: 'root' })).toEqual(['root\n', '', { exit: 5 }]);
    expect(await who('asked', { user: 'root', password: 'right' })).toEqual(['root\n', '', { exit: 5 }]);
    expect(await who('free', { user: 'root', password: 'unasked' })).toEqual(['root\n', '', { exit: 5 }]);
  });

  it('needs no sudo to be who it is', async () => {
    expect(await who('asked', { user: 'asked' })).toEqual(['asked\n', '', { exit: 5 }]);
  });

  it('opens a shell of each kind with one login', async () => {
    const connection = await login('free');
    const [own, root] = await Promise.all([connection.shell(), connection.shell({ user: 'root' })]);
    expect((await runScript(own, 'id -un\n')).stdout.toString()).toBe('free\n');
    expect((await runScript(root, 'id -un\n')).stdout.toString()).toBe('root\n');
  });

  it('says what sudo refuses, and goes on', async () => {
    const connection = await login('asked');
    const wanted = await failureOf(connection.shell({ user: 'root' }));
    expect(wanted).toBeInstanceOf(BecomeError);
    expect(wanted.message).toBe('sudo wants a password to become root');
    const wrong = await failureOf(connection.shell({ user: 'root', password: 'sw0rdfish' }));
    expect(wrong.message).toBe('sudo refused the password');
    expect((await runScript(await connection.shell(), 'id -un\n')).stdout.toString()).toBe('asked\n');
  });
});
