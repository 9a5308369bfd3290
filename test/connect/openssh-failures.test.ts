import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { ConnectError } from '../../src/connect/types.ts';
import type { ConnectionSettings } from '../../src/inventory/types.ts';
import { failureOf, knownHostsFile, optionsFor, runOn } from './fixture.ts';
import { leaveNothing, noSsh, open, opensshSettings } from './openssh-fixture.ts';
import { itSaysOfPeers, peers } from './peers.ts';
import { freePort, type KeyPair, makeKey, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

leaveNothing();

describe.skipIf(noSsh)(`what keeps the ssh program from logging in ${noSsh ?? ''}`, () => {
  let sshd: Sshd;
  let key: KeyPair;
  beforeAll(async () => {
    key = makeKey(temporaryFolder(), 'id');
    sshd = await startSshd({ authorizedKeys: [key.public] });
  });
  afterAll(() => sshd.stop());

  const peer = peers();
  const failure = async (port: number, more: Partial<ConnectionSettings> = {}, timeoutMs = 800) => {
    const started = performance.now();
    const error = await failureOf(
      connect(opensshSettings(port, knownHostsFile(), more), optionsFor({ timeoutMs }), 'web1'),
    );
    expect(error).toBeInstanceOf(ConnectError);
    return { error, elapsed: performance.now() - started, where: `127.0.0.1:${port}` };
  };

  itSaysOfPeers(peer, failure);

  it('names an unknown host name', async () => {
    const { error } = await failure(22, { address: 'no-such-host.invalid' }, 10_000);
    expect(error.message).toMatch(/^(ENOTFOUND|EAI_AGAIN) no-such-host\.invalid:22: /);
  });

  it.each([
    ['of the caller', 800, {}],
    ['of the arguments', 60_000, { sshArguments: ['-F', 'none', '-o', 'ConnectTimeout=1'] }],
  ])('gives up on a silent peer at the deadline %s', async (_, timeoutMs, more) => {
    const { port, calls } = await peer(() => undefined);
    const { error, elapsed, where } = await failure(port, more, timeoutMs);
    expect(error.message).toMatch(
      `${where} accepted the connection and said nothing within ${timeoutMs === 800 ? 0.8 : 1} s`,
    );
    expect(elapsed).toBeGreaterThan(750);
    expect(elapsed).toBeLessThan(2500);
    expect(calls.count).toBe(1);
  });

  it('ends at once on an interrupt', async () => {
    const { port } = await peer(() => undefined);
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 200);
    const started = performance.now();
    const error = await failureOf(
      connect(opensshSettings(port, knownHostsFile()), optionsFor({ signal: interrupt.signal })),
    );
    expect(error.message).toBe(`127.0.0.1:${port}: interrupted`);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('names algorithms that are not common, and ssh2 points to openssh', async () => {
    const modern = await startSshd({
      authorizedKeys: [key.public],
      extraConfig: 'KexAlgorithms sntrup761x25519-sha512@openssh.com',
    });
    const known = knownHostsFile(`[127.0.0.1]:${modern.port} ${modern.hostKey}`);
    const own = opensshSettings(modern.port, known, { privateKeyFile: key.file });
    expect((await runOn(own, optionsFor(), 'exit 5\n')).end).toEqual({ exit: 5 });
    const error = await failureOf(connect({ ...own, connection: 'ssh' }, optionsFor()));
    expect(error.hint).toContain('ansible_connection: openssh');
    const words = ['-F', 'none', '-o', 'KexAlgorithms=curve25519-sha256'];
    const none = await failureOf(connect({ ...own, sshArguments: words }, optionsFor()));
    expect(none.message).toBe(`127.0.0.1:${modern.port} and ssh have no common key exchange method`);
    expect(none.hint).toContain('sntrup761');
    await modern.stop();
  });

  describe('host keys', () => {
    const name = () => `[127.0.0.1]:${sshd.port}`;
    const refusal = async (...lines: readonly string[]) => {
      const file = knownHostsFile(...lines);
      const mark = sshd.log().length;
      const own = opensshSettings(sshd.port, file, { privateKeyFile: key.file });
      const error = (await failureOf(connect(own, optionsFor(), 'web1'))) as ConnectError;
      expect(error.isForeign).toBe(true);
      expect(sshd.log().slice(mark)).not.toContain('userauth-request');
      const byEngine = (await failureOf(connect({ ...own, connection: 'ssh' }, optionsFor(), 'web1'))) as ConnectError;
      return { error, byEngine, file };
    };

    it('says of an unknown one what ssh2 says', async () => {
      const { error, byEngine } = await refusal();
      expect(error.message).toContain('shows the unknown key SHA256:');
      expect([error.message, error.hint]).toEqual([byEngine.message, byEngine.hint]);
    });

    it('says of a changed one what ssh2 says', async () => {
      const { error, byEngine, file } = await refusal(
        '# comment',
        `${name()} ${makeKey(temporaryFolder(), 'other').public}`,
      );
      expect(error.message).toContain(`another one than in ${file}:2`);
      expect([error.message, error.hint]).toEqual([byEngine.message, byEngine.hint]);
    });

    it('refuses a revoked one', async () => {
      const { error } = await refusal(`${name()} ${sshd.hostKey}`, `@revoked * ${sshd.hostKey}`);
      expect(error.message).toMatch(/shows the key SHA256:\S+ \(ssh-ed25519\), which is revoked/);
    });
  });

  describe('jump hosts', () => {
    let bastion: Sshd;
    let trusted: string;
    beforeAll(async () => {
      bastion = await startSshd({ authorizedKeys: [key.public] });
      trusted = knownHostsFile(...[bastion, sshd].map((one) => `[127.0.0.1]:${one.port} ${one.hostKey}`));
    });
    afterAll(() => bastion.stop());
    const hop = () => `root@127.0.0.1:${bastion.port}`;
    const via = (known: string, port: number, identity = key.file): ConnectionSettings => {
      const config = join(temporaryFolder(), 'config');
      writeFileSync(config, `StrictHostKeyChecking no\nIdentityFile ${identity}\nIdentitiesOnly yes\n`);
      return opensshSettings(port, known, { sshArguments: ['-F', config, '-J', hop()] });
    };
    const failureVia = async (known: string, port: number, identity?: string) =>
      failureOf(connect(via(known, port, identity), optionsFor()));

    it('goes through them, by the known hosts of the target', async () => {
      const mark = bastion.log().length;
      expect((await runOn(via(trusted, sshd.port), optionsFor(), 'exit 5\n')).end).toEqual({ exit: 5 });
      expect(bastion.log().slice(mark)).toContain('Accepted publickey');
    });

    it('checks their host keys, whatever ssh_config says', async () => {
      const error = await failureVia(knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`), sshd.port);
      expect(error.message).toContain(`jump host 127.0.0.1:${bastion.port} shows the unknown key`);
      expect((error as ConnectError).isForeign).toBe(true);
    });

    it('tells what they refuse, and what they cannot reach', async () => {
      const wrong = makeKey(temporaryFolder(), 'wrong');
      const refused = await failureVia(trusted, sshd.port, wrong.file);
      expect(refused.message).toContain(`jump host 127.0.0.1:${bastion.port} refused the login as root`);
      const port = await freePort();
      const error = await failureVia(trusted, port);
      expect(error.message).toBe(
        `jump host 127.0.0.1:${bastion.port} cannot reach 127.0.0.1:${port}: Connection refused`,
      );
    });

    it('loses all behind one that dies', async () => {
      const connection = await open(via(trusted, sshd.port), optionsFor());
      const shell = await connection.shell();
      for (const session of bastion.sessions()) process.kill(session, 'SIGKILL');
      expect((await shell.closed).lost).toContain(`127.0.0.1:${sshd.port}`);
      connection.close();
    });

    it('gives up on one that says nothing', async () => {
      const { port } = await peer(() => undefined);
      const own = opensshSettings(sshd.port, trusted, { sshArguments: ['-F', 'none', '-J', `root@127.0.0.1:${port}`] });
      const error = await failureOf(connect(own, optionsFor({ timeoutMs: 800 })));
      expect(error.message).toContain(
        `jump host 127.0.0.1:${port} accepted the connection and said nothing within 0.8 s`,
      );
    });

    it('shows what a ProxyCommand complains about', async () => {
      const words = ['-F', 'none', '-o', 'ProxyCommand=/bin/sh -c "echo no way there >&2; exit 1"'];
      const error = await failureOf(
        connect(opensshSettings(sshd.port, trusted, { sshArguments: words }), optionsFor()),
      );
      expect(error.message).toContain('ProxyCommand says: no way there');
    }, 30_000);
  });
});
