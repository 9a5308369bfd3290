import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import type { ConnectionSettings } from '../../src/inventory/types.ts';
import { failureOf, knownHostsFile, optionsFor, runOn } from './fixture.ts';
import { leaveNothing, noSsh, opensshSettings } from './openssh-fixture.ts';
import { type KeyPair, makeKey, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

leaveNothing();

describe.skipIf(noSsh)(`the arguments of the ssh program ${noSsh ?? ''}`, () => {
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

  it('asks the inventory first, then the arguments, then -u, then ssh_config', async () => {
    const config = join(temporaryFolder(), 'config');
    writeFileSync(config, `Host front\nHostName 127.0.0.1\nPort ${sshd.port}\nUser nobody\nIdentityFile ${key.file}\n`);
    const {
      port: _,
      user: __,
      ...front
    } = opensshSettings(0, trusted, { address: 'front', sshArguments: ['-F', config] });
    const loginOf = async (more: Partial<ConnectionSettings>, user?: string) => {
      const mark = sshd.log().length;
      await runOn({ ...front, ...more }, optionsFor(user === undefined ? {} : { user }), 'true\n').catch(
        () => undefined,
      );
      return /userauth-request for user (\S+)/.exec(sshd.log().slice(mark))?.[1];
    };
    const words = ['-F', config, '-l', 'daemon'];
    expect(await loginOf({})).toBe('nobody');
    expect(await loginOf({}, 'bin')).toBe('bin');
    expect(await loginOf({ sshArguments: words }, 'bin')).toBe('daemon');
    expect(await loginOf({ sshArguments: words, user: 'root' }, 'bin')).toBe('root');
  });

  it('is not weakened by them', async () => {
    const config = join(temporaryFolder(), 'config');
    const lines = ['StrictHostKeyChecking no', 'NoHostAuthenticationForLocalhost yes', 'UserKnownHostsFile /dev/null'];
    writeFileSync(
      config,
      `${lines.join('\n')}\nBatchMode no\nControlPath /nowhere\nRemoteCommand id\nRequestTTY force\n`,
    );
    const words = lines.flatMap((line) => ['-o', line.replace(' ', '=')]);
    const unknown = opensshSettings(sshd.port, knownHostsFile(), {
      privateKeyFile: key.file,
      sshArguments: ['-F', config, ...words],
    });
    const error = await failureOf(connect(unknown, optionsFor()));
    expect(error.message).toContain('unknown key');
    const known = { ...unknown, knownHostsFile: trusted };
    expect((await runOn(known, optionsFor(), 'exit 5\n')).end).toEqual({ exit: 5 });
  });

  it.each([['evil.example'], ['--', 'x'], ['-M'], ['-vN'], ['-S', '/x'], ['-W', 'a:1'], ['-E', '/x'], ['-']])(
    'refuses %j',
    async (...words) => {
      const error = await failureOf(connect({ ...settings(), sshArguments: words }, optionsFor()));
      expect(error.message).toMatch(/^ssh arguments: .* cannot be given to ssh$/);
    },
  );

  it('takes those that ssh takes', async () => {
    const words = ['-4Cv', '-qo', 'Compression=yes', '-Fnone', '-oConnectTimeout 5', '-b127.0.0.1'];
    expect((await runOn({ ...settings(), sshArguments: words }, optionsFor(), 'exit 5\n')).end).toEqual({ exit: 5 });
  });

  it('shows what ssh does not understand', async () => {
    const words = ['-F', 'none', '-o', 'Nonsense=yes'];
    const error = await failureOf(connect({ ...settings(), sshArguments: words }, optionsFor()));
    expect(error.message).toMatch(/^ssh did not start: .*nonsense/i);
    const missing = await failureOf(connect({ ...settings(), sshArguments: ['-F', '/nowhere'] }, optionsFor()));
    expect(missing.message).toBe('/nowhere (-F) does not exist');
  });

  it.each(['-oProxyCommand=x', 'a b', 'x$(id)', '', 'a;b'])('refuses %j as a host name', async (address) => {
    const error = await failureOf(connect({ ...settings(), address }, optionsFor()));
    expect(error.message).toContain('is not a host name');
  });

  it('knows files with spaces and quotes in their names', async () => {
    const folder = temporaryFolder();
    const odd = makeKey(folder, `my "id"`);
    const file = join(folder, 'known "hosts"');
    const other = await startSshd({ authorizedKeys: [odd.public] });
    writeFileSync(file, `[127.0.0.1]:${other.port} ${other.hostKey}\n`);
    const { end } = await runOn(
      opensshSettings(other.port, file, { privateKeyFile: odd.file }),
      optionsFor(),
      'exit 5\n',
    );
    expect(end).toEqual({ exit: 5 });
    const error = await failureOf(connect(opensshSettings(other.port, 'a\nProxyCommand id'), optionsFor()));
    expect(error.message).toContain('is not a file name');
    await other.stop();
  });
});
