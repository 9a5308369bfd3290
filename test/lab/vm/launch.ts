import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { cpus, dataDisks, diskFile, machineArguments, qmpSocket, type Accelerator } from './machine.ts';
import { env } from './need.ts';
import { compileTable } from './processors.ts';
import { qmp } from './qmp.ts';
import { makeScratch } from './scratch.ts';

export interface LaunchOptions {
  /** A raw disk. */
  readonly disk: string;
  /** The guest's writes go to the disk itself, not to a layer that is gone when the machine is. */
  readonly writes?: boolean;
  readonly accelerator: Accelerator;
  /** More of QEMU's arguments. */
  readonly extra?: readonly string[];
}

/** A machine that is switched on. */
export interface Machine {
  /** Gone when the machine is: sockets, data disks, serial.log. */
  readonly folder: string;
  /** Of loopback; leads to the guest's sshd. */
  readonly port: number;
  /** What the guest wrote to its serial console since it was switched on. */
  readonly serial: () => string;
  /** Resolves, with what QEMU said, when the machine is off for whatever reason. */
  readonly off: Promise<string>;
  readonly control: (command: string, parameters?: object) => Promise<unknown>;
  /** Pulls the plug. */
  readonly stop: () => Promise<void>;
}

/** QEMU chose the port itself, so that no other process can take it first. */
const forwardedPort = async (socket: string): Promise<number> => {
  const text = String(await qmp(socket, 'human-monitor-command', { 'command-line': 'info usernet' }));
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s/.exec(text)?.[1];
  if (port === undefined) throw new Error(`QEMU forwards no port: ${text}`);
  return Number(port);
};

let count = 0;

/**
 * Switches a machine on; the guest is not up yet when this resolves.
 * Throws what QEMU says where it does not start. The machine ends with `stop`, and with this process, however that dies.
 */
export const launch = async ({ disk, writes = false, accelerator, extra = [] }: LaunchOptions): Promise<Machine> => {
  const folder = makeScratch(tmpdir(), 'perfplay-vm-');
  const serial = path.join(folder, 'serial.log');
  writeFileSync(serial, '');
  for (const [name, bytes] of Object.entries(dataDisks)) {
    writeFileSync(diskFile(folder, name), '');
    truncateSync(diskFile(folder, name), bytes);
  }
  count += 1;
  const tap = `vm${process.pid}n${count}`;
  const table = await compileTable(folder, cpus);
  const layer = path.join(folder, 'disk.qcow2');
  if (!writes)
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', path.resolve(disk), layer], { env });
  const system = writes ? ({ disk, diskFormat: 'raw' } as const) : ({ disk: layer, diskFormat: 'qcow2' } as const);
  const words = machineArguments({ ...system, table, serial, folder, tap }, accelerator);
  const qemu = execa('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...words, ...extra], {
    reject: false,
    stdin: 'ignore',
    env,
  });
  let ended = false;
  const off = qemu.then(({ stderr, exitCode, signal }) => {
    ended = true;
    return stderr || `exit ${exitCode ?? signal}`;
  });
  const socket = qmpSocket(folder);
  const stop = async (): Promise<void> => {
    qemu.kill('SIGKILL');
    await off;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries += 1) {
    try {
      const port = await forwardedPort(socket);
      return {
        folder,
        port,
        off,
        stop,
        serial: () => readFileSync(serial, 'utf8'),
        control: (command, parameters) => qmp(socket, command, parameters),
      };
    } catch (error) {
      if (ended || tries > 100) {
        await stop();
        throw new Error(`QEMU did not start: ${ended ? await off : String(error)}`);
      }
      await sleep(100);
    }
  }
};
