import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import type { Connection } from '../../src/connect/types.ts';
import { knownHostsFile, optionsFor, runScript, settingsFor } from './fixture.ts';
import { type KeyPair, makeKey, noSshd, type Sshd, startSshd, temporaryFolder } from './sshd.ts';

const megabyte = 1024 * 1024;

const running = (word: string): boolean =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`sleep\0${word}`);
    } catch {
      return false;
    }
  });

describe.skipIf(noSshd)(`channels of a real sshd ${noSshd ?? ''}`, () => {
  let sshd: Sshd;
  let key: KeyPair;
  let connection: Connection;
  beforeAll(async () => {
    key = makeKey(temporaryFolder(), 'id');
    sshd = await startSshd({ authorizedKeys: [key.public], users: [{ name: 'plain' }] });
  });
  afterAll(async () => {
    connection.close();
    await sshd.stop();
  });
  const open = async (user = 'root') => {
    const trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
    connection = await connect(settingsFor(sshd.port, trusted, { user, privateKeyFile: key.file }), optionsFor());
    return connection.shell();
  };

  it('carries 1 MB of any bytes both ways', async () => {
    const data = randomBytes(megabyte);
    const channel = await open();
    const stdout: Buffer[] = [];
    channel.onStdout((bytes) => stdout.push(bytes));
    // exec: nothing but cat reads the data, whatever the shell's read-ahead.
    channel.write(Buffer.from('echo go; exec cat\n'));
    await expect.poll(() => Buffer.concat(stdout).toString()).toBe('go\n');
    channel.write(data);
    channel.end();
    expect(await channel.closed).toEqual({ exit: 0 });
    expect(Buffer.concat(stdout).subarray(3).equals(data)).toBe(true);
  });

  it('survives a flood on stderr that nobody reads', async () => {
    const channel = await open();
    const stdout: Buffer[] = [];
    channel.onStdout((bytes) => stdout.push(bytes));
    channel.write(Buffer.from(`head -c ${8 * megabyte} /dev/zero >&2; echo done\n`));
    channel.end();
    expect(await channel.closed).toEqual({ exit: 0 });
    expect(Buffer.concat(stdout).toString()).toBe('done\n');
  });

  it('keeps what came before the listener', async () => {
    const channel = await open();
    channel.write(Buffer.from('echo early\n'));
    await delay(200);
    const { stdout } = await runScript(channel, 'echo late\n');
    expect(stdout.toString()).toBe('early\nlate\n');
  });

  it('tells a lost connection from an exit', async () => {
    const channel = await open();
    channel.write(Buffer.from('echo up; sleep 60\n'));
    await new Promise<void>((resolve) => channel.onStdout(() => resolve()));
    for (const session of sshd.sessions()) process.kill(session, 'SIGKILL');
    const end = await channel.closed;
    expect(end).toEqual({ lost: `127.0.0.1:${sshd.port} closed the connection` });
  });

  it('does not wait for a child that keeps the output open', async () => {
    const channel = await open();
    const started = performance.now();
    const { end } = await runScript(channel, 'sleep 30 & exit 5\n');
    expect(end).toEqual({ exit: 5 });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('destroys at once, and stops what runs there', async () => {
    const channel = await open('plain');
    const marker = `600.${Math.floor(Math.random() * 1e6)}`;
    channel.write(Buffer.from(`echo up; sleep ${marker}\n`));
    await new Promise<void>((resolve) => channel.onStdout(() => resolve()));
    channel.destroy();
    expect((await channel.closed).lost).toContain('cut from this side');
    channel.write(Buffer.from('ignored\n'));
    channel.end();
    channel.destroy();
    await expect(connection.shell()).rejects.toThrow('before a shell was started');
    await expect.poll(() => running(marker), { timeout: 5000 }).toBe(false);
  });
});
