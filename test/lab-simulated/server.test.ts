import { createServer, type AddressInfo } from 'node:net';
import { mkdir, readFile, rm } from 'node:fs/promises';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabError, labFolder } from '../../src/lab/folder.ts';
import { generateKey, prepareKeys } from '../../src/lab/keys.ts';
import { serveHost, type HostServer, type HostServerOptions } from '../../src/lab/server.ts';
import { temporaryFolder } from './installed.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

let base: string;
let options: HostServerOptions;
let server: HostServer;
let privateKey: string;
beforeAll(async () => {
  base = await temporaryFolder();
  const port = await freePort();
  const folder = labFolder(base);
  const keys = await prepareKeys(folder, new Map([['kvm01', port]]));
  privateKey = await readFile(folder.key, 'utf8');
  await mkdir(folder.host('kvm01').base, { recursive: true });
  options = {
    port,
    hostKey: keys.hosts.get('kvm01')!,
    login: keys.login,
    folder: folder.host('kvm01'),
    reboot: () => undefined,
  };
  server = await serveHost(options);
});
afterAll(async () => {
  await server.close();
  await rm(base, { recursive: true, force: true });
});

const login = (more: ConnectConfig = {}): Promise<Client> =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('ready', () => resolve(client)).on('error', reject);
    client.connect({ host: '127.0.0.1', port: options.port, username: 'lab', privateKey, ...more });
  });

const exec = (client: Client, command: string, pty = false): Promise<ClientChannel> =>
  new Promise((resolve, reject) =>
    client.exec(command, { pty }, (error, channel) => (error ? reject(error) : resolve(channel))),
  );

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: readonly unknown[];
}
const output = (channel: ClientChannel): Promise<Output> =>
  new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    let exit: readonly unknown[] = [];
    channel.on('data', (chunk: Buffer) => (stdout += chunk.toString('latin1')));
    channel.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('latin1')));
    channel.on('exit', (...words: unknown[]) => (exit = words));
    channel.on('close', () => resolve({ stdout, stderr, exit }));
  });

const runScript = async (command: string, script: string): Promise<Output> => {
  const client = await login();
  const channel = await exec(client, command);
  const answer = output(channel);
  channel.end(script);
  const result = await answer;
  client.end();
  return result;
};

describe('the sshd of a simulated host', () => {
  it('runs the real /bin/sh in the host’s folder and tells output, errors and exit apart', async () => {
    const { stdout, stderr, exit } = await runScript('exec /bin/sh', 'pwd; echo "$USER"; echo bad >&2; exit 7\n');
    expect(stdout).toBe(`${options.folder.base}\nlab\n`);
    expect(stderr).toBe('bad\n');
    expect(exit[0]).toBe(7);
  });

  it('answers the sudo line with a shell of its own', async () => {
    const { stdout, exit } = await runScript('exec /usr/bin/sudo -n -u root /bin/sh', 'echo "$SUDO_USER $USER"\n');
    expect(stdout).toBe('lab root\n');
    expect(exit[0]).toBe(0);
  });

  it('brings a megabyte back whole, although the client is slow to read', async () => {
    const script = 'awk \'BEGIN { for (i = 0; i < 16384; i++) printf "%063d\\n", i }\'\n';
    const { stdout, exit } = await runScript('exec /bin/sh', script);
    expect(stdout).toHaveLength(1024 * 1024);
    expect(stdout.endsWith(`${'16383'.padStart(63, '0')}\n`)).toBe(true);
    expect(exit[0]).toBe(0);
  });

  it('hands nothing of its own environment on', async () => {
    process.env['LAB_TEST_SECRET'] = 'do not show';
    const { stdout } = await runScript('exec /bin/sh', 'env\n');
    delete process.env['LAB_TEST_SECRET'];
    expect(stdout).toContain('HOME=');
    expect(stdout).not.toContain('LAB_TEST_SECRET');
  });

  it.each(['true', 'exec /bin/sh -c true', 'exec /bin/sh; true', 'exec /usr/bin/sudoedit /etc/shadow', ''])(
    'refuses the command line "%s"',
    async (command) => {
      const client = await login();
      await expect(exec(client, command)).rejects.toThrow();
      client.end();
    },
  );

  it('refuses a terminal, a plain shell, subsystems and forwarding', async () => {
    const client = await login();
    await expect(exec(client, 'exec /bin/sh', true)).rejects.toThrow();
    const plain = new Promise((resolve, reject) =>
      client.shell(false, (error) => (error ? reject(error) : resolve(true))),
    );
    await expect(plain).rejects.toThrow();
    const files = new Promise((resolve, reject) => client.sftp((error) => (error ? reject(error) : resolve(true))));
    await expect(files).rejects.toThrow();
    const out = new Promise((resolve, reject) =>
      client.forwardOut('127.0.0.1', 1, '127.0.0.1', options.port, (error) => (error ? reject(error) : resolve(true))),
    );
    await expect(out).rejects.toThrow();
    const back = new Promise((resolve, reject) =>
      client.forwardIn('127.0.0.1', 0, (error) => (error ? reject(error) : resolve(true))),
    );
    await expect(back).rejects.toThrow();
    client.end();
  });

  it('accepts its one key and its one user only', async () => {
    await expect(login({ privateKey: generateKey().text })).rejects.toThrow('authentication methods failed');
    await expect(login({ username: 'root' })).rejects.toThrow('authentication methods failed');
    await expect(
      new Promise((resolve, reject) =>
        new ssh2.Client()
          .on('ready', () => resolve('in'))
          .on('error', reject)
          .connect({ host: '127.0.0.1', port: options.port, username: 'lab', password: 'lab' }),
      ),
    ).rejects.toThrow('authentication methods failed');
  });

  it('makes keys that are whole: all begin with 32 bytes, also where the first is zero', () => {
    const lengths = Array.from({ length: 1000 }, () => generateKey().key.getPublicSSH().length);
    expect(new Set(lengths)).toEqual(new Set([4 + 'ssh-ed25519'.length + 4 + 32]));
  });

  it('says that its port is taken', async () => {
    await expect(serveHost(options)).rejects.toThrow(LabError);
  });

  it('ends a shell whose connection is lost, and every shell when it closes', async () => {
    const pidOf = async (client: Client): Promise<number> => {
      const channel = await exec(client, 'exec /bin/sh');
      channel.on('close', () => undefined);
      return new Promise((resolve) => {
        channel.on('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
        channel.write('echo $$\n');
      });
    };
    const gone = (pid: number): boolean => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    };
    const client = await login();
    const first = await pidOf(client);
    expect(gone(first)).toBe(false);
    client.destroy();
    await expect.poll(() => gone(first)).toBe(true);

    const second = await login();
    const lost = new Promise<void>((resolve) => second.on('close', () => resolve()));
    second.on('error', () => undefined);
    const stubborn = await exec(second, 'exec /bin/sh');
    const pid = await new Promise<number>((resolve) => {
      stubborn.on('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
      stubborn.write("trap '' HUP TERM; echo $$; while :; do sleep 60; done\n");
    });
    await server.close();
    await lost;
    await expect.poll(() => gone(pid)).toBe(true);
    await expect(login()).rejects.toThrow('ECONNREFUSED');
    server = await serveHost(options);
  });
});
