import { describe, expect, it } from 'vitest';
import { knownHostsFile, optionsFor, runOn, settingsFor } from './fixture.ts';
import { makeKey, noSshd, startSshd, temporaryFolder } from './sshd.ts';

describe.skipIf(noSshd)(`keys are exchanged with a real sshd ${noSshd ?? ''}`, () => {
  it.each([
    ['over P-256, as sshd does that in assembly', '', 'ecdh-sha2-nistp256'],
    [
      'over curve25519 where the host rules out the curves of NIST',
      'KexAlgorithms curve25519-sha256',
      'curve25519-sha256',
    ],
    [
      'over P-256 where the host allows no other, as under FIPS',
      'KexAlgorithms ecdh-sha2-nistp256',
      'ecdh-sha2-nistp256',
    ],
  ])('%s', async (_, config, exchange) => {
    const key = makeKey(temporaryFolder(), 'id');
    const sshd = await startSshd({ authorizedKeys: [key.public], extraConfig: `LogLevel DEBUG\n${config}` });
    const trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
    const settings = settingsFor(sshd.port, trusted, { privateKeyFile: key.file });
    const { end } = await runOn(settings, optionsFor(), 'exit 0\n');
    expect(end).toEqual({ exit: 0 });
    expect(sshd.log()).toContain(`kex: algorithm: ${exchange} `);
    await sshd.stop();
  });
});
