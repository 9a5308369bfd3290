import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { labDown, labDrift, labReboot, labStatus, labUp, LabError } from '../../src/lab/index.ts';
import { labFolder } from '../../src/lab/folder.ts';
import { simulatedHosts } from '../../src/lab/hosts.ts';
import { temporaryFolder } from './installed.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
/** Not the fixed ports: below the range that the kernel hands out, apart for test processes at the same time. */
const basePort = 20_000 + (process.pid % 1000) * 10;

const rawText: Plugin = {
  name: 'raw-text',
  setup: (bundler) => {
    bundler.onResolve({ filter: /\?raw$/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, name.replace('?raw', '')),
      namespace: 'raw-text',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'raw-text' }, async ({ path: name }) => ({
      contents: await readFile(name, 'utf8'),
      loader: 'text',
    }));
  },
};

let built: string;
let program: string;
beforeAll(async () => {
  // Inside the checkout, where node finds ssh2.
  built = await mkdtemp(path.join(checkout, 'node_modules', '.lab-test-'));
  program = path.join(built, 'lab-server.mjs');
  await build({
    absWorkingDir: checkout,
    entryPoints: ['src/lab/main.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    plugins: [rawText],
  });
});
afterAll(() => rm(built, { recursive: true, force: true }));

let folder: string;
const up = async () => {
  folder = path.join(await temporaryFolder(), 'lab');
  return labUp(folder, { basePort, program, bootMilliseconds: 200 });
};
afterEach(async () => {
  await labDown(folder);
  await rm(path.dirname(folder), { recursive: true, force: true });
});

const dial = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve('open');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
const portOf = (name: string): number => basePort + 1 + simulatedHosts.findIndex((host) => host.name === name);

/** Logs in as the inventory says: key and known_hosts of the lab's folder. */
const login = async (name: string): Promise<ssh2.Client> => {
  const { key, knownHosts } = labFolder(folder);
  const known = (await readFile(knownHosts, 'utf8'))
    .split('\n')
    .find((line) => line.startsWith(`[127.0.0.1]:${portOf(name)} `));
  const privateKey = await readFile(key, 'utf8');
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('ready', () => resolve(client)).on('error', reject);
    const hostVerifier = (blob: Buffer): boolean => blob.toString('base64') === known?.split(' ')[2];
    client.connect({ host: '127.0.0.1', port: portOf(name), username: 'lab', privateKey, hostVerifier });
  });
};

describe('the lab', () => {
  it('comes up in the background with every host but the one that is down, and goes down', async () => {
    const { pid, hosts } = await up();
    expect(pid).not.toBe(process.pid);
    expect(hosts.map(({ name }) => name)).toEqual(['kvm01', 'kvm02', 'kvm03', 'kvm04', 'rp01', 'rp02', 'rp03']);
    expect(hosts.filter((host) => !host.up).map(({ name }) => name)).toEqual(['kvm04']);
    for (const { name, port, up: isUp } of hosts) {
      expect(port).toBe(portOf(name));
      expect(await dial(port)).toBe(isUp ? 'open' : 'ECONNREFUSED');
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const file of [labFolder(folder).key, labFolder(folder).hostKey('kvm01'), labFolder(folder).knownHosts])
      expect((await stat(file)).mode & 0o777).toBe(0o600);

    expect(await labUp(folder, { basePort, program })).toEqual({ pid, hosts });
    expect(await labDown(folder)).toBe(true);
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
    expect(await dial(portOf('kvm01'))).toBe('ECONNREFUSED');
    expect((await labStatus(folder)).hosts.some((host) => host.up)).toBe(false);
    expect(await labDown(folder)).toBe(false);
  });

  it('reboots a host: connections are lost, it refuses for a while, and is back with another boot id', async () => {
    await up();
    const client = await login('rp01');
    const lost = new Promise<void>((resolve) => client.on('close', () => resolve()));
    client.on('error', () => undefined);
    const reboot = labReboot(folder, 'rp01');
    await lost;
    expect(await dial(portOf('rp01'))).toBe('ECONNREFUSED');
    expect(await dial(portOf('rp02'))).toBe('open');
    const { boot, complaints } = await reboot;
    expect(complaints).toEqual([]);
    const root = labFolder(folder).host('rp01').root;
    expect(await readFile(path.join(root, 'proc/sys/kernel/random/boot_id'), 'utf8')).toBe(`${boot}\n`);
    (await login('rp01')).end();
    await expect(labReboot(folder, 'kvm04')).rejects.toThrow('kvm04 is down');
    await expect(labReboot(folder, 'rp1')).rejects.toMatchObject({ hint: 'did you mean rp01?' });
  });

  it('drifts by one value and tells which', async () => {
    await up();
    const governor = '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor';
    const first = await labDrift(folder, 'kvm01');
    expect(first).toEqual({ host: 'kvm01', path: governor, before: 'powersave', after: 'performance' });
    expect(await labDrift(folder, 'kvm01')).toMatchObject({ before: 'performance', after: 'powersave' });
    const swappiness = { path: '/proc/sys/vm/swappiness', value: '77' };
    expect(await labDrift(folder, 'rp01', swappiness)).toMatchObject({ before: '60', after: '77' });
    await expect(labDrift(folder, 'rp01', { ...swappiness, value: '999' })).rejects.toThrow('Invalid argument');
    await expect(labDrift(folder, 'rp01', { path: '/etc/hostname', value: 'x' })).rejects.toThrow(LabError);
    await expect(labDrift(folder, 'rp01', { path: '/sys/../../x', value: 'x' })).rejects.toThrow(LabError);
    await expect(labDrift(folder, 'kvm04')).rejects.toThrow('kvm04 is down');
  });

  it('makes hosts anew, with the keys of before, also after its process was killed', async () => {
    const { pid } = await up();
    const key = await readFile(labFolder(folder).key, 'utf8');
    await labDrift(folder, 'kvm01');
    process.kill(pid!, 'SIGKILL');
    await expect.poll(() => dial(portOf('kvm01'))).toBe('ECONNREFUSED');
    expect((await labStatus(folder)).pid).toBeUndefined();
    await expect(labReboot(folder, 'kvm01')).rejects.toThrow('the lab is down');

    const again = await labUp(folder, { basePort, program });
    expect(again.pid).not.toBe(pid);
    expect(await readFile(labFolder(folder).key, 'utf8')).toBe(key);
    expect(await labDrift(folder, 'kvm01')).toMatchObject({ before: 'powersave' });
  });

  it('never kills the process that a stale record names', async () => {
    await up();
    const { record } = labFolder(folder);
    await labDown(folder);
    await writeFile(record, JSON.stringify({ pid: process.pid, basePort }));
    expect(await labDown(folder)).toBe(false);
    await expect(readFile(record)).rejects.toThrow('ENOENT');
  });

  it('says why it does not start, and leaves nothing behind', async () => {
    await up();
    const other = path.join(path.dirname(folder), 'other');
    await expect(labUp(other, { basePort, program })).rejects.toThrow(`port ${portOf('kvm01')} of 127.0.0.1 is taken`);
    expect((await labStatus(other)).hosts.some((host) => host.up)).toBe(false);
    await expect(labUp(other, { basePort, program: `${program}.missing` })).rejects.toThrow('the lab does not start');
  });
});
