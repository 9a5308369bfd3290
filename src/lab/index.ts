import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { nearest } from '../diagnostics.ts';
import { ask } from './control.ts';
import type { HostStatus } from './daemon.ts';
import { LabError, labFolder, runProgram } from './folder.ts';
import { simulatedHosts } from './hosts.ts';
import type { StartReport } from './main.ts';

export { LabError } from './folder.ts';
export type { HostStatus } from './daemon.ts';

/** The ports of inventories/lab.yml: 2401 and up. */
export const labBasePort = 2400;

export interface LabUpOptions {
  readonly basePort?: number;
  /** The script of the background process; default: the one that the build puts beside the command line. */
  readonly program?: string;
  /** How long a rebooting host refuses connections. */
  readonly bootMilliseconds?: number;
}

export interface LabStatus {
  /** The background process; absent where the lab is down. */
  readonly pid?: number;
  readonly hosts: readonly HostStatus[];
}

const hostNamed = (name: string): void => {
  const names = simulatedHosts.map((host) => host.name);
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new LabError(`the lab has no host ${name}`, near ? `did you mean ${near}?` : `its hosts: ${names.join(', ')}`);
};

const recorded = async (folder: string): Promise<{ readonly pid?: number; readonly basePort?: number }> =>
  readFile(labFolder(folder).record, 'utf8').then(
    (text) => JSON.parse(text) as { pid: number; basePort: number },
    () => ({}),
  );

/** Hosts, their ports, and whether they listen. Works with the lab down. */
export const labStatus = async (folder: string): Promise<LabStatus> => {
  const [{ pid, basePort = labBasePort }, answer] = await Promise.all([
    recorded(folder),
    ask(labFolder(folder).socket, { ask: 'status' }),
  ]);
  if (answer) return { ...(pid !== undefined && { pid }), hosts: answer.value as readonly HostStatus[] };
  const hosts = simulatedHosts.map(({ name, story }, index) => ({
    name,
    story,
    port: basePort + index + 1,
    up: false,
  }));
  return { hosts };
};

/**
 * Starts the lab's background process with every host made anew, and waits until all of them listen.
 * Already up: changes nothing. `folder` is kept private (0700). Throws LabError with the reason where it does not start.
 */
export const labUp = async (folder: string, options: LabUpOptions = {}): Promise<LabStatus> => {
  const { basePort = labBasePort, bootMilliseconds = 1000 } = options;
  const program = options.program ?? fileURLToPath(new URL('lab-server.mjs', import.meta.url));
  const { socket, log } = labFolder(folder);
  if (await ask(socket, { ask: 'status' })) return labStatus(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const output = await open(log, 'w', 0o600);
  try {
    const base = path.resolve(folder);
    const child = spawn(process.execPath, [program, base, String(basePort), String(bootMilliseconds)], {
      cwd: base,
      detached: true,
      stdio: ['ignore', output.fd, output.fd, 'ipc'],
    });
    const report = await new Promise<StartReport>((resolve) => {
      child.once('message', (message) => resolve(message as StartReport));
      child.once('error', ({ message }) => resolve({ error: message }));
      child.once('exit', (code) => resolve({ error: `its process ended with ${code}`, hint: `see ${log}` }));
    });
    if ('error' in report) throw new LabError(`the lab does not start: ${report.error}`, report.hint);
    child.unref();
  } finally {
    await output.close();
  }
  return labStatus(folder);
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const delay = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Stops the lab and every shell in it; false where it was not up. Files of a lab that died are cleared away. */
export const labDown = async (folder: string): Promise<boolean> => {
  const { socket, record } = labFolder(folder);
  const answer = await ask(socket, { ask: 'stop' });
  if (answer) {
    // The process that answered, not what a file says of some earlier one.
    const pid = answer.value as number;
    for (let waited = 0; isAlive(pid) && waited < 5000; waited += 20) await delay(20);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
  await rm(socket, { force: true });
  await rm(record, { force: true });
  return answer !== undefined;
};

export interface LabReboot {
  readonly host: string;
  /** The new /proc/sys/kernel/random/boot_id. */
  readonly boot: string;
  /** What the disk asked for and the boot could not do. */
  readonly complaints: readonly string[];
}

/** Reboots one host and waits until it listens again. Throws LabError for a host that is unknown, down, or does not boot. */
export const labReboot = async (folder: string, host: string): Promise<LabReboot> => {
  hostNamed(host);
  const answer = await ask(labFolder(folder).socket, { ask: 'reboot', host });
  if (!answer) throw new LabError('the lab is down', 'start it with: perfplay lab up');
  return { host, ...(answer.value as Omit<LabReboot, 'host'>) };
};

export interface LabDrift {
  readonly host: string;
  readonly path: string;
  /** The attribute's text, as the kernel shows it. */
  readonly before: string;
  readonly after: string;
}

const governor = '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor';

/**
 * Changes one running value of a host behind perfplay's back: `change`, or else the governor of one policy.
 * Throws LabError where the host is down or the simulated kernel refuses.
 */
export const labDrift = async (
  folder: string,
  host: string,
  change?: { readonly path: string; readonly value: string },
): Promise<LabDrift> => {
  hostNamed(host);
  const { hosts } = await labStatus(folder);
  if (!hosts.some(({ name, up }) => name === host && up)) throw new LabError(`${host} is down`);
  const own = labFolder(folder).host(host);
  const attribute = change?.path ?? governor;
  if (!/^\/(sys|proc)\//.test(attribute) || path.posix.normalize(attribute) !== attribute)
    throw new LabError(`${attribute} is not a path below /sys or /proc`);
  const read = async (): Promise<string> =>
    (await readFile(path.join(own.root, attribute), 'utf8').catch(() => '')).replace(/\n$/, '');
  const before = await read();
  const value = change?.value ?? (before === 'performance' ? 'powersave' : 'performance');
  const { exit, stderr } = await runProgram(own, 'write', [attribute, value]);
  if (exit !== 0) throw new LabError(`${host}: ${attribute}: ${stderr.trim()}`);
  return { host, path: attribute, before, after: await read() };
};
