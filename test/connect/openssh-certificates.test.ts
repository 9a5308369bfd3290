import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import type { ConnectError } from '../../src/connect/types.ts';
import { failureOf, knownHostsFile, optionsFor, runOn } from './fixture.ts';
import { leaveNothing, noSsh, opensshSettings } from './openssh-fixture.ts';
import { type KeyPair, makeKey, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

leaveNothing();

describe.skipIf(noSsh)(`certificates by the ssh program ${noSsh ?? ''}`, () => {
  const folder = temporaryFolder();
  let key: KeyPair;
  let authority: KeyPair;
  let host: KeyPair;
  let certified: Sshd;
  const sign = (pair: KeyPair, ...words: readonly string[]) =>
    execFileSync('ssh-keygen', ['-q', '-s', authority.file, '-I', 'test', ...words, `${pair.file}.pub`]);
  beforeAll(async () => {
    key = makeKey(folder, 'id');
    authority = makeKey(folder, 'authority');
    host = makeKey(folder, 'host');
    sign(host, '-h', '-n', '127.0.0.1');
    certified = await startSshd({
      authorizedKeys: [key.public],
      hostKeys: [host.file],
      extraConfig: `HostCertificate ${host.file}-cert.pub\nTrustedUserCAKeys ${authority.file}.pub`,
    });
  });
  afterAll(() => certified.stop());
  const known = () => knownHostsFile(`@cert-authority * ${authority.public}`);

  it('logs in to a host by the certificate of its key, which ssh2 cannot, and says', async () => {
    const own = opensshSettings(certified.port, known(), { privateKeyFile: key.file });
    expect((await runOn(own, optionsFor(), 'exit 5\n')).end).toEqual({ exit: 5 });
    const error = await failureOf(connect({ ...own, connection: 'ssh' }, optionsFor(), 'web1'));
    expect(error.message).toContain('unknown key');
    expect(error.hint).toContain('ansible_connection: openssh');
  });

  it('logs in by the certificate of a user key, which ssh2 cannot, and says', async () => {
    const user = makeKey(temporaryFolder(), 'user');
    const own = opensshSettings(certified.port, knownHostsFile(`[127.0.0.1]:${certified.port} ${host.public}`), {
      privateKeyFile: user.file,
    });
    const before = await failureOf(connect(own, optionsFor()));
    expect(before.message).toContain('refused the login as root');
    sign(user, '-n', 'root');
    expect((await runOn(own, optionsFor(), 'exit 5\n')).end).toEqual({ exit: 5 });
    const error = await failureOf(connect({ ...own, connection: 'ssh' }, optionsFor()));
    expect(error.hint).toContain('ansible_connection: openssh');
  });

  it('refuses the certificate of another host', async () => {
    const own = opensshSettings(certified.port, known(), {
      privateKeyFile: key.file,
      sshArguments: ['-F', 'none', '-o', 'HostKeyAlias=other.example'],
    });
    const error = await failureOf(connect(own, optionsFor()));
    expect(error.message).toContain('host certificate that does not hold');
    expect((error as ConnectError).isForeign).toBe(true);
  });

  it('names the authority that has signed an unknown host', async () => {
    const fingerprint = execFileSync('ssh-keygen', ['-lf', `${authority.file}.pub`], { encoding: 'utf8' }).split(
      ' ',
    )[1]!;
    const file = knownHostsFile(`@cert-authority * ${key.public}`);
    const error = await failureOf(connect(opensshSettings(certified.port, file), optionsFor(), 'web1'));
    expect(error.message).toContain('shows the unknown key');
    expect(error.hint).toContain('perfplay trust web1');
    expect(error.hint).toContain(fingerprint);
  });

  it('is what ssh2 names where a server takes nothing but GSSAPI', async () => {
    const kerberos = await startSshd({
      authorizedKeys: [key.public],
      extraConfig: 'GSSAPIAuthentication yes\nPubkeyAuthentication no',
    });
    const file = knownHostsFile(`[127.0.0.1]:${kerberos.port} ${kerberos.hostKey}`);
    const own = opensshSettings(kerberos.port, file, { privateKeyFile: key.file });
    const error = await failureOf(connect({ ...own, connection: 'ssh' }, optionsFor()));
    expect(error.message).toMatch(/\(it takes (gssapi-keyex, )?gssapi-with-mic\)$/);
    expect(error.hint).toMatch(/^ssh2 cannot log in by .*gssapi-with-mic: set ansible_connection: openssh$/);
    const ticketless = await failureOf(connect(own, optionsFor()));
    expect(ticketless.hint).toContain('kinit');
    await kerberos.stop();
  });
});
