import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { scanHostKey } from '../../src/connect/trust.ts';
import { failureOf, knownHostsFile, optionsFor, runOn, runScript, settingsFor } from './fixture.ts';
import { freePort, type KeyPair, makeKey, noSshd, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

describe.skipIf(noSshd)(`jump hosts ${noSshd ?? ''}`, () => {
  let key: KeyPair;
  let bastion: Sshd;
  let inner: Sshd;
  let target: Sshd;
  let trusted: string;
  beforeAll(async () => {
    key = makeKey(temporaryFolder(), 'id');
    [bastion, inner, target] = await Promise.all([
      startSshd({ authorizedKeys: [key.public] }),
      startSshd({ authorizedKeys: [key.public] }),
      startSshd({ authorizedKeys: [key.public] }),
    ]);
    trusted = knownHostsFile(...[bastion, inner, target].map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}`));
  });
  afterAll(() => Promise.all([bastion, inner, target].map((sshd) => sshd.stop())));

  const configFile = (...lines: readonly string[]) => {
    const file = join(temporaryFolder(), 'config');
    writeFileSync(file, [...lines, 'Host *', `IdentityFile ${key.file}`, ''].join('\n'));
    return file;
  };
  const via = (config: string, ...words: readonly string[]) =>
    settingsFor(target.port, trusted, { sshArguments: ['-F', config, ...words] });
  const loginsIn = (sshd: Sshd, since = 0) =>
    sshd
      .log()
      .slice(since)
      .match(/Accepted publickey/g)?.length ?? 0;
  const hop = (sshd: Sshd) => `root@127.0.0.1:${sshd.port}`;
  const marks = () => [bastion, inner, target].map((sshd) => sshd.log().length);

  it('goes through two hops, one after the other', async () => {
    const before = marks();
    const settings = via(configFile(), '-J', `${hop(bastion)},${hop(inner)}`);
    expect((await runOn(settings, optionsFor(), 'exit 4\n')).end).toEqual({ exit: 4 });
    expect([bastion, inner, target].map((sshd, index) => loginsIn(sshd, before[index]))).toEqual([1, 1, 1]);
  });

  it('takes jump hosts by their names in ssh_config', async () => {
    const config = configFile(
      'Host front',
      'HostName 127.0.0.1',
      `Port ${bastion.port}`,
      'User root',
      'Host 127.0.0.1',
      'ProxyJump front',
      'Match originalhost front',
      'ProxyJump none',
    );
    const before = marks();
    expect((await runOn(via(config), optionsFor(), 'exit 0\n')).end).toEqual({ exit: 0 });
    expect(loginsIn(bastion, before[0])).toBe(1);
  });

  it('shares one connection to the jump host, and closes it after the last', async () => {
    const before = marks();
    const settings = via(configFile(), '-J', hop(bastion));
    const options = optionsFor();
    const connections = await Promise.all([1, 2, 3, 4].map(() => connect(settings, options)));
    expect([loginsIn(bastion, before[0]), loginsIn(target, before[2])]).toEqual([1, 4]);
    for (const connection of connections.slice(1)) connection.close();
    expect((await runScript(await connections[0]!.shell(), 'echo still\n')).stdout.toString()).toBe('still\n');
    connections[0]!.close();
    await expect.poll(() => bastion.sessions(), { timeout: 5000 }).toEqual([]);
  });

  it('loses all behind a jump host that dies', async () => {
    const connection = await connect(via(configFile(), '-J', hop(inner)), optionsFor());
    const channel = await connection.shell();
    for (const session of inner.sessions()) process.kill(session, 'SIGKILL');
    expect((await channel.closed).lost).toContain('closed the connection');
  });

  it('checks the host key of the jump host', async () => {
    const only = knownHostsFile(`[127.0.0.1]:${target.port} ${target.hostKey}`);
    const settings = { ...via(configFile(), '-J', hop(bastion)), knownHostsFile: only };
    const error = await failureOf(connect(settings, optionsFor()));
    expect(error.message).toContain(`jump host ${hop(bastion)}: 127.0.0.1:${bastion.port} shows the unknown key`);
  });

  it('remembers that the jump host let nobody in', async () => {
    const before = bastion.log().length;
    const settings = settingsFor(target.port, trusted, {
      sshArguments: ['-F', 'none', '-J', hop(bastion)],
      privateKeyFile: key.file,
    });
    const options = optionsFor();
    const hosts = [1, 2, 3];
    for (const _ of hosts) {
      const error = await failureOf(connect(settings, options));
      expect(error.message).toContain(`jump host ${hop(bastion)}: no key and no password`);
    }
    expect(
      bastion
        .log()
        .slice(before)
        .match(/Connection from/g),
    ).toHaveLength(1);
  });

  it('names what the jump host could not reach', async () => {
    const port = await freePort();
    const settings = { ...via(configFile(), '-J', hop(bastion)), port };
    const error = await failureOf(connect(settings, optionsFor()));
    expect(error.message).toBe(`jump host ${hop(bastion)} cannot reach 127.0.0.1:${port}: Connection refused`);
  });

  it('finds a circle', async () => {
    const config = configFile('Host front', 'ProxyJump back', 'Host back', 'ProxyJump front');
    const error = await failureOf(connect({ ...via(config), address: 'front' }, optionsFor()));
    expect(error.message).toContain('ProxyJump leads in a circle');
  });

  it('scans a host key through a jump host', async () => {
    const settings = via(configFile(), '-J', hop(bastion));
    const { keys } = await scanHostKey(settings, optionsFor());
    expect(keys).toMatchObject([{ type: 'ssh-ed25519', verdict: 'known' }]);
  });

  it('goes through a ProxyCommand', async () => {
    const command = `ssh -F none -i ${key.file} -o UserKnownHostsFile=${trusted} -p ${bastion.port} -W %h:%p root@127.0.0.1`;
    const settings = via(configFile(), '-o', `ProxyCommand=${command}`);
    const { stdout, end } = await runOn(settings, optionsFor(), 'head -c 300000 /dev/zero\n');
    expect(end).toEqual({ exit: 0 });
    expect(stdout).toHaveLength(300_000);
  });

  it('shows what a ProxyCommand complains about', async () => {
    const settings = via(configFile(), '-o', 'ProxyCommand=/bin/sh -c "echo no way there >&2; exit 1"');
    const error = await failureOf(connect(settings, optionsFor({ timeoutMs: 5000 })));
    expect(error.message).toContain('ProxyCommand says: no way there');
  });
});
