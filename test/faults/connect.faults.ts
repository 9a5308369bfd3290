import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import { type Bench, startBench, type Target } from './bench.ts';
import type { Stand } from './proxy.ts';
import { node } from './site.ts';
import { printTable, type Row } from './table.ts';
import { runTrials, type Trial } from './trial.ts';

const unreachable = ['unreachable'] as const;
const sayAndEnd =
  (text: string): Stand =>
  (socket) =>
    socket.end(text);

/** Sockets that speak no SSH and take a place at the host's sshd, as long as they are open. */
const occupy = async (host: string, port: number): Promise<Socket> => {
  const socket = createConnection({ host, port });
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
};

describe.skipIf(e2eProblem)(titled('a host that cannot be reached or lets nobody in'), () => {
  let bench: Bench;
  let agent: Server;
  const rows: Row[] = [];
  const held: Socket[] = [];
  const taken: Socket[] = [];
  const makeKey = (name: string, passphrase = ''): string => {
    const file = path.join(bench.folder, name);
    if (!existsSync(file)) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', '', '-f', file]);
    return file;
  };
  beforeAll(async () => {
    bench = await startBench([
      ...Array.from({ length: 6 }, (_, index) => node(`n${index + 1}`)),
      node('unknown', { hostKey: 'unknown' }),
      node('changed', { hostKey: 'changed' }),
      node('startups', { sshd: ['MaxStartups 1'] }),
      node('freed', { sshd: ['MaxStartups 1'] }),
      node('tries', { sshd: ['MaxAuthTries 2'] }),
    ]);
    agent = createServer(() => undefined).listen(path.join(bench.folder, 'agent'));
  });
  afterAll(async () => {
    printTable('Before a host is logged in to', rows);
    agent?.close();
    await bench?.stop();
  });

  const see = async (trials: readonly Trial[], env: Readonly<Record<string, string>> = {}): Promise<void> => {
    const ran = await runTrials(bench, trials, { env });
    rows.push(...ran.rows);
    expect(ran.problems).toEqual([]);
  };
  /** perfplay never came to the host's sshd. */
  const untouched: Trial['injected'] = async ({ host }) => (await host.connections()) === 0;
  const peer = (host: string, fault: string, stand: Stand, says: RegExp): Trial => ({
    fault,
    stage: 'greeting',
    host,
    prepare: ({ proxy }) => proxy.standIn(stand),
    allowed: unreachable,
    says,
  });

  test('no way to a host', () =>
    see([
      {
        fault: 'name unknown to DNS',
        stage: 'connect',
        host: 'n1',
        vars: { ansible_host: 'no-such-host.invalid' },
        injected: untouched,
        allowed: unreachable,
        says: /^(ENOTFOUND|EAI_AGAIN) no-such-host\.invalid/,
      },
      {
        fault: 'refused',
        stage: 'connect',
        host: 'n2',
        prepare: ({ proxy }) => proxy.refuse(),
        allowed: unreachable,
        says: /^ECONNREFUSED /,
      },
      {
        fault: 'packets vanish',
        stage: 'connect',
        host: 'n3',
        vars: { ansible_host: bench.target('n3').host.address, ansible_port: 22 },
        prepare: ({ host }) => host.cut(),
        injected: untouched,
        undo: ({ host }) => host.mend(),
        allowed: unreachable,
        says: /did not answer within 4 s/,
      },
      peer('n4', 'silent peer', () => undefined, /said nothing within 4 s/),
      peer('n5', 'not SSH', sayAndEnd('HTTP/1.1 400 Bad Request\r\n\r\n'), /does not speak SSH; it said: HTTP/),
      peer('n6', 'garbage', sayAndEnd(`${'\u0000\u0001\u001b[31m'.repeat(2000)}\r\n`), /does not speak SSH/),
    ]));

  test('a server that is busy or penalises', () =>
    see([
      peer('n1', 'closed at once, always', (socket) => socket.end(), /closed the connection before a word/),
      {
        ...peer('n2', 'closed at once, three times', (socket) => socket.end(), /./),
        prepare: ({ proxy }) => proxy.standIn((socket) => socket.end(), 3),
        allowed: ['changed'],
      },
      peer('n3', 'penalty', sayAndEnd('Not allowed at this time\r\n'), /refuses this address for now/),
      peer('n4', 'MaxStartups in words', sayAndEnd('Exceeded MaxStartups\r\n'), /before a word of SSH/),
      peer('n5', 'greeting, then nothing', (socket) => void socket.write('SSH-2.0-x\r\n'), /key exchange within 4 s/),
      peer('n6', 'greeting, then garbage', sayAndEnd(`SSH-2.0-x\r\n${'x'.repeat(999)}`), /ended the connection/),
      {
        fault: 'MaxStartups 1, taken for ever',
        stage: 'greeting',
        host: 'startups',
        prepare: async ({ host }) => void held.push(await occupy(host.address, host.port)),
        injected: () => held.length === 1,
        thaw: () => held.splice(0).forEach((socket) => socket.destroy()),
        allowed: unreachable,
        says: /before a word of SSH/,
      },
      {
        fault: 'MaxStartups 1, free later',
        stage: 'greeting',
        host: 'freed',
        drive: async ({ host }, { ended }) => {
          // It takes the only place before perfplay does, and gives it back when that was sent away.
          while (!/MaxStartups/.test(await host.log()))
            if (await Promise.race([ended.then(() => true), delay(50)])) return;
          taken.forEach((socket) => socket.destroy());
        },
        prepare: async ({ host }) => void taken.push(await occupy(host.address, host.port)),
        injected: async ({ host }) => /MaxStartups/.test(await host.log()),
        allowed: ['changed'],
        says: /./,
      },
    ]));

  /** Puts lines into sshd's configuration, and takes them away again. */
  const configured = (fault: string, host: string, line: string, says: RegExp): Trial => ({
    fault,
    stage: 'key exchange',
    host,
    prepare: (target) => configure(target, `sed -i '1i ${line}' /etc/ssh/sshd_config`),
    undo: (target) => configure(target, 'sed -i 1d /etc/ssh/sshd_config'),
    injected: () => true,
    allowed: unreachable,
    says,
  });
  const configure = async ({ host }: Target, edit: string): Promise<void> => {
    await host.sh(`${edit}; : >/var/log/sshd.log; kill -HUP "$(cat /run/sshd.pid)"
      until grep -q '^Server listening' /var/log/sshd.log; do sleep 0.02; done`);
  };
  /** What `perfplay trust` would write. */
  const trust = async ({ host, proxy }: Target): Promise<void> => {
    const file = path.join(bench.folder, 'known_hosts');
    const others = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(`[127.0.0.1]:${proxy.port} `));
    const key = await host.sh('ssh-keygen -y -f /etc/ssh/lab_host_key');
    writeFileSync(file, [...others, `[127.0.0.1]:${proxy.port} ${key}`, ''].join('\n'));
  };

  test('a server that is not the one that is known, or speaks another language', () =>
    see([
      configured('no common key exchange', 'n1', 'KexAlgorithms diffie-hellman-group14-sha1', /no common key exchange/),
      configured('no common cipher', 'n2', 'Ciphers aes128-cbc', /no common .*cipher/),
      configured('no host key to show', 'n3', 'HostKeyAlgorithms ssh-rsa', /(closed|cut) the connection|no common/),
      {
        fault: 'host key unknown',
        stage: 'key exchange',
        host: 'unknown',
        injected: () => true,
        undo: trust,
        allowed: unreachable,
        says: /shows the unknown key SHA256:/,
      },
      {
        fault: 'host key changed',
        stage: 'key exchange',
        host: 'changed',
        injected: () => true,
        undo: trust,
        allowed: unreachable,
        says: /shows the key SHA256:.*another one than in /,
      },
    ]));

  test('keys that do not open', async () => {
    const garbage = path.join(bench.folder, 'garbage');
    writeFileSync(garbage, '-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n', { mode: 0o600 });
    const withKey = (fault: string, host: string, file: string, says: RegExp): Trial => ({
      fault,
      stage: 'authentication',
      host,
      vars: { ansible_ssh_private_key_file: file },
      injected: () => true,
      allowed: unreachable,
      says,
    });
    const many = ['one', 'two', 'three', 'four'].map((name) => `-i ${makeKey(name)}`).join(' ');
    await see([
      withKey('a key that the host does not know', 'n1', makeKey('stranger'), /refused the login/),
      withKey('a key that is none', 'n2', garbage, /refused the login|no key|could not/),
      withKey('a key with a passphrase', 'n3', makeKey('locked', 'open sesame'), /refused the login|no key|could not/),
      withKey('a key that is not there', 'n4', '/nonexistent/key', /refused the login|no key|could not/),
      {
        ...withKey('too many keys (MaxAuthTries)', 'tries', makeKey('one'), /MaxAuthTries/),
        vars: { ansible_ssh_private_key_file: makeKey('one'), ansible_ssh_extra_args: many },
      },
    ]);
  });

  test('an agent that is missing or hangs', async () => {
    const trial = (fault: string, allowed: Trial['allowed']): Trial => ({
      fault,
      stage: 'authentication',
      host: 'n1',
      injected: () => true,
      allowed,
      says: /authentication within 4 s|refused the login/,
    });
    await see([trial('agent missing', ['changed'])], { SSH_AUTH_SOCK: '/nonexistent/agent' });
    await see([trial('agent hangs', ['changed', 'unreachable'])], { SSH_AUTH_SOCK: path.join(bench.folder, 'agent') });
  });
});
