import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createKeyRing } from '../../src/connect/keys.ts';
import { makeKey, temporaryFolder } from './sshd.ts';

const folder = temporaryFolder();
const ring = createKeyRing(() => Promise.reject(new Error('nobody is asked')));
const wire = (key: string) => Buffer.from(key.split(' ')[1]!, 'base64');

it('reads the public key of an encrypted file without its passphrase', async () => {
  const key = makeKey(folder, 'locked', 'ed25519', 'open sesame');
  expect(await ring.read(key.file)).toEqual({ kind: 'encrypted', path: key.file, publicKey: wire(key.public) });
});

it('tells private, public, missing and unreadable files apart', async () => {
  const key = makeKey(folder, 'plain');
  expect(await ring.read(key.file)).toMatchObject({ kind: 'private' });
  expect(await ring.read(`${key.file}.pub`)).toMatchObject({ kind: 'public', publicKey: wire(key.public) });
  expect(await ring.read(join(folder, 'none'))).toMatchObject({ kind: 'missing' });
  expect(await ring.read(folder)).toMatchObject({ kind: 'unusable', why: 'EISDIR' });
  writeFileSync(join(folder, 'text'), 'not a key');
  expect(await ring.read(join(folder, 'text'))).toMatchObject({ kind: 'unusable' });
});

it('names what ssh2 cannot use', async () => {
  const key = makeKey(folder, 'certified');
  execFileSync('ssh-keygen', ['-q', '-s', makeKey(folder, 'ca').file, '-I', 'x', '-n', 'root', `${key.file}.pub`]);
  expect(await ring.read(`${key.file}-cert.pub`)).toMatchObject({
    kind: 'unusable',
    why: 'ssh2 cannot use ssh-ed25519-cert-v01@openssh.com keys',
  });
  const type = 'sk-ssh-ed25519@openssh.com';
  const blob = Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type), Buffer.alloc(40)]);
  writeFileSync(join(folder, 'sk.pub'), `${type} ${blob.toString('base64')} hardware\n`);
  expect(await ring.read(join(folder, 'sk.pub'))).toMatchObject({ why: `ssh2 cannot use ${type} keys` });
});
