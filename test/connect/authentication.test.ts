import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { failureOf, knownHostsFile, optionsFor, runOn, settingsFor } from './fixture.ts';
import { type KeyPair, makeKey, noSshd, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

/** `openssl passwd -6` of the word `right`. */
const rightHash = '$6$perfplay$TQc0.DZqzSrhnERa/h83SysEyXrHr10ATjspu..pSLX1MmWh27sNIMZz2VNZZFbn4cLJDvok2PTL06wm0qtqk1';

interface Agent {
  readonly socket: string;
  readonly stop: () => void;
}
const startAgent = (...keys: readonly KeyPair[]): Agent => {
  const socket = join(temporaryFolder(), 'agent');
  const output = execFileSync('ssh-agent', ['-s', '-a', socket], { encoding: 'utf8' });
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(output)![1]);
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  for (const key of keys) execFileSync('ssh-add', ['-q', key.file], { env });
  return { socket, stop: () => process.kill(pid) };
};

describe.skipIf(noSshd)(`authentication against a real sshd ${noSshd ?? ''}`, () => {
  const folder = temporaryFolder();
  let good: KeyPair;
  let locked: KeyPair;
  let sshd: Sshd;
  let trusted: string;
  const stops: (() => unknown)[] = [];
  const agentWith = (...keys: readonly KeyPair[]): string => {
    const agent = startAgent(...keys);
    stops.push(agent.stop);
    return agent.socket;
  };
  const settings = (more = {}) => settingsFor(sshd.port, trusted, more);
  const failuresIn = (log: string) => log.match(/Failed (publickey|password) for \w+/g)?.length ?? 0;

  beforeAll(async () => {
    good = makeKey(folder, 'good');
    locked = makeKey(folder, 'locked', 'ed25519', 'open sesame');
    const [rsa, ecdsa] = [makeKey(folder, 'rsa', 'rsa'), makeKey(folder, 'ecdsa', 'ecdsa')];
    sshd = await startSshd({
      authorizedKeys: [good, locked, rsa, ecdsa].map((key) => key.public),
      extraConfig: 'PasswordAuthentication yes',
      users: [{ name: 'operator', passwordHash: rightHash }],
    });
    trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await sshd.stop();
  });

  it.each(['rsa', 'ecdsa'])('signs with a key of type %s', async (type) => {
    const { end } = await runOn(settings({ privateKeyFile: join(folder, type) }), optionsFor(), 'exit 7\n');
    expect(end).toEqual({ exit: 7 });
  });

  it('asks for a passphrase once for all hosts, and the time it takes does not count', async () => {
    const prompts: string[] = [];
    const options = optionsFor({
      timeoutMs: 1500,
      ask: async (prompt) => {
        prompts.push(prompt);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        return 'open sesame';
      },
    });
    const from = { privateKeyFile: locked.file };
    const runs = await Promise.all([1, 2, 3].map(() => runOn(settings(from), options, 'exit 0\n')));
    expect(runs.map(({ end }) => end)).toEqual([{ exit: 0 }, { exit: 0 }, { exit: 0 }]);
    expect(prompts).toEqual([`Passphrase for ${locked.file}: `]);
  });

  it('gives up on a key after three wrong passphrases, without troubling the server', async () => {
    let prompts = 0;
    const options = optionsFor({ ask: async () => `guess ${++prompts}` });
    const before = sshd.log().length;
    const error = await failureOf(connect(settings({ privateKeyFile: locked.file }), options));
    expect(prompts).toBe(3);
    expect(error.hint).toBe(`${locked.file} stayed locked`);
    expect(error.message).not.toContain('guess');
    expect(failuresIn(sshd.log().slice(before))).toBe(0);
  });

  it('uses the agent', async () => {
    const options = optionsFor({ agentSocket: agentWith(good) });
    expect((await runOn(settings(), options, 'exit 0\n')).end).toEqual({ exit: 0 });
  });

  it('takes an encrypted key from the agent that holds it, and asks nothing', async () => {
    const options = optionsFor({ agentSocket: agentWith() });
    execFileSync('ssh-add', ['-q', locked.file], {
      env: {
        ...process.env,
        SSH_AUTH_SOCK: options.agentSocket,
        SSH_ASKPASS: askpass(),
        SSH_ASKPASS_REQUIRE: 'force',
      },
    });
    expect((await runOn(settings({ privateKeyFile: locked.file }), options, 'exit 0\n')).end).toEqual({ exit: 0 });
  });

  it('offers the agent only the named keys under IdentitiesOnly', async () => {
    const others = [1, 2, 3].map((index) => makeKey(folder, `other${index}`));
    const options = optionsFor({ agentSocket: agentWith(...others, good) });
    const before = sshd.log().length;
    const words = ['-F', 'none', '-o', 'IdentitiesOnly=yes', '-i', `${good.file}.pub`];
    expect((await runOn(settings({ sshArguments: words }), options, 'exit 0\n')).end).toEqual({ exit: 0 });
    expect(failuresIn(sshd.log().slice(before))).toBe(0);
  });

  it('goes on without an agent that is not there', async () => {
    const options = optionsFor({ agentSocket: '/nowhere/agent' });
    const error = await failureOf(connect(settings(), options));
    expect(error.hint).toMatch(/^agent: /);
    expect((await runOn(settings({ privateKeyFile: good.file }), options, 'exit 0\n')).end).toEqual({ exit: 0 });
  });

  it('says that a certificate does not help', async () => {
    const certified = makeKey(folder, 'certified');
    const authority = makeKey(folder, 'authority').file;
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'x', '-n', 'root', `${certified.file}.pub`]);
    const error = await failureOf(connect(settings({ privateKeyFile: certified.file }), optionsFor()));
    expect(error.hint).toBe(
      `${certified.file}-cert.pub: ssh2 cannot use ssh-ed25519-cert-v01@openssh.com keys: set ansible_connection: openssh`,
    );
  });

  it('finds the default identities', async () => {
    const options = optionsFor();
    mkdirSync(join(options.home!, '.ssh'));
    copyFileSync(good.file, join(options.home!, '.ssh/id_ed25519'));
    expect((await runOn(settings(), options, 'exit 0\n')).end).toEqual({ exit: 0 });
  });

  it('says so where the agent has too many keys for the server', async () => {
    const many = [1, 2, 3, 4, 5, 6, 7].map((index) => makeKey(folder, `many${index}`));
    const error = await failureOf(connect(settings(), optionsFor({ agentSocket: agentWith(...many) })));
    expect(error.message).toContain('too many keys');
    expect(error.hint).toContain('IdentitiesOnly');
  });

  it('logs in with a password', async () => {
    expect((await runOn(settings({ user: 'operator', password: 'right' }), optionsFor(), 'exit 0\n')).end).toEqual({
      exit: 0,
    });
  });

  it('answers the question of PAM with the password', async () => {
    const pam = await startSshd({
      authorizedKeys: [],
      extraConfig: 'UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no',
      users: [{ name: 'operator', passwordHash: rightHash }],
    });
    stops.push(pam.stop);
    const file = knownHostsFile(`[127.0.0.1]:${pam.port} ${pam.hostKey}`);
    const from = (password: string) => settingsFor(pam.port, file, { user: 'operator', password });
    expect((await runOn(from('right'), optionsFor(), 'exit 0\n')).end).toEqual({ exit: 0 });
    const error = await failureOf(connect(from('sw0rdfish'), optionsFor()));
    expect(error.message).toContain('refused the login as operator with the password');
  });

  it('tries a wrong password once a host and on three hosts at most, and never shows it', async () => {
    const options = optionsFor({ timeoutMs: 20_000 });
    const before = sshd.log().length;
    const wrong = settings({ user: 'operator', password: 'sw0rdfish' });
    const errors = await Promise.all([1, 2, 3, 4, 5].map(() => failureOf(connect(wrong, options))));
    expect(failuresIn(sshd.log().slice(before))).toBe(3);
    expect(errors.filter(({ hint }) => hint?.includes('not tried here'))).toHaveLength(2);
    expect(JSON.stringify(errors.map(({ message, hint }) => [message, hint]))).not.toContain('sw0rdfish');
  });

  const askpass = (): string => {
    const file = join(temporaryFolder(), 'askpass');
    execFileSync('sh', ['-c', `printf '#!/bin/sh\\necho open sesame\\n' >"$1" && chmod 755 "$1"`, 'sh', file]);
    return file;
  };
});
