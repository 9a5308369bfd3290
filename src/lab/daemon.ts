import { rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import process from 'node:process';
import { bootHost } from './boot/boot.ts';
import { answerQuestions, ask, type Question } from './control.ts';
import { LabError, labFolder, runProgram, type HostFolder } from './folder.ts';
import { simulatedHosts, type SimulatedHost } from './hosts.ts';
import { prepareKeys } from './keys.ts';
import { installPrograms } from './programs.ts';
import { releases } from './releases.ts';
import { serveHost, type HostServer } from './server.ts';
import { diskTree } from './tree/disk.ts';
import { plant } from './tree/tree.ts';

/** What `lab status` tells of one host. */
export interface HostStatus {
  readonly name: string;
  readonly port: number;
  readonly up: boolean;
  readonly story: string;
}

export interface LabServerOptions {
  /** The first host listens on the port after this one. */
  readonly basePort: number;
  /** How long a rebooting host refuses connections, in milliseconds. */
  readonly bootMilliseconds: number;
}

/** Installs a host afresh in its folder: disk, programs, a rendered boot loader, and a first boot. */
export const installHost = async (host: SimulatedHost, folder: HostFolder): Promise<void> => {
  await rm(folder.base, { recursive: true, force: true });
  await installPrograms(host, folder.programs);
  plant(folder.root, diskTree(host));
  if (releases[host.release].boot === 'grub') {
    const { exit, stderr } = await runProgram(folder, 'update-grub', []);
    if (exit !== 0) throw new LabError(`${host.name}: update-grub: ${stderr.trim()}`);
  }
  await bootHost(host, folder);
};

const delay = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Makes every host anew and serves all of them until stopped: by the control socket, or by the function that it gives.
 * Throws LabError where another server runs or a port is taken.
 */
export const serveLab = async (
  state: string,
  { basePort, bootMilliseconds }: LabServerOptions,
): Promise<() => Promise<void>> => {
  const folder = labFolder(state);
  if (await ask(folder.socket, { ask: 'status' })) throw new LabError('the lab is already up');
  const ports = new Map(simulatedHosts.map(({ name }, index) => [name, basePort + index + 1]));
  const keys = await prepareKeys(folder, ports);
  await rm(folder.socket, { force: true });
  const up = simulatedHosts.filter(({ down }) => !down);
  await Promise.all(up.map((host) => installHost(host, folder.host(host.name))));

  let stopping = false;
  const servers = new Map<string, HostServer>();
  const open = async ({ name }: SimulatedHost): Promise<void> => {
    const options = {
      port: ports.get(name)!,
      hostKey: keys.hosts.get(name)!,
      login: keys.login,
      folder: folder.host(name),
      reboot: () => void reboot(name).catch(() => undefined),
    };
    servers.set(name, await serveHost(options));
  };
  const closeAll = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.close()));
    servers.clear();
  };
  const reboot = async (name: string): Promise<{ readonly boot: string; readonly complaints: readonly string[] }> => {
    const host = up.find((one) => one.name === name);
    const server = servers.get(name);
    if (!host || !server) throw new LabError(`${name} is down`);
    servers.delete(name);
    await server.close();
    const [{ id, complaints }] = await Promise.all([bootHost(host, folder.host(name)), delay(bootMilliseconds)]);
    if (stopping) throw new LabError('the lab was stopped');
    await open(host);
    return { boot: id, complaints };
  };

  const answer = async (question: Question): Promise<unknown> => {
    switch (question.ask) {
      case 'status':
        return simulatedHosts.map(({ name, story }): HostStatus => ({
          name,
          story,
          port: ports.get(name)!,
          up: servers.has(name),
        }));
      case 'reboot':
        return reboot(question.host);
      case 'stop':
        setImmediate(() => void stop());
        return process.pid;
    }
  };
  let control: Server | undefined;
  const stop = async (): Promise<void> => {
    stopping = true;
    control?.close();
    await closeAll();
    await rm(folder.record, { force: true });
  };
  try {
    for (const host of up) await open(host);
    control = await answerQuestions(folder.socket, answer);
    await writeFile(folder.record, `${JSON.stringify({ pid: process.pid, basePort })}\n`, { mode: 0o600 });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
};
