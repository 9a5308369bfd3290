import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { addKnownHost, scanHostKey } from '../../src/connect/trust.ts';
import { failureOf, knownHostsFile, optionsFor, runOn, settingsFor } from './fixture.ts';
import { type KeyPair, makeKey, noSshd, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

describe.skipIf(noSshd)(`host keys of a real sshd ${noSshd ?? ''}`, () => {
  const folder = temporaryFolder();
  let sshd: Sshd;
  let key: KeyPair;
  let host: { readonly ed25519: KeyPair; readonly rsa: KeyPair; readonly ecdsa: KeyPair };
  let name: string;
  beforeAll(async () => {
    key = makeKey(folder, 'id');
    host = {
      ed25519: makeKey(folder, 'host_ed25519'),
      rsa: makeKey(folder, 'host_rsa', 'rsa'),
      ecdsa: makeKey(folder, 'host_ecdsa', 'ecdsa'),
    };
    sshd = await startSshd({ authorizedKeys: [key.public], hostKeys: Object.values(host).map(({ file }) => file) });
    name = `[127.0.0.1]:${sshd.port}`;
  });
  afterAll(() => sshd.stop());
  const settings = (file: string) => settingsFor(sshd.port, file, { privateKeyFile: key.file });
  const accepts = async (...lines: readonly string[]) =>
    (await runOn(settings(knownHostsFile(...lines)), optionsFor(), 'exit 0\n')).end;
  const refuses = async (...lines: readonly string[]) => {
    const file = knownHostsFile(...lines);
    const before = sshd.log().length;
    const error = await failureOf(connect(settings(file), optionsFor(), 'web1'));
    expect(sshd.log().slice(before)).not.toContain('userauth-request');
    return { error, file };
  };
  const fingerprintOf = (pair: KeyPair) =>
    execFileSync('ssh-keygen', ['-lf', `${pair.file}.pub`], { encoding: 'utf8' }).split(' ')[1]!;

  it('refuses an unknown host with its fingerprint and the command that trusts it', async () => {
    const { error } = await refuses();
    expect(error.message).toBe(
      `127.0.0.1:${sshd.port} shows the unknown key ${fingerprintOf(host.ed25519)} (ssh-ed25519)`,
    );
    expect(error.hint).toBe('if that is its fingerprint: perfplay trust web1');
  });

  it.each(['ed25519', 'rsa', 'ecdsa'] as const)('asks for the key that is known: %s', async (type) => {
    expect(await accepts(`${name} ${host[type].public}`)).toEqual({ exit: 0 });
  });

  it('refuses a changed key and names the line', async () => {
    const other = makeKey(temporaryFolder(), 'other');
    const { error, file } = await refuses('# comment', `${name} ${other.public}`);
    expect(error.message).toContain(`another one than in ${file}:2`);
    expect(error.hint).toContain(`ssh-keygen -R '${name}' -f ${file}, then perfplay trust web1`);
  });

  it('refuses a revoked key, whatever else is known', async () => {
    const { error, file } = await refuses(`${name} ${host.ed25519.public}`, `@revoked * ${host.ed25519.public}`);
    expect(error.message).toContain(`revoked in ${file}:2`);
  });

  it('knows hashed names, and the bare name for another port', async () => {
    const file = knownHostsFile(`${name} ${host.ed25519.public}`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
    expect(await accepts(readFileSync(file, 'utf8').trim())).toEqual({ exit: 0 });
    expect(await accepts(`127.0.0.1 ${host.ed25519.public}`)).toEqual({ exit: 0 });
  });

  it('does not obey StrictHostKeyChecking=no', async () => {
    const words = ['-F', 'none', '-o', 'StrictHostKeyChecking=no', '-oUserKnownHostsFile=/dev/null'];
    const { knownHostsFile: _, ...rest } = settings('');
    const error = await failureOf(connect({ ...rest, sshArguments: words }, optionsFor()));
    expect(error.message).toContain('unknown key');
  });

  it('says that a certificate authority does not help', async () => {
    const { error } = await refuses(`@cert-authority * ${host.ed25519.public}`);
    expect(error.hint).toContain('ssh2 cannot use');
  });

  it('scans every kind of key, logs in nowhere, and trusts what was added', async () => {
    const file = join(temporaryFolder(), 'deep/known_hosts');
    const before = sshd.log().length;
    const scan = await scanHostKey(settings(file), optionsFor());
    expect(sshd.log().slice(before)).not.toContain('userauth-request');
    expect(scan.file).toBe(file);
    expect(scan.keys.map((shown) => [shown.type, shown.fingerprint, shown.verdict])).toEqual([
      ['ssh-ed25519', fingerprintOf(host.ed25519), 'unknown'],
      ['ecdsa-sha2-nistp256', fingerprintOf(host.ecdsa), 'unknown'],
      ['ssh-rsa', fingerprintOf(host.rsa), 'unknown'],
    ]);
    for (const { entry } of scan.keys) expect(await addKnownHost(file, entry)).toBe(true);
    for (const { entry } of scan.keys) expect(await addKnownHost(file, entry)).toBe(false);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3);
    expect((await runOn(settings(file), optionsFor(), 'exit 0\n')).end).toEqual({ exit: 0 });
    expect((await scanHostKey(settings(file), optionsFor())).keys.map(({ verdict }) => verdict)).toEqual([
      'known',
      'known',
      'known',
    ]);
  });

  it('scans keys of further types as unknown, another key of a known type as changed', async () => {
    const verdicts = async (...lines: readonly string[]) =>
      (await scanHostKey(settings(knownHostsFile(...lines)), optionsFor())).keys.map(({ verdict }) => verdict);
    expect(await verdicts(`${name} ${host.rsa.public}`)).toEqual(['unknown', 'unknown', 'known']);
    const other = makeKey(temporaryFolder(), 'other');
    expect(await verdicts(`${name} ${other.public}`)).toEqual(['changed', 'changed', 'changed']);
    expect(await verdicts(`${name} ${host.rsa.public}`, `${name} ${other.public}`)).toEqual([
      'changed',
      'unknown',
      'known',
    ]);
  });

  it('survives key exchanges in the middle of a large upload', async () => {
    const rekeying = await startSshd({ authorizedKeys: [key.public], extraConfig: 'RekeyLimit 256K' });
    const file = knownHostsFile(`[127.0.0.1]:${rekeying.port} ${rekeying.hostKey}`);
    const script = `head -c 1500000 /dev/zero; : ${'x'.repeat(1_500_000)}\n`;
    const result = await runOn(settingsFor(rekeying.port, file, { privateKeyFile: key.file }), optionsFor(), script);
    expect(result.end).toEqual({ exit: 0 });
    expect(result.stdout).toHaveLength(1_500_000);
    expect(rekeying.log().match(/rekey/g)!.length).toBeGreaterThan(4);
    await rekeying.stop();
  });
});
